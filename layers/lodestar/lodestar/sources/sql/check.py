"""The check of admin SQL: one SELECT made of allowed parts, or refused with a reason (layer 1)."""

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lodestar.domain.errors import Detail, InvalidContent
from lodestar.sources.sql import allow

# It warns about what it cannot parse by quoting it; admin SQL does not belong into logs.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNICODE_ESCAPE = re.compile(r"\bu&['\"]", re.IGNORECASE)


class QueryRefused(InvalidContent):
    """A query that may not run; `code` names the rule, and the sentence says what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, [Detail("body.data_source.query", message)], code=f"sql_{code}")


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that passed, as its tree: what runs is written from the tree, never the admin's text."""

    tree: exp.Query
    parameters: frozenset[str]

    @property
    def sql(self) -> str:
        """The query as it is written from the tree, for people to read."""
        return self.tree.sql(dialect="postgres")


def check_query(
    text: str,
    own_parameters: Collection[str] = (),
    tables: Mapping[str, Collection[str]] = allow.SANDBOX,
) -> CheckedQuery:
    """The query of a text, checked by every rule of spec 6.2 layer 1.

    `own_parameters` are declared beside the built-in ones; `tables` are what the sandbox offers.

    Raises:
        QueryRefused: the first rule that the text breaks.
    """
    _check_text(text)
    try:
        tree = _parsed(text)
        _check_nodes(tree)
        _check_relations(tree, tables)
        _check_columns(tree, tables)
        parameters = _check_parameters(tree, own_parameters)
        _check_shape(tree)
    except RecursionError as error:
        raise QueryRefused("too_deep", "The query is nested too deeply: make it simpler.") from error
    return CheckedQuery(tree, parameters)


def _check_text(text: str) -> None:
    if not text.strip():
        raise QueryRefused("empty", "The query is empty: write a SELECT of one number.")
    if len(text.encode()) > allow.LONGEST_TEXT:
        raise QueryRefused("too_long", f"The query must be at most {allow.LONGEST_TEXT} bytes long.")
    if _CONTROL.search(text):
        raise QueryRefused("control_character", "The query holds control characters: remove them.")
    if _UNICODE_ESCAPE.search(text):
        raise QueryRefused("unicode_escape", "U& escapes are not allowed: write the characters themselves.")
    depth = deepest = 0
    for each in text:
        depth += (each in "([{") - (each in ")]}")
        deepest = max(deepest, depth)
    if deepest > allow.DEEPEST_BRACKETS:
        raise QueryRefused("too_deep", f"Brackets may be nested {allow.DEEPEST_BRACKETS} deep at most.")


def _parsed(text: str) -> exp.Query:
    try:
        statements = sqlglot.parse(text, read="postgres")
    except SqlglotError as error:
        raise QueryRefused("syntax", "The query is not valid PostgreSQL: check its spelling.") from error
    if len(statements) != 1:
        raise QueryRefused("many_statements", "Write exactly one statement, without a semicolon in between.")
    tree = statements[0]
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise QueryRefused("not_select", "The query must be a SELECT: it may read, but not change anything.")
    return tree


def _check_nodes(tree: exp.Expr) -> None:
    for count, node in enumerate(tree.walk()):
        if count > allow.MOST_NODES:
            raise QueryRefused("too_long", "The query has too many parts: make it simpler.")
        if type(node) not in allow.NODES:
            raise _refused_node(node)
        if isinstance(node, exp.DataType) and node.this not in allow.TYPES:
            raise QueryRefused("type_not_allowed", "A cast names a type that is not allowed: use numeric.")
        if isinstance(node, exp.Identifier | exp.TableAlias) and _is_reserved(node.name):
            raise QueryRefused(
                "name_reserved", f"Names that begin with {allow.RESERVED_PREFIX} are reserved."
            )
        if isinstance(node, exp.Select) and any(
            node.args.get(each) for each in ("kind", "hint", "exclude", "operation_modifiers")
        ):
            raise QueryRefused("not_allowed", "The SELECT has a modifier that is not allowed: remove it.")


def _refused_node(node: exp.Expr) -> QueryRefused:
    if isinstance(node, exp.DML | exp.DDL | exp.Into | exp.Command | exp.Lock):
        return QueryRefused("not_select", "The query may read, but not change or lock anything.")
    if isinstance(node, exp.Parameter):
        return QueryRefused("parameter_unknown", "Write parameters by name, such as :user_id.")
    if isinstance(node, exp.Func):
        name = node.name if type(node) is exp.Anonymous else node.sql_name()
        return QueryRefused("function_not_allowed", f"The function {name.lower()} is not allowed here.")
    return QueryRefused("not_allowed", f"{type(node).__name__} is not allowed in a query.")


def _is_reserved(name: str) -> bool:
    return name.lower().startswith(allow.RESERVED_PREFIX)


