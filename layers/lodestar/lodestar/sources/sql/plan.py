"""Layer 2, costs: what a query would take, judged for the person with the most rows.

Promises that a query whose plan is too expensive is refused when it is saved. Made against queries that are
cheap for nobody, for whom such a plan used to be asked, and take minutes for whoever has most of the rows.
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from lodestar.sources.sql.check import CheckedQuery
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.rewrite import Statement
from lodestar.sources.sql.tables import Tables

MAX_PLAN_COST = 5_000_000
"""Cost units of EXPLAIN: some tens of seconds on this schema, far over the statement timeout."""
SAMPLE = 100_000
"""Rows of each table that are counted where counting all of them takes too long."""

_OWNERS = {"user_id": ("user_id", "assigned_to"), "team_id": ("team_id",)}


def busiest(query: CheckedQuery, tables: Tables, subject: str, limit: int | None = None) -> Statement | None:
    """Who has the most rows in the tables that a query reads: one row with the id.

    None where none of them has owners. `subject` is `user_id` or `team_id`; a limit bounds the rows of each
    table that are looked at.
    """
    ids = list(_ids(query, tables, subject, "" if limit is None else f" LIMIT {limit}"))
    if not ids:
        return None
    together = " UNION ALL ".join(ids)
    most = "GROUP BY id ORDER BY count(*) DESC, id LIMIT 1"
    return Statement(f"SELECT id FROM ({together}) AS t {most}", ())  # noqa: S608 — offered names


def _ids(query: CheckedQuery, tables: Tables, subject: str, limit: str) -> Iterator[str]:
    for table in sorted({each.name for each in query.tree.find_all(exp.Table)} & set(tables)):
        for column in _OWNERS[subject]:
            if column in tables[table]:
                rows = f'FROM "{table}" WHERE "{column}" IS NOT NULL{limit}'
                yield f'(SELECT "{column}" AS id {rows})'


def explained(statement: Statement) -> Statement:
    """The statement that tells the plan of another one."""
    return Statement(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.parameters)


def check_cost(plan: Any) -> None:  # noqa: ANN401 — EXPLAIN's JSON
    """Let a plan pass that is no more expensive than any sensible one.

    Raises:
        QueryRefused: it is.
    """
    parsed = plan if isinstance(plan, list) else json.loads(plan)
    if parsed[0]["Plan"]["Total Cost"] > MAX_PLAN_COST:
        raise QueryRefused("too_expensive", "The query would take too long: narrow it by date and subject.")
