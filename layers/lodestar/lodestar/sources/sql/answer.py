"""Layer 1, the answer: one number of one subject.

Promises that a query has one column and one row, uses declared parameters only, and is about somebody. Made
against queries that give everybody the same number, such as `SELECT 1 -- :user_id`, and those that give one
person's rows to another.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from sqlglot import exp

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.parts import is_call_of

type OwnParameters = Mapping[str, Decimal | str]
"""The values of the parameters that a definition declares, by name."""

NO_PARAMETERS: OwnParameters = MappingProxyType({})
_LONGEST_NUMBER = 40


def is_aggregate(projection: exp.Expr) -> bool:
    """Whether a projection aggregates the rows of its own SELECT, not over a window or in a subquery."""
    inner = exp.Query, exp.Window
    nodes = projection.walk(prune=lambda node: isinstance(node, inner))
    return any(is_call_of(node, allow.AGGREGATES) for node in nodes)


def parameter_types(tree: exp.Query, own: OwnParameters) -> Mapping[str, str]:
    """The types of the parameters that the query uses.

    Raises:
        QueryRefused: one is not declared, or badly.
    """
    known = dict(allow.PARAMETERS)
    for name, value in own.items():
        if not allow.NAME.fullmatch(name) or name.startswith(allow.RESERVED_PREFIX) or name in known:
            raise QueryRefused("parameter_name", f'Choose another name for the parameter "{name}".')
        if not isinstance(value, str) and len(f"{Decimal(value):f}") > _LONGEST_NUMBER:
            raise QueryRefused(
                "parameter_value", f'The parameter "{name}" may have {_LONGEST_NUMBER} digits at most.'
            )
        known[name] = "text" if isinstance(value, str) else "numeric"
    used = {placeholder.name for placeholder in tree.find_all(exp.Placeholder)}
    unknown = sorted(used - set(known))
    if unknown:
        raise QueryRefused(
            "parameter_unknown",
            f"The parameter :{unknown[0]} is not declared: add it to parameters or mend its name.",
        )
    return {name: known[name] for name in sorted(used)}


def check_columns(tree: exp.Query) -> None:
    """One column, and no row or star where a value belongs.

    Raises:
        QueryRefused: there are more.
    """
    for star in tree.find_all(exp.Star):
        if star.parent is None or not is_call_of(star.parent, frozenset({"count"})):
            raise QueryRefused("star", "Name the column instead of writing *.")
    for row in tree.find_all(exp.Tuple):
        if not isinstance(row.parent, exp.EQ | exp.NEQ | exp.In | exp.Distinct):
            raise QueryRefused(
                "many_columns", "Columns in brackets can only be compared, or counted DISTINCT."
            )
    if len(tree.selects) != 1:
        raise QueryRefused("many_columns", "The query must give exactly one column, the number.")


def check_rows(tree: exp.Query) -> None:
    """One row, whatever the tables hold.

    Raises:
        QueryRefused: there may be more.
    """
    if not _is_single_row(tree):
        raise QueryRefused(
            "many_rows",
            "The query may give several rows: use an aggregate such as COUNT or AVG without GROUP BY, "
            "or end it with LIMIT 1.",
        )


def check_subject(tree: exp.Query) -> None:
    """The subject has to choose rows: one that is only given out or counted to gives all the same value.

    Raises:
        QueryRefused: none does, or two of them.
    """
    mentions = [
        placeholder
        for placeholder in tree.find_all(exp.Placeholder)
        if placeholder.name in allow.SUBJECT_PARAMETERS
    ]
    if not any(_is_compared(mention) for mention in mentions):
        raise QueryRefused(
            "subject_missing",
            "Say whom the query is about: compare a column with :user_id (or :team_id, :company_id).",
        )
    if {"user_id", "team_id"} <= {mention.name for mention in mentions}:
        raise QueryRefused("subjects_mixed", "Use :user_id or :team_id, not both: a value has one subject.")


def _is_compared(mention: exp.Placeholder) -> bool:
    comparison = mention.find_ancestor(exp.Predicate, exp.Query)
    return not isinstance(comparison, exp.Query | None) and comparison.find(exp.Column) is not None


def _is_single_row(tree: exp.Query) -> bool:
    limit = tree.args.get("limit")
    if limit is not None and isinstance(limit.expression, exp.Literal) and limit.expression.name == "1":
        return True
    if not isinstance(tree, exp.Select) or tree.args.get("group"):
        return False
    return tree.args.get("from_") is None or is_aggregate(tree.selects[0])
