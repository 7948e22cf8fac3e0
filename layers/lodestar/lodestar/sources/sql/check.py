"""Layer 1: one SELECT made of allowed parts, or refused with a reason; without any database.

It is asked when a definition is saved, and again before each run. Its parts, in their order: text.py,
grammar.py, parts.py with clock.py, answer.py, names.py with sizes.py, writing.py; each says what it promises.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from lodestar.sources.sql.answer import (
    NO_PARAMETERS,
    OwnParameters,
    check_columns,
    check_rows,
    check_subject,
    parameter_types,
)
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.grammar import parse
from lodestar.sources.sql.names import check_names
from lodestar.sources.sql.parts import check_parts
from lodestar.sources.sql.sizes import Sizes
from lodestar.sources.sql.tables import SANDBOX, Tables
from lodestar.sources.sql.text import check_text
from lodestar.sources.sql.writing import with_brackets, written

# It warns about what it cannot parse by quoting it; admin SQL does not belong into logs.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that passed, as its tree: what runs is written from the tree, never the admin's text."""

    text: str
    """What the admin wrote."""
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
        return written(self.tree)


def check_query(
    text: str,
    own_parameters: OwnParameters = NO_PARAMETERS,
    tables: Tables = SANDBOX,
) -> CheckedQuery:
    """The query of a text, checked by every rule of layer 1.

    `own_parameters` are declared beside the built-in ones; `tables` are what the sandbox offers.

    Raises:
        QueryRefused: the first rule that the text breaks.
    """
    text = text.replace("\r\n", "\n")
    try:
        check_text(text)
        tree = parse(text)
        check_parts(tree)
        with_brackets(tree)
        types = parameter_types(tree, own_parameters)
        check_columns(tree)
        constants = {name: value for name, value in own_parameters.items() if isinstance(value, str)}
        check_names(tree, tables, Sizes(constants))
        check_rows(tree)
        check_subject(tree)
        check_writing(tree)
    except RecursionError as error:
        raise QueryRefused("too_deep", "The query is nested too deeply: make it simpler.") from error
    return CheckedQuery(text, tree, types)


def check_writing(tree: exp.Query) -> None:
    """What is written reads as what was checked: else a text of the admin would have become SQL.

    Raises:
        QueryRefused: it does not.
    """
    if parse(written(tree)) != tree:
        raise QueryRefused("syntax", "The query can be read in two ways: write it more plainly.")
