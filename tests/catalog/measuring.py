"""A company of a case's own, in which an entry of the catalog is installed, fed, assigned and calculated."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.postgres import Database
from lodestar.application.calculation.calculating import BatchMessage, calculate_batch
from lodestar.application.calculation.ports import Source
from lodestar.application.calculation.running import start_run
from lodestar.application.calculation.shapes import RunDraft
from lodestar.application.caller import Caller
from lodestar.application.definitions.formulas import kpi_inputs
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.records import push_records
from lodestar.application.values.shapes import EnteredValue, GroupValue, RecordBatch
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.entering import enter_group_value, enter_value
from lodestar.domain.assignments import Assignment, UserKpiIds
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.periods import Period
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.runs import SentBatch
from lodestar.packs.catalog.entries import Catalog
from lodestar.packs.catalog.installing import EntryInstall, install_entry
from lodestar.packs.catalog.loading import PLATFORM, load_catalog
from lodestar.persistence.kernel.bound import session_of
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from lodestar.sources.database import DatabaseValues, SandboxCheck, Sandboxes, queries_of
from lodestar.sources.records import RecordsValues
from tests.catalog.case_files import Case
from tests.fakes.calculation import FakeMessages
from tests.integration.tenants import Tenant, new_tenant, sandbox_logins

CATALOG: Catalog = load_catalog([PLATFORM])
"""The platform's entries; each pack tests its own."""
AFTER_ALL_CASES = datetime(2027, 1, 15, 12, tzinfo=UTC)
MEASURED = "the measured user"

_MEASUREMENT = (
    "select value, no_data_reason from lodestar.measurements "
    "where company_id = :company and assignment_id = :id and period_start = :start"
)
_OUTCOME = (
    "select outcome, reason, message from lodestar.outcomes "
    "where company_id = :company and assignment_id = :id and period_start = :start"
)


class Queue:
    """Messages of batches, in the order in which they were sent; nothing is published."""

    def __init__(self) -> None:
        self.waiting: deque[BatchMessage] = deque()

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        self.waiting.extend(BatchMessage(company_id, batch) for batch in batches)

    def publish(self, company_id: int, wait: timedelta = timedelta(0)) -> None:
        """No message."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the case's value is: an assignment of its entry, in a period."""

    definition: Definition
    assignment: Assignment
    period: Period


class Workshop:
    """A company for one case."""

    def __init__(self, context: WorkContext, database: Database) -> None:
        self._database = database
        self.tenant: Tenant = new_tenant(replace(context, clock=lambda: AFTER_ALL_CASES))
        self._people: dict[str, int] = {}
        admin = self.tenant.user(role="admin")
        actor = Actor(admin, self.tenant.id, "admin", permissions_of(Role.ADMIN))
        self.caller = Caller(actor, "Ada", "ada@example.com", "UTC", self.tenant.company, "request")

    def answer(self, case: Case) -> dict[str, str]:
        """What the case's entry gives, as a case says it; AssertionError with the reason if it is not measured."""
        self._push(case)
        place = self._installed(case)
        self._calculate(place)
        return self._measured(place)

    def entered(self, case: Case, value: str) -> dict[str, str]:
        """What the case's manual entry gives when an admin enters a value; refused as the API refuses it."""
        place = self._installed(case)
        start, end = place.period.start, place.period.end
        number, notes = Decimal(value), "Seen in the review."
        with self._work() as work:
            context = ChangeContext(self.caller, work, FakeMessages())
            if case.is_of_user:
                kpi = UserKpiIds(self._people[MEASURED], place.assignment.id)
                entry = EnteredValue(actual_value=number, period_start=start, period_end=end, notes=notes)
                enter_value(kpi, entry, context)
            else:
                of_company = GroupValue(value=number, period_date=start, notes=notes)
                enter_group_value(place.definition.id, of_company, context)
        return self._measured(place)

    def _push(self, case: Case) -> None:
        records = [self._record(case, number, each) for number, each in enumerate(case.body["records"], 1)]
        with self._work() as work:
            answer = push_records(RecordBatch(records=records), work)
        assert not answer.errors, answer.errors

    def _record(self, case: Case, number: int, record: Mapping[str, Any]) -> dict[str, Any]:
        name = record.get("user", MEASURED if case.is_of_user else None)
        return {
            "source": record["source"],
            "external_id": f"{number:03}",
            "occurred_at": record["at"],
            "user_id": None if name is None else self._person(name),
            "value": record.get("value"),
            "attributes": record.get("attributes", {}),
        }

    def _person(self, name: str) -> int:
        if name not in self._people:
            self._people[name] = self.tenant.user()
        return self._people[name]

    def _installed(self, case: Case) -> Place:
        """Install the case's entry with what it requires, and assign all of it to the case's subject."""
        if any(queries_of(each.definition(None, AFTER_ALL_CASES)) for each in CATALOG.to_install([case.key])):
            self.tenant.sandbox()
        with self._work() as work:
            gate = SandboxCheck(self.tenant.id, self._sandboxes)
            install_entry(EntryInstall(case.key), CATALOG, self.caller, work, gate)
        assigned = {each.key: (each, self._assigned(each, case)) for each in self._definitions()}
        definition, assignment = assigned[case.key]
        calendar = self.tenant.company.calendar
        return Place(definition, assignment, calendar.containing(definition.aggregation_period, case.day))

    def _assigned(self, definition: Definition, case: Case) -> Assignment:
        if case.is_of_user:
            return self.tenant.assignment(definition, self._person(MEASURED))
        if definition.rollup is not Rollup.NONE:
            for user in self._people.values():
                self.tenant.assignment(definition, user)
        return self.tenant.assignment(definition)

    def _calculate(self, place: Place) -> None:
        """What POST /runs does, and the worker with its messages, from the first period that a formula looks at."""
        back = [
            min((kpi_input.offset for kpi_input in kpi_inputs(used)), default=0)
            for used in self._definitions()
        ]
        first = self.tenant.company.calendar.shift(place.period, sum(back))
        queue = Queue()
        draft = RunDraft(
            period_start=first.start, period_end=place.period.end, reason="A case of the catalog."
        )
        with self._work() as work:
            start_run(draft, self.caller, work, queue)
        while queue.waiting:
            calculate_batch(queue.waiting.popleft(), self._open_work, self._sources, queue)

    def _measured(self, place: Place) -> dict[str, str]:
        where = {"id": place.assignment.id, "start": place.period.start}
        rows = self.tenant.rows(_MEASUREMENT, **where)
        assert rows, f"It was not measured: {self.tenant.rows(_OUTCOME, **where)}"
        value, reason = rows[0].values()
        return {"no_data": reason} if value is None else {"answer": f"{value:.4f}"}

    def _definitions(self) -> list[Definition]:
        with self._work() as work:
            return work.definitions.all()

    @property
    def _sandboxes(self) -> Sandboxes:
        return Sandboxes(sandbox_logins(self._database))

    def _sources(self, work: UnitOfWork) -> Mapping[str, Source]:
        return {"database": DatabaseValues(self._sandboxes), "records": RecordsValues(session_of(work))}

    def _work(self) -> DatabaseWork:
        return self.tenant.work(actor_id=self.caller.user_id)

    @contextmanager
    def _open_work(self, company_id: int) -> Iterator[UnitOfWork]:
        assert company_id == self.tenant.id
        with self._work() as work:
            yield work
