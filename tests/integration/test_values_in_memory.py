"""The stores in memory that unit tests use do with assignments and values what the database does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lodestar.application.assignments.ports import StoredTarget
from lodestar.application.values.ports import ValueWork
from lodestar.application.workflows.importing import import_values
from lodestar.domain.assignments import Assignment
from lodestar.domain.measurements import EnteredMeasurement, SlotKey
from lodestar.domain.targets import DatedTarget, Target
from lodestar.persistence.unit_of_work import WorkContext
from tests.fakes.firm import NOW, Firm, point
from tests.integration.bulk import asked_by, caller_of
from tests.integration.tenants import new_tenant

DAYS = [date(2026, 3, day) for day in (8, 9, 10)]
FIRST, MARCH_END = date(2026, 3, 1), date(2026, 3, 31)
values = st.decimals(0, 12, places=1)
lines = st.dictionaries(
    st.tuples(st.sampled_from(["una", "ugo", ""]), st.sampled_from(DAYS)),
    st.tuples(values, st.sampled_from(["", "a note"])),
    max_size=6,
)
in_one_database = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)


def csv_of(people: dict[str, object], rows: dict[tuple[str, date], tuple[Decimal, str]]) -> str:
    text = [
        f"calls,{people[who]},{day},{value},{notes}" for (who, day), (value, notes) in sorted(rows.items())
    ]
    return "\n".join(["kpi,user,period_start,value,notes", *text])


def stored(work: ValueWork, assignments: Sequence[Assignment]) -> list[Any]:
    keys = [SlotKey(assignment.id, day, day) for assignment in assignments for day in DAYS]
    found = work.values.stored_measurements(keys)
    return [found.get(key) for key in keys]


@given(lines, lines)
@in_one_database
def test_files_of_values_leave_the_same_behind(context: WorkContext, first: Any, second: Any) -> None:
    tenant, firm = new_tenant(context), Firm()
    admin = tenant.user(role="admin")
    rows: list[Any] = []
    for company in (tenant, firm):
        una, ugo = company.user(), company.user()
        calls = company.definition(key="calls")
        given = [
            company.assignment(calls, una, target=point(10)),
            company.assignment(calls, ugo),
            company.assignment(calls, target=point(5)),
        ]
        rows.append((given, {"una": una, "ugo": ugo, "": ""}))
    (in_database, real_people), (in_memory, people) = rows
    for file in (first, second):
        with tenant.work(actor_id=admin) as work:
            done = import_values(
                csv_of(real_people, file), asked_by(caller_of(tenant, admin), work), dry_run=False
            )
        told = import_values(csv_of(people, file), firm.context(), dry_run=False)
        assert [row.model_dump(exclude={"user"}) for row in told.rows] == [
            row.model_dump(exclude={"user"}) for row in done.rows
        ]
        with tenant.work() as work:
            assert stored(firm.work, in_memory) == stored(work, in_database)


facts = st.lists(
    st.fixed_dictionaries(
        {
            "source": st.sampled_from(["crm", "shop"]),
            "external_id": st.sampled_from("12"),
            "occurred_at": st.sampled_from([datetime(2026, 3, day, tzinfo=UTC) for day in (7, 8, 9)]),
            "user_id": st.none(),
            "value": st.sampled_from([None, Decimal(1)]),
            "attributes": st.sampled_from([{}, {"kind": "a"}]),
        }
    ),
    max_size=4,
    unique_by=lambda row: (row["source"], row["external_id"]),
)
SINCE = {"crm": datetime(2026, 3, 8, tzinfo=UTC)}


@given(st.lists(facts, max_size=4))
@in_one_database
def test_facts_are_written_and_told_about_the_same(context: WorkContext, calls: Any) -> None:
    tenant, firm = new_tenant(context), Firm()
    for rows in calls:
        with tenant.work() as work:
            written = work.values.upsert_records(rows, SINCE)
            work.commit()
        assert written == firm.values.upsert_records(rows, SINCE)


steps = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(["3", "4"]),
        st.integers(0, 2),
        st.booleans(),
        st.sampled_from([10, 20]),
        st.sampled_from([1, 2]),
        st.booleans(),
    ),
    max_size=6,
)


@given(steps)
@example(
    [(False, "3", 0, False, 10, 1, False), (False, "3", 0, False, 10, 2, False)]
)  # the same by another version
@example(
    [(False, "3", 0, False, 10, 1, False), (True, "3", 0, False, 10, 1, False)]
)  # the same, now by a person
@in_one_database
def test_what_is_calculated_and_entered_takes_the_same_turns(context: WorkContext, taken: Any) -> None:
    tenant, firm = new_tenant(context), Firm()
    author = tenant.user()
    kpi = tenant.definition()
    given = tenant.assignment(kpi, author)

    for is_entered, value, hours, is_open, target, version, is_kept in taken:
        definition = replace(kpi, version=version)
        row = tenant.measurement(
            given, definition, DAYS[0], value, is_open=is_open, target=point(target), is_entered=is_kept
        )
        at = NOW.replace(hour=NOW.hour + hours)
        with tenant.work(actor_id=author) as work:
            if is_entered:
                told = firm.values.enter([EnteredMeasurement(row)], at)
                assert told == work.values.enter([EnteredMeasurement(row)], at)
            else:
                told = firm.values.write_measurements([row], at, None)
                assert told == work.values.write_measurements([row], at, None)
            work.commit()
        with tenant.work() as work:
            assert stored(firm.work, [given]) == stored(work, [given])


def days_of(dated: tuple[str, int, int, int]) -> tuple[str, int, int]:
    """Whose a target is, and its first and last day, as far as March has it."""
    whose, first, days, _ = dated
    return whose, first, min(31, first + days)


ranges = st.lists(
    st.tuples(st.sampled_from(["own", "company"]), st.integers(1, 28), st.integers(0, 9), st.integers(1, 9)),
    max_size=4,
    unique_by=days_of,
)


@given(ranges, st.none() | st.integers(1, 9))
@in_one_database
def test_targets_are_found_alike(context: WorkContext, taken: Any, default: int | None) -> None:
    tenant, firm = new_tenant(context), Firm()
    found = []
    for company in (tenant, firm):
        kpi = company.definition()
        target = None if default is None else point(default)
        of_company = company.assignment(kpi, target=target)
        own = company.assignment(kpi, company.user(), target=target)
        work = tenant.work() if company is tenant else firm.work
        with work:
            for whose, day, days, value in taken:
                first = FIRST.replace(day=day)
                last = min(first.replace(day=min(31, day + days)), MARCH_END)
                dated = DatedTarget(Target.point(Decimal(value)), first, last, NOW)
                if whose == "company":
                    work.assignments.add_company_target(kpi.id, dated, "")
                else:
                    work.assignments.add_targets(kpi.id, [StoredTarget(0, own.id, dated, "")])
            assignments = [own, of_company]
            own_targets = work.assignments.own_targets(assignments)
            company_targets = work.assignments.company_targets({kpi.id})
            found.append(
                [
                    (targets.assignment.terms, set(targets.dated))
                    for targets in [
                        *(own_targets[assignment.id] for assignment in assignments),
                        company_targets[kpi.id],
                    ]
                ]
            )
            work.commit()
    assert found[0] == found[1]
