"""Layer 1, writing: the SQL of a checked tree, which is what runs.

Promises that PostgreSQL reads the text as the tree it was written from: an operator inside of another stands
in brackets unless both readers certainly agree, every name is quoted, and what has no line here is not
written at all. Made against a general writer, which rearranges: it wrote `a NOT IN (…) <= b` as
`NOT (a IN (…) <= b)` and other joins as EXISTS.
"""

from collections.abc import Callable, Iterable, Mapping

from sqlglot import exp

from lodestar.sources.sql import allow

type Parameter = Callable[[str], str]
"""How a parameter is written, by its name."""

_BINARY: Mapping[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.And: "AND",
    exp.DPipe: "||",
    exp.Div: "/",
    exp.EQ: "=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.JSONExtract: "->",
    exp.JSONExtractScalar: "->>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.Mod: "%",
    exp.Mul: "*",
    exp.NEQ: "<>",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.Or: "OR",
    exp.Sub: "-",
}
_INNER_NOT: Mapping[type[exp.Expr], str] = {
    exp.Between: "BETWEEN",
    exp.ILike: "ILIKE",
    exp.In: "IN",
    exp.Is: "IS",
    exp.Like: "LIKE",
}
"""Operators that may have a NOT inside."""
_OPERATORS = (*_BINARY, *_INNER_NOT, allow.NotBefore, exp.AtTimeZone, exp.Neg, exp.Not)
_CONNECTORS = (allow.NotBefore, exp.And, exp.Or)
_FROM_THE_LEFT = (
    (exp.And,),
    (exp.Or,),
    (exp.Add, exp.Sub),
    (exp.Mul, exp.Div, exp.Mod),
    (exp.DPipe, exp.JSONExtract, exp.JSONExtractScalar),
)
"""Operators of one rank, which everybody reads from left to right."""


def with_brackets(tree: exp.Query) -> exp.Query:
    """Put brackets into a tree wherever two readers might disagree on what belongs together."""
    for node in list(tree.walk()):
        parent = node.parent
        if isinstance(node, exp.SetOperation) and isinstance(parent, exp.SetOperation):
            _wrap(node, exp.Subquery())
        elif isinstance(node, _OPERATORS) and parent is not None and not _is_certain(node, parent):
            _wrap(node, exp.Paren())
    return tree


def _wrap(node: exp.Expr, brackets: exp.Expr) -> None:
    node.replace(brackets)
    brackets.set("this", node)


def _is_certain(node: exp.Expr, parent: exp.Expr) -> bool:
    """Whether an operator needs no brackets inside of another one."""
    if type(parent) is exp.Not or not isinstance(parent, _OPERATORS):
        return True  # the two are one operator, such as NOT IN, or the other is none
    if isinstance(parent, _CONNECTORS) and not isinstance(node, _CONNECTORS):
        return True
    is_left = parent.this is node
    return is_left and any(type(node) in rank and type(parent) in rank for rank in _FROM_THE_LEFT)


def written(tree: exp.Expr, parameter: Parameter = lambda name: f":{name}") -> str:
    """The SQL of a tree; parameters are written as the admin does unless something else is said."""
    return _Writer(parameter).of(tree)


