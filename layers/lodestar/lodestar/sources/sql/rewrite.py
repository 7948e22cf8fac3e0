"""A checked query for many users at once, in one of two shapes.

Grouped: an aggregate with `column = :user_id` among its conditions becomes `column = ANY(…) GROUP BY column`,
and users without rows get what the query gives over no rows. Lateral: every other shape runs once per user
inside one statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from lodestar.sources.sql import allow
from lodestar.sources.sql.answer import is_aggregate
from lodestar.sources.sql.check import CheckedQuery
from lodestar.sources.sql.parts import is_aggregating
from lodestar.sources.sql.writing import written

_USER, _IDS = "user_id", "user_ids"
_USERS, _VALUES = f"{allow.RESERVED_PREFIX}_u", f"{allow.RESERVED_PREFIX}_k"
_ID, _VALUE = f"{allow.RESERVED_PREFIX}_id", f"{allow.RESERVED_PREFIX}_v"
_GROUPED_PARTS = {"expressions", "from_", "joins", "where"}


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1` placeholders, and the names of the parameters in that order."""

    sql: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """A query for many users: `many` gives rows (user id, value) for `user_ids`.

    `empty` gives the value of users that have no row in `many`; None where each user has one.
    """

    many: Statement
    empty: Statement | None


def single(query: CheckedQuery) -> Statement:
    """The query as it is, for one subject: one row of one column."""
    return _statement(query.tree.copy(), query.types)


def counted(query: CheckedQuery) -> Statement | None:
    """How many rows of its table the query aggregates, for one subject.

    None where that cannot be told from its conditions: for groups, joins, inner queries and filtered
    aggregates, and for a query that picks one row.
    """
    tree = query.tree.copy()
    parts = {name for name, part in tree.args.items() if part}
    if not isinstance(tree, exp.Select) or parts - {"expressions", "from_", "where"} or "from_" not in parts:
        return None
    is_plain = _is_plain_aggregate(tree.selects[0]) and not tree.selects[0].find(exp.Filter)
    if not is_plain or not isinstance(tree.args["from_"].this, exp.Table):
        return None
    tree.set("expressions", [exp.Anonymous(this="count", expressions=[exp.Star()])])
    return _statement(tree, query.types)


def batched(query: CheckedQuery) -> BatchQuery:
    """The query for many users in one statement: grouped where the tree allows it, else lateral."""
    return grouped(query) or lateral(query)


def grouped(query: CheckedQuery) -> BatchQuery | None:
    """One GROUP BY over the rows of all users; None where a group would mean something else."""
    if _user_condition(query.tree) is None:
        return None
    many = _statement(_by_user(query.tree.copy()), _types(query))
    return BatchQuery(many, _statement(_over_nobody(query.tree.copy()), query.types))


def lateral(query: CheckedQuery) -> BatchQuery:
    """The query once per user inside one statement: any shape, but slow where an index is missing."""
    return BatchQuery(_statement(_per_user(query.tree.copy()), _types(query)), None)


def _types(query: CheckedQuery) -> Mapping[str, str]:
    return {**query.types, _IDS: "bigint[]"}


def _user_condition(tree: exp.Query) -> exp.EQ | None:
    """The condition `column = :user_id` of a plain aggregate that mentions the user nowhere else."""
    parts = {name for name, part in tree.args.items() if part}
    if not isinstance(tree, exp.Select) or parts - _GROUPED_PARTS:
        return None
    mentions = [placeholder for placeholder in tree.find_all(exp.Placeholder) if placeholder.name == _USER]
    where = tree.args.get("where")
    if len(mentions) != 1 or where is None or not _is_plain_aggregate(tree.selects[0]):
        return None
    condition = mentions[0].parent
    conjuncts = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    if not isinstance(condition, exp.EQ) or not any(condition is conjunct for conjunct in conjuncts):
        return None
    return condition if isinstance(_compared(condition), exp.Column) else None


def _is_plain_aggregate(projection: exp.Expr) -> bool:
    """Aggregates and constants only: a column outside them would be the group's."""
    if not is_aggregate(projection) or projection.find(exp.Query, exp.Window):
        return False
    return all(_is_aggregated(column) for column in projection.find_all(exp.Column))


def _is_aggregated(column: exp.Expr) -> bool:
    node = column.parent
    while node is not None and not is_aggregating(node):
        node = node.parent
    return node is not None


def _compared(condition: exp.EQ) -> exp.Expr:
    """The side of `… = :user_id` that is not the parameter."""
    return condition.left if isinstance(condition.right, exp.Placeholder) else condition.right


def _by_user(tree: exp.Query) -> exp.Query:
    condition = _user_condition(tree)
    assert condition is not None  # noqa: S101 — asked before
    column = _compared(condition)
    ids = exp.Any(this=exp.Placeholder(this=_IDS))
    condition.replace(exp.EQ(this=column.copy(), expression=ids))
    value = exp.alias_(tree.selects[0].unalias(), _VALUE)
    tree.set("expressions", [exp.alias_(column.copy(), _ID), value])
    tree.set("group", exp.Group(expressions=[column.copy()]))
    return tree


def _over_nobody(tree: exp.Query) -> exp.Query:
    condition = _user_condition(tree)
    assert condition is not None  # noqa: S101 — asked before
    condition.replace(exp.false())
    return tree


def _per_user(tree: exp.Query) -> exp.Query:
    for placeholder in list(tree.find_all(exp.Placeholder)):
        if placeholder.name == _USER:
            placeholder.replace(exp.column(_ID, table=_USERS))
    ids = exp.Unnest(expressions=[exp.Placeholder(this=_IDS)], alias=_alias(_USERS, _ID))
    values = exp.Lateral(this=exp.Subquery(this=tree), alias=_alias(_VALUES, _VALUE))
    outer = exp.select(exp.column(_ID, table=_USERS), exp.column(_VALUE, table=_VALUES)).from_(ids)
    outer.append("joins", exp.Join(this=values, side="LEFT", on=exp.true()))
    return outer


def _alias(table: str, column: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(table), columns=[exp.to_identifier(column)])


def _statement(tree: exp.Query, types: Mapping[str, str]) -> Statement:
    """Write the tree, with every parameter as a numbered one that is cast to its type."""
    names: list[str] = []

    def numbered(name: str) -> str:
        if name not in names:
            names.append(name)
        return f"CAST(${names.index(name) + 1} AS {types[name].upper()})"

    sql = written(tree, numbered)
    return Statement(sql, tuple(names))
