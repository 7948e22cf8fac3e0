"""The check of admin SQL: one SELECT made of allowed parts, or refused with a reason."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from sqlglot import exp

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.names import check_names
from lodestar.sources.sql.tables import SANDBOX, Tables
from lodestar.sources.sql.text import check_text, parse

# It warns about what it cannot parse by quoting it; admin SQL does not belong into logs.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

type OwnParameters = Mapping[str, Decimal | str]
"""The values of the parameters that a definition declares, by name."""

_NO_PARAMETERS: OwnParameters = MappingProxyType({})
_FUNCTION = re.compile(r"\w+(?=\()")
_AGGREGATING = allow.AGGREGATES | {exp.Filter, exp.WithinGroup}
_CLOCKS = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp)


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that passed, as its tree: what runs is written from the tree, never the admin's text."""

    tree: exp.Query
    types: Mapping[str, str]
    """The Postgres type of each parameter that the query uses, by name."""

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters that the query uses."""
        return frozenset(self.types)

    @property
    def sql(self) -> str:
        """The query as it is written from the tree, for people to read."""
        return _written(self.tree)


def check_query(
    text: str,
    own_parameters: OwnParameters = _NO_PARAMETERS,
    tables: Tables = SANDBOX,
) -> CheckedQuery:
    """The query of a text, checked by every rule of this file and its neighbours.

    `own_parameters` are declared beside the built-in ones; `tables` are what the sandbox offers.

    Raises:
        QueryRefused: the first rule that the text breaks.
    """
    text = text.replace("\r\n", "\n")
    try:
        check_text(text)
        tree = _parsed(text)
        _check_nodes(tree)
        tree = _parsed(_written(tree))  # with the casts that sqlglot adds in writing
        _check_nodes(tree)
        types = _check_parameters(tree, own_parameters)
        _check_columns(tree)
        check_names(tree, tables)
        _check_rows(tree)
        _check_subject(tree)
        _check_writing(tree)
    except RecursionError as error:
        raise QueryRefused("too_deep", "The query is nested too deeply: make it simpler.") from error
    return CheckedQuery(tree, types)


def is_aggregate(projection: exp.Expr) -> bool:
    """Whether a projection aggregates the rows of its own SELECT, not over a window or in a subquery."""
    inner = exp.Query, exp.Window
    nodes = projection.walk(prune=lambda node: isinstance(node, inner))
    return any(type(node) in allow.AGGREGATES for node in nodes)


def _parsed(text: str) -> exp.Query:
    """The tree, its names folded to lower case as Postgres does and quoted: none can be a keyword."""
    tree = parse(text)
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise QueryRefused("not_select", "The query must be a SELECT: it may read, but not change anything.")
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.quoted:
            identifier.set("this", identifier.name.lower())
            identifier.set("quoted", True)
    return tree


def _check_nodes(tree: exp.Expr) -> None:
    for count, node in enumerate(tree.walk()):
        if count > allow.MAX_NODES:
            raise QueryRefused("too_long", "The query has too many parts: make it simpler.")
        if type(node) not in allow.NODES:
            raise _refused_node(node)
        parts = {name for name, value in node.args.items() if value}
        if parts - allow.PARTS.get(type(node), parts):
            raise _refused_part(node, parts)
        _check_word(node)
        if type(node) in _AGGREGATING and node.find(exp.Placeholder) and not node.find(exp.Column):
            # For many users a parameter becomes a column of the outer query, and this its aggregate.
            raise QueryRefused("aggregate_of_parameter", "Aggregate a column, not just a parameter.")


def _refused_node(node: exp.Expr) -> QueryRefused:
    if isinstance(node, exp.DML | exp.DDL | exp.Into | exp.Command | exp.Lock):
        return QueryRefused("not_select", "The query may read, but not change or lock anything.")
    if isinstance(node, _CLOCKS):
        return QueryRefused("function_not_allowed", "Use :start_date and :end_date instead of the clock.")
    if isinstance(node, exp.Func):
        name = _FUNCTION.match(node.sql(dialect="postgres"))
        called = f"The function {name[0].lower()}" if name else type(node).__name__
        return QueryRefused("function_not_allowed", f"{called} is not allowed here.")
    return QueryRefused("not_allowed", f"{type(node).__name__} is not allowed in a query.")


def _refused_part(node: exp.Expr, parts: set[str]) -> QueryRefused:
    if parts & {"into", "locks"}:
        return QueryRefused("not_select", "The query may read, but not change or lock anything.")
    name = type(node).__name__.upper()
    return QueryRefused("not_allowed", f"The {name} has an option that is not allowed: remove it.")


def _check_word(node: exp.Expr) -> None:
    """What sqlglot would write as it is found, or Postgres would read as something else than a value."""
    match node:
        case exp.DataType() if node.this not in allow.TYPES:
            raise QueryRefused("type_not_allowed", "A cast names a type that is not allowed: use numeric.")
        case exp.Var() if node.name.upper() not in allow.WORDS:
            raise QueryRefused("word_not_allowed", "Use a plain unit of time, such as day or epoch.")
        case exp.Interval() if not (isinstance(node.this, exp.Literal) and node.this.is_string):
            raise QueryRefused("not_allowed", "Write an interval as INTERVAL '1 day'.")
        case exp.Identifier() if not allow.NAME.fullmatch(node.name):
            raise QueryRefused("name_not_allowed", "Names are made of the letters a to z, digits and _.")
        case exp.Identifier() if node.name.startswith(allow.RESERVED_PREFIX):
            raise QueryRefused(
                "name_reserved", f"Names that begin with {allow.RESERVED_PREFIX} are reserved."
            )
        case exp.Literal() if node.is_string:
            _check_literal(node.name)


def _check_literal(text: str) -> None:
    if "{" in text or "}" in text:
        raise QueryRefused("text_not_plain", "A query is no template: write :name instead of braces.")
    words = re.findall(r"[a-z]+", text.lower())
    if len(words) <= 2 and allow.CLOCK_WORDS & set(words):
        raise QueryRefused(
            "function_not_allowed", f"Use :start_date and :end_date instead of the clock ('{words[0]}')."
        )


def _check_columns(tree: exp.Query) -> None:
    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count):
            raise QueryRefused("star", "Name the column instead of writing *.")
    for row in tree.find_all(exp.Tuple):
        if not isinstance(row.parent, exp.EQ | exp.NEQ | exp.In | exp.Distinct):
            raise QueryRefused(
                "many_columns", "Columns in brackets can only be compared, or counted DISTINCT."
            )
    if len(tree.selects) != 1:
        raise QueryRefused("many_columns", "The query must give exactly one column, the number.")


def _check_parameters(tree: exp.Query, own: OwnParameters) -> dict[str, str]:
    """The types of the parameters that the query uses."""
    known = dict(allow.PARAMETERS)
    for name, value in own.items():
        if not allow.NAME.fullmatch(name) or name.startswith(allow.RESERVED_PREFIX) or name in known:
            raise QueryRefused("parameter_name", f'Choose another name for the parameter "{name}".')
        known[name] = "text" if isinstance(value, str) else "numeric"
    used = {placeholder.name for placeholder in tree.find_all(exp.Placeholder)}
    unknown = sorted(used - set(known))
    if unknown:
        raise QueryRefused(
            "parameter_unknown",
            f"The parameter :{unknown[0]} is not declared: add it to parameters or mend its name.",
        )
    return {name: known[name] for name in sorted(used)}


def _check_subject(tree: exp.Query) -> None:
    """The subject has to choose rows: one that is only given out or counted to gives all the same value."""
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


def _check_rows(tree: exp.Query) -> None:
    if not _is_single_row(tree):
        raise QueryRefused(
            "many_rows",
            "The query may give several rows: use an aggregate such as COUNT or AVG without GROUP BY, "
            "or end it with LIMIT 1.",
        )


def _is_single_row(tree: exp.Query) -> bool:
    limit = tree.args.get("limit")
    if limit is not None and isinstance(limit.expression, exp.Literal) and limit.expression.name == "1":
        return True
    if not isinstance(tree, exp.Select) or tree.args.get("group"):
        return False
    return tree.args.get("from_") is None or is_aggregate(tree.selects[0])


def _check_writing(tree: exp.Query) -> None:
    """What is written reads as what was checked: else a text of the admin would have become SQL."""
    if _parsed(_written(tree)) != tree:
        raise QueryRefused("syntax", "The query can be read in two ways: write it more plainly.")


def _written(tree: exp.Query) -> str:
    """The tree as SQL with its parameters as the admin writes them."""
    plain = tree.copy()
    for placeholder in list(plain.find_all(exp.Placeholder)):
        placeholder.replace(exp.var(f":{placeholder.name}"))
    return plain.sql(dialect="postgres", comments=False)
