"""The worked examples of docs/rules/teams.md, computed."""

import re
from datetime import date

import pytest

from lodestar.domain.memberships import NO_MEMBERSHIPS, Memberships
from tests.unit.documents import Row, table

TEAMS = {"North": 1, "South": 2}
NAMES = {1: "North", 2: "South", None: "none"}
STAY = re.compile(r"(\w+) (?:from (\S+)|(\S+)\.\.(\S+))")


def after(moves: str) -> Memberships:
    """The memberships of somebody who moved like that: into a team from a day on, or over two days."""
    memberships = NO_MEMBERSHIPS
    for move in moves.split(", "):
        found = STAY.fullmatch(move)
        assert found is not None, move
        team, since, first, last = found.groups()
        memberships = memberships.moved(TEAMS[team], date.fromisoformat(since or first))
        if last:
            memberships = memberships.ended(date.fromisoformat(last))
    return memberships


@pytest.mark.parametrize("row", table("teams.md", "moves", "period", "counts for"), ids=str)
def test_a_period_counts_for_the_team_that_the_page_says(row: Row) -> None:
    first, last = map(date.fromisoformat, row["period"].split(".."))
    assert NAMES[after(row["moves"]).team_for(first, last)] == row["counts for"]
