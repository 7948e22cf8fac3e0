"""Upkeep: old answers are deleted, partitions are made ahead, and each audit log's head is noted outside."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from lodestar.application.operations.ports import Deleted, Retention, StoredAnswer
from lodestar.application.operations.retention import BITE, MAX_BITES
from lodestar.application.operations.upkeep import Upkeep
from lodestar.application.work import AuditHead, AuditObject
from tests.fakes.operations import FakePartitions
from tests.fakes.work import NOW, FakeWork

ANSWER = StoredAnswer("hash", 201, "{}")
SECOND = timedelta(seconds=1)
ANSWER_LIFETIME = timedelta(days=Retention().answer_days)
OUTCOME_LIFETIME = timedelta(days=Retention().outcome_days)


class NothingStalled:
    """A ledger whose batches are all where they should be."""

    def stalled_batches(self, sent_before: datetime) -> list[tuple[int, int, int]]:
        return []


class Silence:
    """Queues that nothing is sent to."""

    def batches(self, company_id: int, run_id: int, numbers: object) -> None:
        raise AssertionError("Nothing here is stalled.")

    def publish(self, company_id: int) -> None:
        raise AssertionError("Nothing here is to be published.")


@dataclass
class Platform:
    """Companies by id, and what was noted outside of the database."""

    works: dict[int, FakeWork]
    partitions: FakePartitions = field(default_factory=FakePartitions)
    noted: list[tuple[int, AuditHead]] = field(default_factory=list)

    @property
    def upkeep(self) -> Upkeep:
        return Upkeep(
            lambda: list(self.works),
            self.works.__getitem__,
            Silence(),
            self.partitions,
            lambda company_id, head: self.noted.append((company_id, head)),
        )


@pytest.fixture
def platform() -> Platform:
    return Platform({number: FakeWork(calculation=NothingStalled()) for number in (7, 8)})


def store(work: FakeWork, key: str, age: timedelta) -> None:
    work.operations.now = NOW - age
    work.operations.store_answer(key, ANSWER)


def test_answers_are_deleted_when_they_are_old_enough_and_not_before(platform: Platform) -> None:
    for work in platform.works.values():
        store(work, "old", ANSWER_LIFETIME + SECOND)
        store(work, "due", ANSWER_LIFETIME)
        store(work, "young", ANSWER_LIFETIME - SECOND)
    assert platform.upkeep.run()["answers_deleted"] == 2
    assert [sorted(work.operations.answers) for work in platform.works.values()] == [["due", "young"]] * 2
    assert platform.upkeep.run()["answers_deleted"] == 0


def test_a_companys_deletions_are_committed_before_the_next_company_is_looked_at(platform: Platform) -> None:
    platform.upkeep.run()
    assert [work.commits for work in platform.works.values()] == [3, 3]


def test_by_default_an_answer_lives_for_thirty_days_and_an_outcome_for_thirty_five() -> None:
    assert Retention() == Retention(outcome_days=35, answer_days=30)


def test_a_company_keeps_things_as_long_as_it_says(platform: Platform) -> None:
    patient, hasty = platform.works.values()
    patient.operations.kept = Retention(answer_days=60)
    for work in (patient, hasty):
        store(work, "old", ANSWER_LIFETIME + SECOND)
    assert platform.upkeep.run()["answers_deleted"] == 1
    assert (list(patient.operations.answers), list(hasty.operations.answers)) == (["old"], [])


def test_old_outcomes_go_in_bites_and_what_was_deleted_last_is_noted(platform: Platform) -> None:
    work = platform.works[7]
    old, young = NOW - OUTCOME_LIFETIME - SECOND, NOW - OUTCOME_LIFETIME
    work.operations.outcomes_of = [old] * (BITE + 1) + [young]
    assert platform.upkeep.run()["outcomes_deleted"] == BITE + 1
    assert work.operations.outcomes_of == [young]
    assert work.operations.deleted == Deleted(outcomes=BITE + 1)
    platform.upkeep.run()
    assert work.operations.deleted == Deleted(outcomes=BITE + 1)


def test_one_call_deletes_so_much_and_leaves_the_rest_to_the_next(platform: Platform) -> None:
    old = NOW - OUTCOME_LIFETIME - SECOND
    platform.works[7].operations.outcomes_of = [old] * (BITE * MAX_BITES + 1)
    assert platform.upkeep.run()["outcomes_deleted"] == BITE * MAX_BITES
    assert platform.upkeep.run()["outcomes_deleted"] == 1


def test_the_head_of_each_audit_log_is_noted_as_it_is(platform: Platform) -> None:
    written = platform.works[7]
    written.audit.record("user.left", AuditObject("user", 1), {}, None)
    assert platform.upkeep.run()["anchored"] == 1
    assert platform.noted == [(7, written.audit.head())]


def test_a_head_is_noted_again_though_nothing_was_written_since(platform: Platform) -> None:
    platform.works[8].audit.record("user.left", AuditObject("user", 1), {}, None)
    platform.upkeep.run()
    platform.upkeep.run()
    assert platform.noted[0] == platform.noted[1]


def test_there_are_partitions_for_more_than_a_year_ahead(platform: Platform) -> None:
    platform.partitions.instant = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    assert platform.upkeep.run()["partitions"] == 15
    assert (min(platform.partitions.months), max(platform.partitions.months)) == (
        date(2026, 3, 1),
        date(2027, 5, 1),
    )
    assert platform.upkeep.run()["partitions"] == 0


def test_a_platform_without_companies_is_kept_up_all_the_same() -> None:
    report = Platform({}).upkeep.run()
    assert report == {
        "resent": 0,
        "partitions": 14,
        "outcomes_deleted": 0,
        "refreshes_deleted": 0,
        "answers_deleted": 0,
        "anchored": 0,
    }
