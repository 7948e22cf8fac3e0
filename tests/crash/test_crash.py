"""A run under kills, doubles and restarts ends as one without: nothing lost, nothing wrong.

`make crash` does the same for much longer.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import Database
from tests.crash.harness import Faults, Found, found_under, killable_postgres

PEOPLE = 16

type Where = tuple[Database, Path]


@pytest.fixture(scope="module")
def where() -> Iterator[Where]:
    """A Postgres that may be killed."""
    with killable_postgres() as started:
        yield started


@pytest.fixture(scope="module")
def undisturbed(where: Where) -> Found:
    """What comes of a run to which nothing happens."""
    found = found_under(Faults(), PEOPLE, where)
    assert found.arrived
    assert found.doubled == 0
    return found


def test_kills_doubles_and_a_restart_lose_nothing_and_change_nothing(
    where: Where, undisturbed: Found
) -> None:
    found = found_under(Faults(kills=5, restarts=1, doubles=0.3), PEOPLE, where)
    assert (found.kills, found.restarts) == (5, 1)  # else this proves nothing: choose another seed
    assert found.digest == undisturbed.digest
    assert found.lost(undisturbed) == []
    assert found.doubled <= found.kills + found.restarts


def test_the_control_without_an_outbox_reports_losses(where: Where, undisturbed: Found) -> None:
    lost: list[object] = []
    for seed in range(5):
        found = found_under(Faults(kills=5, has_outbox=False), PEOPLE, where, seed)
        lost += found.lost(undisturbed)
        if lost:
            break
    assert lost
