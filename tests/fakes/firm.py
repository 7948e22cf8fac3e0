"""A company in memory whose people have KPIs: what tests of assignments, targets and values start from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from lodestar.application.caller import Caller
from lodestar.domain.alerts import AlertRule
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.companies import Company
from lodestar.domain.definitions import (
    Category,
    Definition,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.people import Person
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Target
from tests.fakes.assignments import FakeAssignments
from tests.fakes.values import FakeValues
from tests.fakes.work import FakeWork

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""A Tuesday."""
LONG_AGO = date(2025, 1, 1)
NOBODY = 10**15
"""An id that nobody has; that of a person of another company is found as little."""


@dataclass
class FirmPeople:
    """The people of one company: `emails` are those of `by_id`."""

    of_company: Company
    by_id: dict[int, Person] = field(default_factory=dict)
    emails: dict[str, int] = field(default_factory=dict)
    teams: set[int] = field(default_factory=set)

    def person(self, user_id: int) -> Person | None:
        return self.by_id.get(user_id)

    def persons(self, names: Collection[int | str]) -> Mapping[int | str, Person]:
        ids = {name: self.emails.get(name) if isinstance(name, str) else name for name in names}
        return {name: self.by_id[user_id] for name, user_id in ids.items() if user_id in self.by_id}

    def members(self, team_id: int) -> list[int]:
        return sorted(
            person.id for person in self.by_id.values() if person.team_id == team_id and person.is_active
        )

    def team_exists(self, team_id: int) -> bool:
        return team_id in self.teams

    def known_users(self, user_ids: Collection[int]) -> set[int]:
        return set(user_ids) & self.by_id.keys()

    def company(self) -> Company:
        return self.of_company


@dataclass
class FirmDefinitions:
    """The definitions of one company, by id, and how often which was locked."""

    by_id: dict[int, Definition] = field(default_factory=dict)
    locked: list[int] = field(default_factory=list)

    def get(self, definition_id: int) -> Definition | None:
        return self.by_id.get(definition_id)

    def all(self) -> list[Definition]:
        return [self.by_id[definition_id] for definition_id in sorted(self.by_id)]

    def lock(self, definition_id: int) -> None:
        self.locked.append(definition_id)


class FirmAlerts:
    """A company without alert rules."""

    def active_rules(self, definition_ids: Collection[int]) -> Sequence[AlertRule]:
        del definition_ids
        return []


class Firm:
    """A company whose clock stands at noon of 10 March 2026, in UTC."""

    def __init__(self) -> None:
        self.company = Company(1, "Firm", "EUR", Calendar("UTC"))
        self.people = FirmPeople(self.company)
        self.definitions = FirmDefinitions()
        self.assignments = FakeAssignments(self.definitions.by_id)
        self.values = FakeValues()
        self.work: Any = FakeWork(
            now=NOW,
            people=self.people,
            definitions=self.definitions,
            assignments=self.assignments,
            values=self.values,
            alerts=FirmAlerts(),
        )
        self._ids = count(1)
        self.admin = self.user(role=Role.ADMIN)

    def user(self, role: Role = Role.USER, team_id: int | None = None, *, is_active: bool = True) -> int:
        user_id = next(self._ids)
        self.people.by_id[user_id] = Person(user_id, role, team_id, is_active)
        self.people.emails[self.email(user_id)] = user_id
        return user_id

    @staticmethod
    def email(user_id: int) -> str:
        return f"user-{user_id}@firm.test"

    def team(self) -> int:
        team_id = next(self._ids)
        self.people.teams.add(team_id)
        return team_id

    def definition(self, **changes: Any) -> Definition:
        definition_id = next(self._ids)
        added = replace(KPI, **{"key": f"kpi-{definition_id}", **changes}, id=definition_id)
        self.definitions.by_id[definition_id] = added
        return added

    def retire(self, definition: Definition) -> None:
        self.definitions.by_id[definition.id] = replace(definition, is_active=False)

    def assignment(self, definition: Definition, user_id: int | None = None, **changes: Any) -> Assignment:
        """To a user, or to a team with `team_id`, else to the company."""
        kind = SubjectType.COMPANY if user_id is None else SubjectType.USER
        if "team_id" in changes:
            kind = SubjectType.TEAM
        plain = Assignment(0, definition.id, kind, user_id, None, Decimal(1), None, LONG_AGO)
        added = replace(plain, **changes)
        return replace(added, id=self.assignments.add(added))

    def caller(self, user_id: int | None = None, role: Role = Role.ADMIN, **facts: Any) -> Caller:
        """The admin, unless told otherwise; `managed_team_ids`, `team_id` and `grants` follow by name."""
        actor = Actor(user_id or self.admin, self.company.id, role, permissions_of(role), **facts)
        return Caller(actor, "Ada", "ada@firm.test", "UTC", self.company, "a request")

    def audited(self) -> list[tuple[str, Any, Any]]:
        """What was done, with what it was before and after."""
        return [(entry.action, entry.before, entry.after) for entry in self.work.audit.entries]

    def state(self) -> tuple[object, ...]:
        """All that use cases may change, to see that they did not."""
        return (
            dict(self.assignments.by_id),
            dict(self.assignments.targets),
            dict(self.assignments.company_level),
            {key: (slot.entered, slot.revision) for key, slot in self.values.stored.items()},
            list(self.values.scored),
            dict(self.values.records),
            list(self.work.audit.entries),
        )


KPI = Definition(
    id=0,
    key="kpi",
    name="KPI",
    description="",
    category=Category.CUSTOM,
    data_source=ManualSource(),
    unit=Unit.COUNT,
    precision=2,
    aggregation_period=Cadence.DAILY,
    target_type=TargetType.HIGHER_BETTER,
    thresholds=Thresholds(),
    missing_data=MissingData.EXCLUDE,
    rollup=Rollup.NONE,
    is_active=True,
    version=1,
    created_by=None,
    created_at=NOW,
    updated_at=NOW,
)


def point(value: int | str) -> Target:
    """A target of one value."""
    return Target.point(Decimal(value))
