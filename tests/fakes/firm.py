"""A company in memory whose people have KPIs: what tests of assignments, targets and values start from."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from lodestar.application.caller import Caller
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Category, Definition
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.targets import Target
from tests.fakes.assignments import FakeAssignments
from tests.fakes.calculation import FakeMessages
from tests.fakes.definitions import KPI as WEEKLY_KPI
from tests.fakes.definitions import FakeDefinitions
from tests.fakes.people import FakePeople, in_team
from tests.fakes.values import FakeValues
from tests.fakes.work import FakeWork

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""A Tuesday."""
LONG_AGO = date(2025, 1, 1)
NOBODY = 10**15
"""An id that nobody has; that of a person of another company is found as little."""


KPI = replace(WEEKLY_KPI, name="KPI", category=Category.CUSTOM, aggregation_period=Cadence.DAILY)


@dataclass
class WatchedDefinitions(FakeDefinitions):
    """Definitions that remember which of them were locked."""

    locked: list[int] = field(default_factory=list)

    def lock(self, definition_id: int) -> None:
        self.locked.append(definition_id)


class Firm:
    """A company whose clock stands at noon of 10 March 2026, in UTC."""

    def __init__(self) -> None:
        self.company = Company(1, "Firm", "EUR", Calendar("UTC"))
        self.people = FakePeople(companies={1: self.company})
        self.definitions = WatchedDefinitions()
        self.assignments = FakeAssignments()
        self.values = FakeValues()
        self.work: Any = FakeWork(
            now=NOW,
            people=self.people,
            definitions=self.definitions,
            assignments=self.assignments,
            values=self.values,
        )
        self.messages = FakeMessages()
        self._names = count(1)
        self.admin = self.user(role=Role.ADMIN)

    def user(self, role: Role = Role.USER, team_id: int | None = None, *, is_active: bool = True) -> int:
        email = f"user-{next(self._names)}@firm.test"
        facts = {"name": "User", "email": email, "role": role, "is_active": is_active}
        user_id = self.people.add_user(facts, f"sub of {email}")
        self.people.save_memberships({user_id: in_team(team_id)})
        return user_id

    def email(self, user_id: int) -> str:
        return self.people.users[user_id].email

    def team(self) -> int:
        return self.people.add_team(f"Team {next(self._names)}", None)

    def definition(self, **changes: Any) -> Definition:
        return self.definitions.add(replace(KPI, **{"key": f"kpi-{next(self._names)}", **changes}))

    def retire(self, definition: Definition) -> None:
        self.definitions.stored[definition.id] = definition.retired(NOW.date(), NOW)

    def assignment(self, definition: Definition, user_id: int | None = None, **changes: Any) -> Assignment:
        """To a user, or to a team with `team_id`, else to the company; `changes` are of its terms.

        Whoever has the KPI already gets further terms of it.
        """
        subject = Subject(user_id, changes.pop("team_id", None))
        terms = replace(Terms(LONG_AGO, None, Decimal(1), None), **changes)
        before = self.assignments.of_subject(definition.id, subject)
        if before is not None:
            self.assignments.save_terms({before.id: before.with_terms(terms).terms})
            return self.assignments.by_id[before.id]
        added = Assignment(0, definition.id, subject, (terms,))
        return replace(added, id=self.assignments.add(added))

    def context(self, caller: Caller | None = None) -> ChangeContext:
        """What a change of the admin's takes, unless told otherwise."""
        return ChangeContext(caller or self.caller(), self.work, self.messages)

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


def point(value: int | str) -> Target:
    """A target of one value."""
    return Target.point(Decimal(value))
