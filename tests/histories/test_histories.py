"""Whatever happens to a company, in whatever order: its numbers are those that the facts give.

A history is a list of steps that people and the clock take. After each of them every measurement, roll-up,
score, list and alert is compared with a naive model, and at the end all that was believed in between.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from local.postgres import Database
from tests.histories.beginning import begun
from tests.histories.comparing import Comparison
from tests.histories.steps import HISTORIES, Step
from tests.histories.story import Story
from tests.histories.undoing import UndoableConnection, undoable_engine
from tests.integration.tenants import address_of, context_of

NUMBER = int(os.environ.get("HISTORIES", "300"))
IS_FREE = "HISTORIES" in os.environ
"""With all other tests the same histories are told each time; `make crash` tells new ones."""


class Beginning:
    """The company that all histories begin with; no dataclass, of which a failure would print each fact."""

    def __init__(self, story: Story, connection: UndoableConnection) -> None:
        self._story, self._connection = story, connection

    @contextmanager
    def told_on(self) -> Iterator[Story]:
        """A history of it, which is undone behind the block."""
        with self._connection.undone():
            yield self._story.copy()


@pytest.fixture(scope="module")
def beginning(database: Database) -> Iterator[Beginning]:
    engine = undoable_engine(lambda: address_of(database))
    story = begun(replace(context_of(database), engine=engine))
    superuser = database.connect()
    superuser.run("analyze")  # else the plans that are made from now on would be for empty tables
    superuser.close()
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
    assert isinstance(driver, UndoableConnection)
    yield Beginning(story, driver)
    engine.dispose()


type History = list[tuple[Step, int]]


@given(HISTORIES)
@settings(
    max_examples=NUMBER,
    derandomize=not IS_FREE,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # a smaller number makes another history, no shorter one
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_after_any_history_every_number_is_what_the_facts_say(beginning: Beginning, history: History) -> None:
    difference = difference_after(history, beginning)
    if difference is not None:
        history, difference = shortest(history, difference, beginning)
        steps = "\n".join(f"  {step}, lists of {back} days ago" for step, back in history)
        pytest.fail(f"After\n{steps}\n{difference}", pytrace=False)


def difference_after(history: History, beginning: Beginning) -> str | None:
    """What the system and the model say otherwise; None where they agree."""
    with beginning.told_on() as story:
        comparison = Comparison(story)
        try:
            for step, back in history:
                story.tell(step)
                comparison.now(back)
            comparison.then()
        except AssertionError as error:
            return str(error)
    return None


def shortest(history: History, difference: str, beginning: Beginning) -> tuple[History, str]:
    """The history without those steps that it differs without as well."""
    for number in reversed(range(len(history))):
        shorter = history[:number] + history[number + 1 :]
        still = difference_after(shorter, beginning)
        if still is not None:
            history, difference = shorter, still
    return history, difference
