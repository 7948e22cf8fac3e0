"""Whatever happens to a company, in whatever order: its numbers are those that the facts give.

A history is a list of steps that people and the clock take. After it every closed period is examined once
more, and every measurement, roll-up, score, list and past belief is compared with a naive model.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lodestar.application.assignments.shapes import (
    AssignmentChange,
    AssignmentDraft,
    BulkTargetDraft,
    WithdrawalQuery,
)
from lodestar.application.insight.people_kpis import kpis_of_user
from lodestar.application.people.shapes import UserChange
from lodestar.application.values.records import push_records
from lodestar.application.values.shapes import EnteredValue, RecordBatch
from lodestar.application.workflows.assigning import assign_kpi, change_assignment, withdraw_assignment
from lodestar.application.workflows.entering import enter_value
from lodestar.application.workflows.moving import PersonnelContext, change_user
from lodestar.application.workflows.targets import set_targets_of_many
from lodestar.domain.assignments import Subject, UserKpiIds
from lodestar.domain.refusals import LodestarError
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.wire.preconditions import Edit, Precondition
from tests.histories.naive import Facts, Naive
from tests.histories.world import Directory, World
from tests.integration.tenants import point

HISTORIES = int(os.environ.get("HISTORIES", "60"))
IS_FREE = "HISTORIES" in os.environ
"""With all other tests the same histories are told each time; `make crash` tells new ones."""

person = st.integers(0, 2)
kpi = st.sampled_from(["sold", "sold", "weekly", "mood", "twice"])
back = st.integers(-9, 0)
around = st.integers(-9, 4)
targets = st.none() | st.sampled_from([50, 100, 0])
weights = st.sampled_from([10, 1, 50, 0])


class Story:
    """The steps of a history, each as a use case of the system; a step that is refused changes nothing."""

    def __init__(self, context: WorkContext) -> None:
        self.world = World(context)
        self.naive = Naive(self.world)
        self.believed: list[tuple[datetime, Any]] = []
        self._begin()

    def _begin(self) -> None:
        """Two of three people have worked for a week, in one team, with values of every kind."""
        world = self.world
        for who, user in enumerate(world.people[:2]):
            for what in ("sold", "weekly", "mood", "twice"):
                world.tenant.assignment(
                    getattr(world, what), user, start_date=world.day(-7), target=point(80), weight=Decimal(10)
                )
            self.move(who, 0, -7)
            for back in range(-7, 0, 2):
                self.record(who, back, back, 40 - 3 * back)
                self.enter(who, back, -back)
        world.calculate_everything()
        self.naive.remember()

    def tell(self, step: tuple[Any, ...]) -> None:
        name, *arguments = step
        with suppress(LodestarError):
            getattr(self, name)(*arguments)
        self.naive.remember()

    def days(self, number: int) -> None:
        self.world.pass_days(number)

    def record(self, who: int, day: int, number: int, value: int) -> None:
        world = self.world
        fact = {
            "source": "sales",
            "external_id": f"{who}-{number}",
            "occurred_at": f"{world.day(day)}T12:00:00Z",
            "user_id": world.people[who],
            "value": value,
        }
        world.do(lambda c: push_records(RecordBatch(records=[fact]), c.work))

    def assign(self, who: int, what: str, start: int, days: int | None, *terms: Any) -> None:
        target, weight, renew = terms
        world = self.world
        draft = AssignmentDraft(
            kpi_definition_id=getattr(world, what).id,
            start_date=world.day(start),
            end_date=None if days is None else world.day(start + days),
            target_value=target,
            weight=weight,
            renew=renew,
        )
        world.do(lambda c: assign_kpi(world.people[who], draft, c))

    def change(self, who: int, what: str, fields: Mapping[str, Any]) -> None:
        days = {
            name: self.world.day(fields[name]) for name in ("effective_from", "end_date") if name in fields
        }
        change = AssignmentChange(**{**fields, **days})
        ids = self._ids(who, what)
        self.world.do(lambda c: change_assignment(ids, Edit(change, Precondition(None)), c))

    def withdraw(self, who: int, what: str, start: int | None) -> None:
        query = WithdrawalQuery.model_validate({} if start is None else {"from": self.world.day(start)})
        ids = self._ids(who, what)
        self.world.do(lambda c: withdraw_assignment(ids, query, c))

    def move(self, who: int, team: int | None, start: int) -> None:
        team_id = None if team is None else self.world.teams[team]
        change = UserChange(team_id=team_id, effective_from=self.world.day(start))
        self._change_person(who, change)

    def leave(self, who: int) -> None:
        self._change_person(who, UserChange(is_active=False))

    def come_back(self, who: int) -> None:
        self._change_person(who, UserChange(is_active=True))

    def enter(self, who: int, day: int, value: int) -> None:
        first = self.world.day(day)
        body = EnteredValue(actual_value=value, period_start=first, period_end=first)
        ids = self._ids(who, "mood")
        self.world.do(lambda c: enter_value(ids, body, c))
        self.naive.entered[ids.user_id, first] = Decimal(value)

    def target(self, who: int, what: str, start: int, days: int, value: int) -> None:
        draft = BulkTargetDraft(
            kpi_definition_id=getattr(self.world, what).id,
            period_start=self.world.day(start),
            period_end=self.world.day(start + days),
            targets=[{"user_id": self.world.people[who], "target_value": value}],
        )
        self.world.do(lambda c: set_targets_of_many(draft, c))

    def look(self) -> None:
        """Note what is believed now, to be asked for later."""
        self.believed.append((self.world.now, self._histories(None)))

    def check(self) -> None:
        """Everything is what the facts say."""
        self.world.calculate_everything()
        self.naive.remember()
        facts = Facts.of(self.world)
        self._check_measurements(facts)
        self._check_rollups(facts)
        self._check_scores(facts)
        for at, then in self.believed:
            assert self._histories(at) == then, f"as of {at}"

    def _check_measurements(self, facts: Facts) -> None:
        naive = self.naive
        found = {
            slot: (row["value"], row["target_low"], row["weight"], row["achievement"], row["is_partial"])
            for slot, row in naive.measured().items()
            if slot.last < self.world.today
        }
        expected = {}
        for definition in self.world.kpis.values():
            for slot in naive.slots(facts, definition.id):
                value = naive.value(facts, slot)
                if definition is self.world.mood and value is None:
                    continue  # it awaits entry
                judged = naive.judged[slot]
                expected[slot] = (
                    value,
                    judged.target,
                    judged.weight,
                    naive.achievement(slot, value, judged.target),
                    2 * len(naive.covered(facts, slot)) < len(naive.days(slot)),
                )
        assert found == expected

    def _check_rollups(self, facts: Facts) -> None:
        rows = self.world.rows(
            "select a.definition_id, a.team_id, m.* from lodestar.measurements m "
            "join lodestar.assignments a on a.company_id = m.company_id and a.id = m.assignment_id "
            "where m.company_id = :company and a.user_id is null and m.period_end < :today",
            today=self.world.today,
        )
        assert rows
        for row in rows:
            dates = row["period_start"], row["period_end"]
            expected = self.naive.rolled_up(facts, row["definition_id"], *dates, row["team_id"])
            assert row["value"] == expected, (row["definition_id"], row["team_id"], *dates)

    def _check_scores(self, facts: Facts) -> None:
        rows = self.world.rows("select * from lodestar.snapshots where company_id = :company")
        for row in rows:
            expected = self.naive.score(facts, row["user_id"], row["on_date"])
            assert (row["score"], row["coverage"]) == expected, (row["user_id"], row["on_date"])
        for user in self.world.people:
            day = self.world.day(-1)
            with self.world.work() as work:
                shown = json.loads(
                    kpis_of_user(user, day, self.world.caller(), work).text,
                    parse_float=Decimal,
                    parse_int=Decimal,
                )
            expected = self.naive.score(facts, user, day) or (None, None)
            assert (shown["overall_score"], shown["coverage"]) == expected, (user, "list")

    def _histories(self, as_of: datetime | None) -> Any:
        """What the history of every assignment tells, of periods that were closed."""
        told = {}
        for row in self.world.rows("select id from lodestar.assignments where company_id = :company"):
            parameters = {"id": row["id"], "from": date(2000, 1, 1), "to": date(2100, 1, 1), "as_of": as_of}
            with self.world.work() as work:
                text = work.views.read("history", {**parameters, "cursor": None, "limit": 200})
            entries = [each for each in json.loads(text or "")["measurements"] if each["state"] != "open"]
            if entries:
                told[row["id"]] = entries
        return told

    def _change_person(self, who: int, change: UserChange) -> None:
        world = self.world
        world.do(
            lambda c: change_user(
                world.people[who], change, PersonnelContext(c.caller, c.work, Directory(), c.messages)
            )
        )

    def _ids(self, who: int, what: str) -> UserKpiIds:
        user = self.world.people[who]
        with self.world.work() as work:
            found = work.assignments.of_subject(getattr(self.world, what).id, Subject(user_id=user))
        return UserKpiIds(user, 0 if found is None else found.id)


def step(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(name), *arguments)


fields = st.fixed_dictionaries(
    {},
    optional={
        "weight": weights,
        "target_value": targets,
        "effective_from": st.integers(-7, 1),
        "end_date": around,
        "is_active": st.booleans(),
    },
)
assigning = step(
    "assign", person, kpi, around, st.none() | st.integers(0, 9), targets, weights, st.booleans()
)
steps = st.one_of(
    assigning,
    assigning,
    step("record", person, back, st.integers(0, 3), st.integers(0, 99)),
    step("record", person, back, st.integers(0, 3), st.integers(0, 99)),
    step("days", st.integers(1, 3)),
    step("change", st.integers(0, 1), kpi, fields),
    step("change", st.integers(0, 1), kpi, fields),
    step("withdraw", person, kpi, st.none() | around),
    step("move", person, st.none() | st.integers(0, 1), around),
    step("leave", person),
    step("come_back", person),
    step("enter", person, back, st.integers(0, 9)),
    step("target", person, kpi, around, st.integers(0, 6), st.sampled_from([20, 80])),
    step("look"),
)


@given(st.lists(steps, min_size=3, max_size=10))
@example([("change", 0, "sold", {"weight": 50, "target_value": 60, "effective_from": -5}), ("days", 1)])
@example([("withdraw", 0, "mood", -3), ("assign", 0, "mood", -3, None, 60, 1, False), ("days", 2)])
@example([("move", 1, 1, -2), ("record", 1, -4, 9, 70), ("days", 1), ("leave", 0), ("days", 1)])
@settings(
    max_examples=HISTORIES,
    derandomize=not IS_FREE,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_after_any_history_every_number_is_what_the_facts_say(
    context: WorkContext, history: list[tuple[Any, ...]]
) -> None:
    story = Story(context)
    for taken in history:
        story.tell(taken)
    story.check()