class _Writer:
    def __init__(self, parameter: Parameter) -> None:
        self._parameter = parameter

    def of(self, node: exp.Expr | None) -> str:
        """The SQL of a node; KeyError: no node that a query may have."""
        return "" if node is None else _WRITERS[type(node)](self, node)

    def list(self, nodes: Iterable[exp.Expr]) -> str:
        return ", ".join(self.of(node) for node in nodes)

    def binary(self, node: exp.Expr) -> str:
        """Operators in a row, from the left: there may be hundreds, and each would be a level deeper."""
        row = []
        while type(node) in _BINARY:
            row.append((_BINARY[type(node)], node.expression))
            node = node.this
        first = self.of(node)
        return " ".join([first, *(f"{word} {self.of(right)}" for word, right in reversed(row))])

    def inner_not(self, node: exp.Expr, negation: str = "") -> str:
        """An operator that may have a NOT inside."""
        word = _INNER_NOT[type(node)]
        is_negated = negation or node.args.get("negate")
        operator = word if not is_negated else "IS NOT" if word == "IS" else f"NOT {word}"
        return f"{self.of(node.this)} {operator} {self.operand(node)}"

    def operand(self, node: exp.Expr) -> str:
        """What stands on the right of an operator that may have a NOT inside."""
        match node:
            case exp.Between():
                return f"{self.of(node.args['low'])} AND {self.of(node.args['high'])}"
            case exp.In() if node.args.get("query"):
                return self.of(node.args["query"])
            case exp.In():
                return f"({self.list(node.expressions)})"
            case _:
                return self.of(node.expression)

    def case(self, node: exp.Expr) -> str:
        whens = [f"WHEN {self.of(each.this)} THEN {self.of(each.args['true'])}" for each in node.args["ifs"]]
        default = node.args.get("default")
        otherwise = [f"ELSE {self.of(default)}"] if default is not None else []
        return " ".join(["CASE", *_some(self.of(node.args.get("this"))), *whens, *otherwise, "END"])

    def type(self, node: exp.Expr) -> str:
        size = self.list(node.expressions)
        return allow.TYPES[node.this].upper() + (f"({size})" if size else "")

    def interval(self, node: exp.Expr) -> str:
        return " ".join(["INTERVAL", self.of(node.this), *_some(self.of(node.args.get("unit")))])

    def trim(self, node: exp.Expr) -> str:
        position, characters = node.args.get("position") or "", self.of(node.expression)
        before = " ".join([*_some(position), *_some(characters)])
        return f"TRIM({before} FROM {self.of(node.this)})" if before else f"TRIM({self.of(node.this)})"

    def call(self, node: exp.Expr) -> str:
        return f"{node.name.upper()}({self.list(node.expressions)})"

    def window(self, node: exp.Expr) -> str:
        partition = self.list(node.args.get("partition_by") or ())
        parts = [*_some(partition and f"PARTITION BY {partition}"), *_some(self.of(node.args.get("order")))]
        return f"{self.of(node.this)} OVER ({' '.join(parts)})"

    def ordered(self, node: exp.Expr) -> str:
        is_desc, is_first = bool(node.args.get("desc")), bool(node.args.get("nulls_first"))
        nulls = "" if is_first is is_desc else " NULLS FIRST" if is_first else " NULLS LAST"
        return self.of(node.this) + (" DESC" if is_desc else "") + nulls

    def column(self, node: exp.Expr) -> str:
        return ".".join(self.of(node.args[part]) for part in ("table", "this") if node.args.get(part))

    def aliased(self, node: exp.Expr, what: str) -> str:
        alias = node.args.get("alias")
        return f"{what} AS {self.of(alias)}" if alias is not None else what

    def subquery(self, node: exp.Expr) -> str:
        return self.aliased(node, f"({self.of(node.this)})")

    def join(self, node: exp.Expr) -> str:
        side, kind = node.args.get("side") or "", node.args.get("kind") or ""
        words = [*_some(side), *_some(kind), "JOIN", self.of(node.this)]
        using = self.list(node.args.get("using") or ())
        on = self.of(node.args.get("on"))
        return " ".join([*words, f"USING ({using})" if using else f"ON {on}"])

    def table_alias(self, node: exp.Expr) -> str:
        columns = self.list(node.args.get("columns") or ())
        return self.of(node.this) + (f"({columns})" if columns else "")

    def cte(self, node: exp.Expr) -> str:
        materialized = node.args.get("materialized")
        how = "" if materialized is None else "MATERIALIZED " if materialized else "NOT MATERIALIZED "
        return f"{self.of(node.args['alias'])} AS {how}({self.of(node.this)})"

    def select(self, node: exp.Expr) -> str:
        head = [
            "SELECT",
            *_some("DISTINCT" if node.args.get("distinct") else ""),
            self.list(node.expressions),
        ]
        joins = [self.of(join) for join in node.args.get("joins") or ()]
        parts = [self.of(node.args.get(part)) for part in ("where", "group", "having")]
        from_ = self.of(node.args.get("from_"))
        words = [self.of(node.args.get("with_")), *head, from_, *joins, *parts, *self.ending(node)]
        return " ".join(word for word in words if word)

    def set_operation(self, node: exp.Expr) -> str:
        word = type(node).__name__.upper() + ("" if node.args.get("distinct") else " ALL")
        words = [self.of(node.args.get("with_")), self.of(node.this), word, self.of(node.expression)]
        return " ".join(word for word in [*words, *self.ending(node)] if word)

    def ending(self, node: exp.Expr) -> Iterable[str]:
        return [self.of(node.args.get(part)) for part in ("order", "limit", "offset")]


