"""A checked query for many users at once, in one of two shapes (spec 3.2; why: spec 7.1, "Calculation").

Grouped: an aggregate with `column = :user_id` among its conditions becomes `column = ANY(…) GROUP BY column`,
and users without rows get what the query gives over no rows. Lateral: every other shape runs once per user
inside one statement.
"""

from dataclasses import dataclass

from sqlglot import exp

from lodestar.sources.sql import allow
from lodestar.sources.sql.check import CheckedQuery, is_aggregate

_IDS = "user_ids"
_TYPES = {**allow.PARAMETERS, _IDS: "bigint[]"}
_NOT_GROUPED = ("group", "having", "distinct", "limit", "offset", "order", "with_", "windows", "qualify")


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
    return _statement(query.tree.copy())


def batched(query: CheckedQuery) -> BatchQuery:
    """The query for many users in one statement: grouped where the tree allows it, else lateral."""
    conjunct = _groupable(query.tree)
    if conjunct is None:
        return BatchQuery(_lateral(query.tree.copy()), None)
    return BatchQuery(_grouped(query.tree.copy()), _statement(_replaced(query.tree.copy(), exp.false())))


def _groupable(tree: exp.Query) -> exp.EQ | None:
    """The condition `column = :user_id` of a plain aggregate that mentions the user nowhere else."""
    if not isinstance(tree, exp.Select) or any(tree.args.get(each) for each in _NOT_GROUPED):
        return None
    if not is_aggregate(tree.selects[0]):
        return None
    mentions = [each for each in tree.find_all(exp.Placeholder) if each.name == "user_id"]
    where = tree.args.get("where")
    if len(mentions) != 1 or where is None:
        return None
    condition = mentions[0].parent
    conjuncts = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    if not isinstance(condition, exp.EQ) or not any(condition is each for each in conjuncts):
        return None
    other = condition.left if condition.right is mentions[0] else condition.right
    return condition if isinstance(other, exp.Column) else None


def _replaced(tree: exp.Query, replacement: exp.Expr) -> exp.Query:
    condition = _groupable(tree)
    assert condition is not None  # noqa: S101 — asked before
    condition.replace(replacement)
    return tree


def _grouped(tree: exp.Query) -> Statement:
    condition = _groupable(tree)
    assert condition is not None  # noqa: S101 — asked before
    column = condition.left if isinstance(condition.left, exp.Column) else condition.right
    value = tree.selects[0].unalias()
    ids = exp.Any(this=exp.Paren(this=exp.Placeholder(this=_IDS)))
    condition.replace(exp.EQ(this=column.copy(), expression=ids))
    tree.set("expressions", [exp.alias_(column.copy(), "id"), exp.alias_(value, "v")])
    tree.set("group", exp.Group(expressions=[column.copy()]))
    return _statement(tree)


def _lateral(tree: exp.Query) -> Statement:
    alias = f"{allow.RESERVED_PREFIX}_u"
    for each in list(tree.find_all(exp.Placeholder)):
        if each.name == "user_id":
            each.replace(exp.column("id", table=alias))
    outer = exp.select(exp.column("id", table=alias), exp.column("v", table="k"))
    ids = exp.Unnest(
        expressions=[exp.Placeholder(this=_IDS)],
        alias=exp.TableAlias(this=exp.to_identifier(alias), columns=[exp.to_identifier("id")]),
    )
    lateral = exp.Lateral(
        this=exp.Subquery(this=tree),
        alias=exp.TableAlias(this=exp.to_identifier("k"), columns=[exp.to_identifier("v")]),
    )
    joined = outer.from_(ids)
    joined.append("joins", exp.Join(this=lateral, side="LEFT", on=exp.true()))
    return _statement(joined)


def _statement(tree: exp.Query) -> Statement:
    """Write the tree, with every parameter as a numbered one that is cast to its type."""
    names: list[str] = []
    for each in list(tree.find_all(exp.Placeholder)):
        if each.name not in names:
            names.append(each.name)
        number = exp.Parameter(this=exp.Literal.number(names.index(each.name) + 1))
        each.replace(exp.cast(number, _TYPES.get(each.name, "text"), dialect="postgres"))
    return Statement(tree.sql(dialect="postgres", comments=False), tuple(names))