def _check_relations(tree: exp.Expr, tables: Mapping[str, Collection[str]]) -> None:
    relations = list(tree.find_all(exp.Table))
    if len(relations) > allow.MOST_RELATIONS:
        raise QueryRefused("too_many_tables", f"A query may read {allow.MOST_RELATIONS} tables at most.")
    declared = _declared(tree, tables)
    for table in relations:
        if table.args.get("db") or table.args.get("catalog"):
            raise QueryRefused("table_not_allowed", "Name tables without a schema in front.")
        if table.name not in tables and table.name not in _visible(table, declared):
            known = ", ".join(sorted(tables))
            raise QueryRefused("table_not_allowed", f'There is no table "{table.name}" here: use {known}.')
    for join in tree.find_all(exp.Join):
        if not (join.args.get("on") or join.args.get("using")) or join.args.get("method"):
            raise QueryRefused("join_without_condition", "Join tables with ON or USING.")


def _declared(tree: exp.Expr, tables: Mapping[str, Collection[str]]) -> list[exp.CTE]:
    ctes = list(tree.find_all(exp.CTE))
    for with_ in tree.find_all(exp.With):
        if with_.args.get("recursive"):
            raise QueryRefused("recursive", "WITH RECURSIVE is not allowed.")
    names = [each.alias for each in ctes]
    if len(set(names)) < len(names) or set(names) & set(tables):
        raise QueryRefused("name_taken", "Name each WITH part differently, and not like a table.")
    return ctes


def _visible(table: exp.Table, declared: list[exp.CTE]) -> Iterator[str]:
    """The WITH parts that are declared before the place where a table is read, in a query around it."""
    for cte in declared:
        with_ = cte.parent
        owner = with_.parent if with_ is not None else None
        own = table.find_ancestor(exp.CTE)
        around = own is not None and own.parent is with_
        if around and with_ is not None:
            parts = with_.expressions
            if parts.index(cte) < parts.index(own):
                yield cte.alias
        elif owner is not None and _is_inside(table, owner):
            yield cte.alias


def _is_inside(node: exp.Expr, owner: exp.Expr) -> bool:
    at: exp.Expr | None = node
    while at is not None:
        if at is owner:
            return True
        at = at.parent
    return False


def _check_columns(tree: exp.Expr, tables: Mapping[str, Collection[str]]) -> None:
    """Every column is one of an allowed table, or named by the query itself."""
    named = {each.alias for each in tree.find_all(exp.Alias) if _is_output(each)}
    known = {name for each in tables.values() for name in each} | named
    sources = set(tables) | {each.name for each in tree.find_all(exp.TableAlias)}
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            raise QueryRefused("star", "Name the column instead of writing *.")
        if column.args.get("db") or column.args.get("catalog"):
            raise QueryRefused("column_not_allowed", "Name columns as column or table.column.")
        if column.table and column.table not in sources:
            raise QueryRefused("column_not_allowed", f'There is no table "{column.table}" in this query.')
        if column.name not in known:
            raise QueryRefused("column_not_allowed", f'There is no column "{column.name}" in these tables.')
    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count | exp.Column):
            raise QueryRefused("star", "Name the column instead of writing *.")


def _is_output(alias: exp.Alias) -> bool:
    return isinstance(alias.parent, exp.Select)


def _check_parameters(tree: exp.Expr, own: Collection[str]) -> frozenset[str]:
    used = {each.name for each in tree.find_all(exp.Placeholder)}
    unknown = sorted(used - set(allow.PARAMETERS) - set(own))
    if unknown:
        name = unknown[0] or "?"
        raise QueryRefused(
            "parameter_unknown",
            f"The parameter :{name} is not declared: add it to parameters or mend its name.",
        )
    if not used & set(allow.SUBJECT_PARAMETERS):
        raise QueryRefused(
            "subject_missing",
            "Say whom the query is about: compare a column with :user_id (or :team_id, :company_id).",
        )
    return frozenset(used)


def _check_shape(tree: exp.Query) -> None:
    if len(tree.selects) != 1:
        raise QueryRefused("many_columns", "The query must give exactly one column, the number.")
    if not _is_single_row(tree):
        raise QueryRefused(
            "many_rows",
            "The query may give several rows: use an aggregate such as COUNT or AVG without GROUP BY.",
        )


def _is_single_row(tree: exp.Query) -> bool:
    limit = tree.args.get("limit")
    if (
        limit is not None
        and isinstance(limit.expression, exp.Literal)
        and limit.expression.name in ("0", "1")
    ):
        return True
    if not isinstance(tree, exp.Select) or tree.args.get("group"):
        return False
    return tree.args.get("from_") is None or is_aggregate(tree.selects[0])


def is_aggregate(projection: exp.Expr) -> bool:
    """Whether a projection aggregates the rows of its own SELECT (not those of a subquery inside it)."""
    return any(
        type(node) in allow.AGGREGATES
        for node in projection.walk(prune=lambda each: isinstance(each, exp.Subquery))
    )