def _some(text: str) -> list[str]:
    return [text] if text else []


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


type _Writing = Callable[[_Writer, exp.Expr], str]

_WRITERS: Mapping[type[exp.Expr], _Writing] = {
    **dict.fromkeys(_BINARY, _Writer.binary),
    **dict.fromkeys(_INNER_NOT, _Writer.inner_not),
    exp.Not: lambda writer, node: writer.inner_not(node.this, "NOT"),
    allow.NotBefore: lambda writer, node: f"NOT {writer.of(node.this)}",
    exp.Alias: lambda writer, node: writer.aliased(node, writer.of(node.this)),
    exp.Anonymous: _Writer.call,
    exp.Any: lambda writer, node: f"ANY({writer.of(node.this)})",
    exp.AtTimeZone: lambda writer, node: (
        f"{writer.of(node.this)} AT TIME ZONE {writer.of(node.args['zone'])}"
    ),
    exp.Boolean: lambda _, node: "TRUE" if node.this else "FALSE",
    exp.CTE: _Writer.cte,
    exp.Case: _Writer.case,
    exp.Cast: lambda writer, node: f"CAST({writer.of(node.this)} AS {writer.of(node.args['to'])})",
    exp.Column: _Writer.column,
    exp.DataType: _Writer.type,
    exp.DataTypeParam: lambda writer, node: writer.of(node.this),
    exp.Distinct: lambda writer, node: f"DISTINCT {writer.list(node.expressions)}",
    exp.Exists: lambda writer, node: f"EXISTS({writer.of(node.this)})",
    exp.Extract: lambda writer, node: f"EXTRACT({writer.of(node.this)} FROM {writer.of(node.expression)})",
    exp.Filter: lambda writer, node: f"{writer.of(node.this)} FILTER ({writer.of(node.expression)})",
    exp.From: lambda writer, node: f"FROM {writer.of(node.this)}",
    exp.Group: lambda writer, node: f"GROUP BY {writer.list(node.expressions)}",
    exp.Having: lambda writer, node: f"HAVING {writer.of(node.this)}",
    exp.Identifier: lambda _, node: f'"{node.name}"',
    exp.Interval: _Writer.interval,
    exp.Join: _Writer.join,
    exp.Lateral: lambda writer, node: writer.aliased(node, f"LATERAL {writer.of(node.this)}"),
    exp.Limit: lambda writer, node: f"LIMIT {writer.of(node.expression)}",
    exp.Literal: lambda _, node: _quoted(node.name) if node.is_string else node.name,
    exp.Neg: lambda writer, node: f"-{writer.of(node.this)}",
    exp.Null: lambda *_: "NULL",
    exp.Offset: lambda writer, node: f"OFFSET {writer.of(node.expression)}",
    exp.Order: lambda writer, node: f"ORDER BY {writer.list(node.expressions)}",
    exp.Ordered: _Writer.ordered,
    exp.Paren: lambda writer, node: f"({writer.of(node.this)})",
    exp.Placeholder: lambda writer, node: writer._parameter(node.name),
    exp.Select: _Writer.select,
    **dict.fromkeys((exp.Union, exp.Except, exp.Intersect), _Writer.set_operation),
    exp.Star: lambda *_: "*",
    exp.Subquery: _Writer.subquery,
    exp.Table: lambda writer, node: writer.aliased(node, writer.of(node.this)),
    exp.TableAlias: _Writer.table_alias,
    exp.Trim: _Writer.trim,
    exp.Tuple: lambda writer, node: f"({writer.list(node.expressions)})",
    exp.Unnest: lambda writer, node: writer.aliased(node, f"UNNEST({writer.list(node.expressions)})"),
    exp.Var: lambda _, node: node.name,
    exp.Where: lambda writer, node: f"WHERE {writer.of(node.this)}",
    exp.Window: _Writer.window,
    exp.With: lambda writer, node: f"WITH {writer.list(node.expressions)}",
    exp.WithinGroup: lambda writer, node: (
        f"{writer.of(node.this)} WITHIN GROUP ({writer.of(node.expression)})"
    ),
}
"""How each kind of node is written."""
