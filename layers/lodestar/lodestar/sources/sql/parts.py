"""Layer 1, parts: a query is made of allowed parts, each where it belongs.

Promises that no kind of node, option, function, type, word or name gets through that is not on a list
(allow.py). Made against functions that reach beyond the query (`pg_sleep`, `set_config`, `pg_read_file`),
against locks and writes inside of a SELECT, and against words that would be written as SQL of the admin's
own.
"""

from sqlglot import exp

from lodestar.sources.sql import allow
from lodestar.sources.sql.clock import CLOCK, check_constant
from lodestar.sources.sql.errors import QueryRefused

_CLOCKS = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp)
_CLOCK_FUNCTIONS = {"now", "current_timestamp", "localtimestamp", "clock_timestamp", "statement_timestamp"}
_AGGREGATING = (exp.Filter, exp.WithinGroup)
_WITH_INNER_NOT = (exp.Between, exp.In, exp.Is)


def check_parts(tree: exp.Expr) -> None:
    """Every node of a tree is of an allowed kind, and has allowed parts.

    Raises:
        QueryRefused: the first one that is not.
    """
    for count, node in enumerate(tree.walk()):
        if count > allow.MAX_NODES:
            raise QueryRefused("too_long", "The query has too many parts: make it simpler.")
        if type(node) not in allow.NODES:
            raise _refused_node(node)
        parts = {name for name, value in node.args.items() if value}
        if parts - allow.PARTS.get(type(node), parts):
            raise _refused_part(node, parts)
        _check_node(node)
        if is_aggregating(node) and node.find(exp.Placeholder) and not node.find(exp.Column):
            # For many users a parameter becomes a column of the outer query, and this its aggregate.
            raise QueryRefused("aggregate_of_parameter", "Aggregate a column, not just a parameter.")


def is_call_of(node: exp.Expr, names: frozenset[str]) -> bool:
    """Whether a node calls one of these functions."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in names


def is_aggregating(node: exp.Expr) -> bool:
    """Whether a node makes one value of many rows."""
    return isinstance(node, _AGGREGATING) or is_call_of(node, allow.AGGREGATES)


def _refused_node(node: exp.Expr) -> QueryRefused:
    if isinstance(node, exp.DML | exp.DDL | exp.Into | exp.Command | exp.Lock):
        return QueryRefused("not_select", "The query may read, but not change or lock anything.")
    if isinstance(node, _CLOCKS):
        return QueryRefused("function_not_allowed", CLOCK)
    name = type(node).__name__
    if isinstance(node, exp.Func):
        return QueryRefused("function_not_allowed", f"{name.upper()} is not allowed here.")
    return QueryRefused("not_allowed", f"{name} is not allowed in a query.")


def _refused_part(node: exp.Expr, parts: set[str]) -> QueryRefused:
    if parts & {"into", "locks"}:
        return QueryRefused("not_select", "The query may read, but not change or lock anything.")
    name = type(node).__name__.upper()
    return QueryRefused("not_allowed", f"The {name} has an option that is not allowed: remove it.")


def _check_node(node: exp.Expr) -> None:
    """What is allowed only with some words or in some places."""
    match node:
        case exp.Anonymous():
            _check_call(node)
        case exp.Alias() if not isinstance(node.parent, exp.Select):
            raise QueryRefused("not_allowed", "AS is allowed behind the columns of a SELECT only.")
        case exp.Not() if type(node) is exp.Not and not isinstance(node.this, _WITH_INNER_NOT):
            raise QueryRefused("not_allowed", "Write NOT in front of the condition.")
        case exp.Extract():
            check_part_of_time(node.this)
        case exp.Interval() if not (isinstance(node.this, exp.Literal) and node.this.is_string):
            raise QueryRefused("not_allowed", "Write an interval as INTERVAL '1 day'.")
        case _:
            _check_word(node)


def _check_word(node: exp.Expr) -> None:
    """Types, names, texts, and what would be written as it is found."""
    match node:
        case exp.DataType() if node.this not in allow.TYPES:
            raise QueryRefused("type_not_allowed", "A cast names a type that is not allowed: use numeric.")
        case exp.DataTypeParam() if not (isinstance(node.this, exp.Literal) and node.name.isdigit()):
            raise QueryRefused("type_not_allowed", "The size of a type is a number, as in numeric(12, 2).")
        case exp.Var() if not isinstance(node.parent, exp.Extract | exp.Interval):
            raise QueryRefused("word_not_allowed", f"The word {node.name} is not allowed here.")
        case exp.Identifier():
            _check_name(node.name)
        case exp.Literal() if node.is_string:
            check_constant(node.name)


def _check_call(node: exp.Anonymous) -> None:
    name = node.name.lower()
    if isinstance(node.this, exp.Identifier) or name not in allow.FUNCTIONS:
        clock = f" {CLOCK}" if name in _CLOCK_FUNCTIONS else ""
        raise QueryRefused("function_not_allowed", f"The function {name} is not allowed here.{clock}")
    if name in ("date_part", "date_trunc") and node.expressions:
        check_part_of_time(node.expressions[0])


def check_part_of_time(node: exp.Expr) -> None:
    """What is taken of a time is one of a few words, and constant.

    Raises:
        QueryRefused: it is another one, or made of something.
    """
    is_word = isinstance(node, exp.Var | exp.Literal)
    if not is_word or node.name.lower() not in allow.PARTS_OF_TIME:
        known = ", ".join(sorted(allow.PARTS_OF_TIME))
        raise QueryRefused("word_not_allowed", f"Use a plain part of a time: {known}.")


def _check_name(name: str) -> None:
    if not allow.NAME.fullmatch(name):
        raise QueryRefused("name_not_allowed", "Names are made of the letters a to z, digits and _.")
    if name.startswith(allow.RESERVED_PREFIX):
        raise QueryRefused("name_reserved", f"Names that begin with {allow.RESERVED_PREFIX} are reserved.")
