"""A company in memory whose KPIs are read: people, definitions and assignments, in Berlin."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from lodestar.application.caller import Caller
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.definitions import Definition
from lodestar.domain.people import Team, User
from lodestar.domain.permissions import Role
from lodestar.domain.targets import Target
from tests.fakes.assignments import FakeAssignments
from tests.fakes.definitions import KPI
from tests.fakes.people import caller_of, in_team
from tests.fakes.work import FakeWork

UNA, UGO, MAX = 2, 3, 4
SUPPORT, SALES = 20, 21
NOBODY = 10**12
TODAY = date(2026, 3, 4)
"""Of the unit of work's clock, in Berlin."""
LONG_AGO = date(2025, 1, 1)


def user_of(user_id: int, name: str, team_id: int | None = None) -> User:
    return User(
        user_id, f"sub-{user_id}", name, f"{name}@acme.test", "user", in_team(team_id), None, {}, True
    )


def work_of_acme() -> FakeWork:
    """Una is in the support team, which Max leads; Ugo is in none."""
    work = FakeWork()
    work.assignments = FakeAssignments(kpis=work.definitions.stored)
    users = (user_of(UNA, "una", SUPPORT), user_of(UGO, "ugo"), user_of(MAX, "max"))
    work.people.users |= {user.id: user for user in users}
    work.people.teams |= {
        SUPPORT: Team(SUPPORT, "Support", MAX, True),
        SALES: Team(SALES, "Sales", None, True),
    }
    return work


@dataclass
class Acme:
    """The company with whoever calls: Una, unless told otherwise."""

    work: FakeWork = field(default_factory=work_of_acme)
    caller: Caller = field(default_factory=lambda: caller_of(Role.USER, user_id=UNA, team_id=SUPPORT))

    def as_caller(self, caller: Caller) -> "Acme":
        return replace(self, caller=caller)

    def define(self, **changes: Any) -> Definition:
        key = f"kpi_{len(self.work.definitions.stored)}"
        return self.work.definitions.add(replace(KPI, **{"key": key, "name": key.title()} | changes))

    def assign(
        self, definition: Definition, user_id: int | None = None, target: str | None = None, **changes: Any
    ) -> int:
        """To a user, else to the company, or further terms of it; the assignment's id."""
        aim = None if target is None else Target.point(Decimal(target))
        terms = replace(Terms(LONG_AGO, None, Decimal(1), aim), **changes)
        subject, assignments = Subject(user_id=user_id), self.work.assignments
        before = assignments.of_subject(definition.id, subject)
        if before is None:
            return assignments.add(Assignment(0, definition.id, subject, (terms,)))
        assignments.save_terms({before.id: before.with_terms(terms).terms})
        return before.id


ADMIN = caller_of(Role.ADMIN)
MANAGER = caller_of(Role.MANAGER, user_id=MAX, managed_team_ids=frozenset({SUPPORT}))
STRANGER = caller_of(Role.USER, user_id=UGO)
MEMBER = caller_of(Role.USER, user_id=UGO, team_id=SUPPORT)
