"""Values from a CSV file in SQL: as many values entered one by one leave the same behind."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lodestar.application.caller import Caller
from lodestar.application.values.shapes import EnteredValue, GroupValue
from lodestar.application.workflows.entering import enter_group_value, enter_value
from lodestar.application.workflows.importing import import_values
from lodestar.application.workflows.shapes import ImportView
from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel
from lodestar.domain.assignments import Assignment, SubjectType, UserKpiIds
from lodestar.domain.definitions import Definition, MissingData, TargetType
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.refusals import LodestarError, TooLarge
from lodestar.domain.sources import EnteredBy, ManualSource
from lodestar.domain.targets import Target
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.wire.limits import MAX_CSV_ROWS
from tests.integration.bulk import asked_by, caller_of, digest, statements
from tests.integration.tenants import NOW, Tenant, new_tenant, point, user_days
from tests.shared_data import hostile_cases, needs_shared

LARGEST_PAYLOAD = 6 * 1024 * 1024
"""Bytes that a function may answer."""
HEADER = "kpi,user,period_start,period_end,value,notes"
in_one_database = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)


@dataclass(frozen=True)
class Office:
    """A company whose people enter values: daily calls, weekly quality with its rules, the company's sales."""

    tenant: Tenant
    admin: int
    una: int
    ugo: int
    calls: Definition
    quality: Definition
    sales: Definition
    assignments: Mapping[str, Assignment]

    def run(self, text: str, *, dry_run: bool = False, caller: Caller | None = None) -> ImportView:
        caller = caller or caller_of(self.tenant, self.admin)
        with self.tenant.work(actor_id=caller.user_id) as work:
            return import_values(text, asked_by(caller, work), dry_run=dry_run)

    def email(self, user_id: int) -> str:
        (row,) = self.tenant.rows(
            "select email from lodestar.users where company_id = :company and id = :id", id=user_id
        )
        return str(row["email"])

    def kept(self) -> dict[str, list[Any]]:
        """All that values leave behind, with words for the ids that differ between companies."""
        names = {each.id: name for name, each in self.assignments.items()}
        people = {self.una: "una", self.ugo: "ugo", self.admin: "ada"}
        return {
            "measurements": self._rows(
                "select assignment_id, period_start, period_end, value, target_low, target_origin, "
                "achievement, status, state, revision, notes, entered_by from lodestar.measurements",
                names,
                people,
            ),
            "revisions": self._rows(
                "select assignment_id, period_start, revision, value, achievement, notes, reason, "
                "author_id as entered_by from lodestar.revisions",
                names,
                people,
            ),
            "snapshots": self._rows(
                "select user_id, on_date, score, coverage from lodestar.snapshots", names, people
            ),
            "alerts": self._rows(
                "select assignment_id, state, severity, text, value, period_start from lodestar.alerts",
                names,
                people,
            ),
            "memory": self._rows(
                "select assignment_id, state, hits, period_start, revision from lodestar.alert_states",
                names,
                people,
            ),
            "outbox": self._rows(
                "select channel, subject, body->>'value' as value from lodestar.notifications", names, people
            ),
            "audit": self._rows(
                "select action, object_type, object_id as assignment_id, before, after from lodestar.audit",
                names,
                people,
            ),
        }

    def _rows(self, sql: str, names: Mapping[int, str], people: Mapping[int, str]) -> list[Any]:
        rows = []
        for row in self.tenant.rows(f"{sql} where company_id = :company"):
            told = dict(row)
            if "assignment_id" in told:
                told["assignment_id"] = names[told["assignment_id"]]
            for who in ("user_id", "entered_by"):
                if who in told:
                    told[who] = people[told[who]]
            rows.append(told)
        return sorted(rows, key=repr)


