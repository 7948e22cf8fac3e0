"""Upkeep: what is old is deleted, and the audit log's head is noted outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from lodestar.application.operations.ports import Deleted, Retention, StoredAnswer
from lodestar.application.operations.retention import BITE, MAX_BITES
from lodestar.application.operations.upkeep import keep_house
from lodestar.application.work import AuditHead, AuditObject
from tests.fakes.calculation import FakeMessages
from tests.fakes.work import NOW, FakeWork

ANSWER = StoredAnswer("hash", 201, "{}")
SECOND = timedelta(seconds=1)
ANSWER_LIFETIME = timedelta(days=Retention().answer_days)
OUTCOME_LIFETIME = timedelta(days=Retention().outcome_days)


@dataclass
class House:
    """A company, and what was noted of it outside of the database."""

    work: FakeWork = field(default_factory=FakeWork)
    noted: list[tuple[int, AuditHead]] = field(default_factory=list)

    def keep(self) -> Mapping[str, int]:
        return keep_house(
            7,
            self.work.open_work,
            FakeMessages(),
            lambda company_id, head: self.noted.append((company_id, head)),
        )


@pytest.fixture
def house() -> House:
    return House()


def store(work: FakeWork, key: str, age: timedelta) -> None:
    work.operations.now = NOW - age
    work.operations.store_answer(key, ANSWER)


def test_answers_are_deleted_when_they_are_old_enough_and_not_before(house: House) -> None:
    store(house.work, "old", ANSWER_LIFETIME + SECOND)
    store(house.work, "due", ANSWER_LIFETIME)
    store(house.work, "young", ANSWER_LIFETIME - SECOND)
    assert house.keep()["answers_deleted"] == 1
    assert sorted(house.work.operations.answers) == ["due", "young"]
    assert house.keep()["answers_deleted"] == 0


def test_by_default_an_answer_lives_for_thirty_days_and_an_outcome_for_thirty_five() -> None:
    assert Retention() == Retention(outcome_days=35, answer_days=30)


def test_a_company_keeps_things_as_long_as_it_says(house: House) -> None:
    house.work.operations.kept = Retention(answer_days=60)
    store(house.work, "old", ANSWER_LIFETIME + SECOND)
    assert house.keep()["answers_deleted"] == 0
    house.work.operations.kept = Retention()
    assert house.keep()["answers_deleted"] == 1


def test_old_outcomes_go_in_bites_and_what_was_deleted_last_is_noted(house: House) -> None:
    operations = house.work.operations
    old, young = NOW - OUTCOME_LIFETIME - SECOND, NOW - OUTCOME_LIFETIME
    operations.outcomes_of = [old] * (BITE + 1) + [young]
    assert house.keep()["outcomes_deleted"] == BITE + 1
    assert operations.outcomes_of == [young]
    assert operations.deleted == Deleted(outcomes=BITE + 1)
    house.keep()
    assert operations.deleted == Deleted(outcomes=BITE + 1)


def test_one_call_deletes_so_much_and_leaves_the_rest_to_the_next(house: House) -> None:
    old = NOW - OUTCOME_LIFETIME - SECOND
    house.work.operations.outcomes_of = [old] * (BITE * MAX_BITES + 1)
    assert house.keep()["outcomes_deleted"] == BITE * MAX_BITES
    assert house.keep()["outcomes_deleted"] == 1


def test_the_head_of_the_audit_log_is_noted_as_it_is(house: House) -> None:
    assert house.keep()["anchored"] == 0
    house.work.audit.record("user.left", AuditObject("user", 1), {}, None)
    assert house.keep()["anchored"] == 1
    assert house.noted == [(7, house.work.audit.head())]


def test_a_head_is_noted_again_though_nothing_was_written_since(house: House) -> None:
    house.work.audit.record("user.left", AuditObject("user", 1), {}, None)
    house.keep()
    house.keep()
    assert house.noted[0] == house.noted[1]
