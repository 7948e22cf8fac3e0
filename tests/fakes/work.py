"""A unit of work in memory: the stores of all rooms, with which use cases run in milliseconds."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from lodestar.application.work import AuditedChange, AuditHead, AuditObject
from lodestar.wire.exact_json import to_json
from tests.fakes.alerts import FakeAlerts
from tests.fakes.assignments import FakeAssignments
from tests.fakes.calculation import FakeCalculation
from tests.fakes.definitions import FakeDefinitions
from tests.fakes.insight import FakeInsight
from tests.fakes.operations import FakeOperations
from tests.fakes.people import FakePeople
from tests.fakes.values import FakeValues

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""A Wednesday."""


@dataclass
class FakeAudit:
    """The log of changes as a list."""

    entries: list[AuditedChange] = field(default_factory=list)

    def record(self, action: str, about: AuditObject, before: object, after: object) -> None:
        self.record_many([AuditedChange(action, about, before, after)])

    def record_many(self, changes: Sequence[AuditedChange]) -> None:
        self.entries += changes

    def head(self) -> AuditHead | None:
        return AuditHead(len(self.entries), "0" * 64) if self.entries else None

    @property
    def actions(self) -> list[str]:
        """What was done, in its order."""
        return [entry.action for entry in self.entries]


@dataclass
class FakeViews:
    """Answers that tell which view was asked for, and with what."""

    commit: Callable[[], None]
    missing: set[str] = field(default_factory=set)
    """Views that find nothing."""
    answers: dict[str, Callable[[Mapping[str, Any]], str]] = field(default_factory=dict)
    """What views find, as text of their parameters, where a use case reads it."""

    def read(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        if name in self.missing:
            return None
        if name in self.answers:
            return self.answers[name](parameters)
        plain = {key: value if _is_json(value) else str(value) for key, value in parameters.items()}
        return to_json({"view": name, "parameters": plain})

    def read_and_commit(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        text = self.read(name, parameters)
        self.commit()
        return text


@dataclass
class FakeWork:
    """The unit of work of one company. What is not committed is not undone: tests look at `commits`."""

    now: datetime = NOW
    people: FakePeople = field(default_factory=FakePeople)
    definitions: FakeDefinitions = field(default_factory=FakeDefinitions)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)
    values: FakeValues = field(default_factory=FakeValues)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    calculation: FakeCalculation = field(default_factory=FakeCalculation)
    insight: FakeInsight = field(default_factory=FakeInsight)
    operations: FakeOperations = field(default_factory=FakeOperations)
    audit: FakeAudit = field(default_factory=FakeAudit)
    commits: int = 0
    steps: list[Callable[[], object]] = field(default_factory=list)
    failed_steps: list[Exception] = field(default_factory=list)
    """What went wrong after a commit: logged, and no failure of the request."""

    def __post_init__(self) -> None:
        self.views = FakeViews(self.commit)
        self.people.today = self.people.company().calendar.local_date(self.now)
        self.assignments.kpis = self.definitions.stored
        self.calculation.people, self.calculation.assignments = self.people, self.assignments

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    @contextmanager
    def open_work(self, company_id: int) -> Iterator[Self]:
        """The unit of work of the only company here."""
        del company_id
        yield self

    def commit(self) -> None:
        self.commits += 1
        steps, self.steps = self.steps, []
        for step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 — what was committed stays, whatever fails after it
                self.failed_steps.append(error)

    def commit_with[Result](self, statement: Callable[[], Result]) -> Result:
        result = statement()
        self.commit()
        return result

    def after_commit(self, step: Callable[[], object]) -> None:
        self.steps.append(step)

    def add_company(self, fields: Mapping[str, Any]) -> int:
        return self.people.add_company(fields)

    def enter_company(self, company_id: int) -> bool:
        return self.people.enter_company(company_id)


def shown(text: str) -> tuple[str, dict[str, Any]]:
    """Which view an answer came from, and what it was asked with."""
    told = json.loads(text)
    return told["view"], told["parameters"]


def _is_json(value: object) -> bool:
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True