def office_in(tenant: Tenant) -> Office:
    admin, una, ugo = tenant.user(role="admin"), tenant.user(), tenant.user()
    calls = tenant.definition(key="calls", missing_data=MissingData.CARRY)
    rules = ManualSource(Decimal(1), Decimal(5), EnteredBy.USER, requires_note_below=Decimal(2))
    quality = tenant.definition(
        key="quality",
        data_source=rules,
        aggregation_period=Cadence.WEEKLY,
        target_type=TargetType.RANGE,
    )
    sales = tenant.definition(key="sales", aggregation_period=Cadence.MONTHLY)
    assignments = {
        "una's calls": tenant.assignment(calls, una, target=point(10)),
        "ugo's calls": tenant.assignment(calls, ugo, weight=Decimal(2)),
        "una's quality": tenant.assignment(quality, una, target=Target(Decimal(3), Decimal(4))),
        "sales": tenant.assignment(sales, target=point(1000)),
    }
    with tenant.work() as work:
        for definition in (calls, sales):
            rule = AlertRule(
                id=0,
                definition_id=definition.id,
                alert_type=AlertType.BELOW_TARGET,
                threshold_percentage=Decimal(20),
                recovery_percentage=None,
                consecutive_periods=1,
                severity=None,
                channels=(NotificationChannel.SLACK, NotificationChannel.DASHBOARD),
                applies_to=(SubjectType.USER, SubjectType.COMPANY),
                evaluate_open=True,
            )
            work.alerts.add_rule(rule, admin, NOW)
        work.commit()
    return Office(tenant, admin, una, ugo, calls, quality, sales, assignments)


@pytest.fixture
def office(tenant: Tenant) -> Office:
    return office_in(tenant)


def csv_of(rows: Iterable[Iterable[object]], header: str = HEADER, delimiter: str = ",") -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, delimiter=delimiter)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


def outcomes(view: ImportView) -> list[tuple[int, str]]:
    return [(row.line, row.outcome) for row in view.rows]


def test_a_file_enters_values_of_people_and_of_the_company(office: Office) -> None:
    view = office.run(
        csv_of(
            [
                ("calls", office.email(office.una).upper(), "2026-03-09", "", "9.5", 'Monday, with "fax"'),
                ("calls", office.ugo, "2026-03-09", "2026-03-09", "+7", ""),
                ("quality", office.una, "2026-03-04", "", "3.25", ""),
                ("sales", "", "2026-02-01", "2026-02-28", "1200.00", ""),
            ]
        )
    )
    assert (view.created, view.corrected, view.unchanged, view.errors) == (4, 0, 0, 0)
    una, _, quality, sales = view.rows
    assert una.after is not None
    assert (una.after.value, una.after.achievement_percentage, una.after.status) == (
        Decimal("9.5"),
        95,
        "on_track",
    )
    assert (una.before, una.kpi, una.line) == (None, "calls", 2)
    assert (quality.period_start, quality.period_end) == (date(2026, 3, 2), date(2026, 3, 8))
    assert quality.after is not None
    assert quality.after.model_dump(mode="json")["target_value"] == {"min": 3, "max": 4}
    assert (sales.user, sales.period_end) == ("", date(2026, 2, 28))
    measured = {
        (each["assignment_id"], each["period_start"]): (each["value"], each["notes"], each["entered_by"])
        for each in office.kept()["measurements"]
    }
    assert measured == {
        ("una's calls", date(2026, 3, 9)): (Decimal("9.5"), 'Monday, with "fax"', "ada"),
        ("ugo's calls", date(2026, 3, 9)): (7, "", "ada"),
        ("una's quality", date(2026, 3, 2)): (Decimal("3.25"), "", "ada"),
        ("sales", date(2026, 2, 1)): (1200, "", "ada"),
    }


def test_the_same_file_again_changes_nothing_and_another_value_is_a_correction(office: Office) -> None:
    rows = [("calls", office.una, "2026-03-08", "", 9, "n"), ("calls", office.una, "2026-03-09", "", 8, "")]
    office.run(csv_of(rows))
    before = digest(office.tenant)
    assert outcomes(office.run(csv_of(rows))) == [(2, "unchanged"), (3, "unchanged")]
    assert digest(office.tenant) == before
    view = office.run(csv_of([("calls", office.una, "2026-03-08", "", 10, "counted again"), rows[1]]))
    assert outcomes(view) == [(2, "corrected"), (3, "unchanged")]
    (corrected, _) = view.rows
    assert corrected.before is not None
    assert corrected.after is not None
    assert (corrected.before.value, corrected.before.notes) == (9, "n")
    assert (corrected.after.value, corrected.after.notes) == (10, "counted again")
    (revision,) = office.kept()["revisions"]
    assert (revision["value"], revision["notes"], revision["reason"]) == (9, "n", "corrected")
    assert len(office.kept()["audit"]) == 3


def test_each_closed_day_of_a_person_leaves_the_score_that_a_calculation_would_leave(office: Office) -> None:
    office.run(
        csv_of(
            [
                ("calls", office.una, "2026-03-08", "", 5, ""),
                ("quality", office.una, "2026-03-02", "", 3, ""),
                ("calls", office.ugo, "2026-03-09", "", 7, ""),
                ("calls", office.una, "2026-03-10", "", 9, ""),
            ]
        )
    )
    kept = office.kept()["snapshots"]
    assert [(each["user_id"], each["on_date"], each["score"], each["coverage"]) for each in kept] == [
        ("ugo", date(2026, 3, 9), None, 0),
        ("una", date(2026, 3, 8), 75, 100),
    ]
    with office.tenant.work() as work:
        days = [date(2026, 3, 8), date(2026, 3, 9)]
        work.values.write_scores(
            user_days([office.una, office.ugo], days), office.tenant.company.calendar, NOW
        )
        work.commit()
    assert [each for each in kept if each not in office.kept()["snapshots"]] == []


@needs_shared("hostile/csv.json")
def test_hostile_notes_are_kept_as_plain_text(office: Office) -> None:
    payloads = [case["payload"] for case in hostile_cases("csv")]
    days = [
        date(2025, 6, 1).replace(day=number % 28 + 1, month=6 + number // 28)
        for number in range(len(payloads))
    ]
    rows = [("calls", office.una, day, "", 1, payload) for day, payload in zip(days, payloads, strict=True)]
    view = office.run(csv_of(rows))
    stored = {each["period_start"]: each["notes"] for each in office.kept()["measurements"]}
    kept = [day for day, row in zip(days, view.rows, strict=True) if row.outcome == "created"]
    refused = [(each.field, each.code) for each in view.rows if each.outcome != "created"]
    assert set(refused) <= {("notes", "invalid_content")}
    expected = {day: payload.strip() for day, payload in zip(days, payloads, strict=True) if day in kept}
    assert stored == expected


def test_meta_data_that_came_with_a_value_survives_a_correction_from_a_file(office: Office) -> None:
    caller = caller_of(office.tenant, office.admin)
    facts = {"value": 5, "period_date": "2026-02-03", "meta_data": {"shop": "Ulm", "share": Decimal("0.1")}}
    with office.tenant.work(actor_id=office.admin) as work:
        enter_group_value(office.sales.id, GroupValue.model_validate(facts), asked_by(caller, work))
    office.run(csv_of([("sales", "", "2026-02-01", "", 6, "")]))
    (row,) = office.tenant.rows(
        "select value, meta_data from lodestar.measurements where company_id = :company"
    )
    assert (row["value"], row["meta_data"]["shop"]) == (6, "Ulm")


def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    office: Office, context: WorkContext
) -> None:
    def trips(people: int, first: date) -> int:
        rows = []
        for _ in range(people):
            user_id = office.tenant.user()
            office.tenant.assignment(office.calls, user_id, target=point(10))
            rows += [("calls", user_id, first.replace(day=day), "", 3, "") for day in (7, 8, 9, 10)]
        with statements(context) as seen:
            assert office.run(csv_of(rows)).created == 4 * people
        return len(seen)

    assert trips(2, date(2026, 3, 1)) == trips(40, date(2026, 3, 1))


def test_a_file_of_the_most_rows_is_taken_and_its_longest_answer_fits_into_one(office: Office) -> None:
    people = [office.tenant.user(email=f"{'x' * 60}{number}@example.com") for number in range(50)]
    for each in people:
        office.tenant.assignment(office.calls, each, target=point(10))
    days = [date(2025, month, day) for month in range(1, 11) for day in range(1, 11)]
    longest = "\N{MATHEMATICAL FRAKTUR CAPITAL U}" * 100  # four bytes each
    emails = [office.email(person) for person in people]
    rows = [("calls", email, day, "", "99999999999999.1234", longest) for email in emails for day in days]
    assert len(rows) == MAX_CSV_ROWS
    assert office.run(csv_of(rows)).created == MAX_CSV_ROWS
    other = office.run(csv_of([(*row[:5], "other " + longest) for row in rows]), dry_run=True)
    assert other.corrected == MAX_CSV_ROWS
    payload = json.dumps(
        {"body": other.model_dump_json()}, ensure_ascii=False
    )  # as the runtime client sends it
    assert len(payload.encode()) < LARGEST_PAYLOAD
    with pytest.raises(TooLarge):
        office.run(csv_of([*rows, rows[0]]))


values = st.decimals(0, 12, places=1)
entries = st.dictionaries(
    st.sampled_from(
        [
            *(("calls", who, f"2026-03-{day:02}") for who in ("una", "ugo") for day in (1, 7, 8, 9, 10, 11)),
            *(("quality", who, day) for who in ("una", "ugo") for day in ("2026-02-23", "2026-03-02")),
            *(("sales", "", day) for day in ("2026-01-01", "2026-02-01", "2026-03-01")),
        ]
    ),
    st.tuples(values, st.sampled_from(["", "a note"])),
    max_size=12,
)


@given(entries, entries)
@example(
    {("calls", "una", "2026-03-09"): (Decimal(1), "")}, {("calls", "una", "2026-03-09"): (Decimal(12), "")}
)
@in_one_database
def test_a_file_leaves_the_same_behind_as_its_values_entered_one_by_one(
    context: WorkContext, first: Mapping[Any, Any], second: Mapping[Any, Any]
) -> None:
    at_once, one_by_one = (office_in(new_tenant(context)) for _ in range(2))
    for rows in (first, second):
        # As days pass: each score then rests on what came before it, whoever enters it.
        ordered = sorted(rows.items(), key=lambda each: end_of(each[0]))
        view = at_once.run(
            csv_of(
                (kpi, getattr(at_once, who) if who else "", start, "", value, notes)
                for (kpi, who, start), (value, notes) in ordered
            )
        )
        told = [row.error for row in view.rows]
        assert told == [enter(one_by_one, key, *each) for key, each in ordered]
    assert at_once.kept() == one_by_one.kept()


def end_of(key: tuple[str, str, str]) -> date:
    kpi, _, start = key
    cadence = {"calls": Cadence.DAILY, "quality": Cadence.WEEKLY, "sales": Cadence.MONTHLY}[kpi]
    return Calendar("UTC").containing(cadence, date.fromisoformat(start)).end


def enter(office: Office, key: tuple[str, str, str], value: Decimal, notes: str) -> str | None:
    """Enter one value as the single endpoints do; the sentence of a refusal."""
    kpi, who, start = key
    caller = caller_of(office.tenant, office.admin)
    try:
        with office.tenant.work(actor_id=office.admin) as work:
            if not who:
                body = {"value": value, "period_date": start, "notes": notes}
                enter_group_value(office.sales.id, GroupValue.model_validate(body), asked_by(caller, work))
            elif f"{who}'s {kpi}" not in office.assignments:
                period = office.tenant.company.calendar.containing(Cadence.WEEKLY, date.fromisoformat(start))
                return f'This user does not have the KPI "{kpi}" in {period}: assign it first.'
            else:
                entered = EnteredValue.model_validate(
                    {"actual_value": value, "period_start": start, "period_end": end_of(key), "notes": notes}
                )
                assignment = office.assignments[f"{who}'s {kpi}"]
                enter_value(UserKpiIds(getattr(office, who), assignment.id), entered, asked_by(caller, work))
    except LodestarError as error:
        return error.message.replace("actual_value", "value")
    return None
