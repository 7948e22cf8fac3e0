"""Values from a CSV file, row by row: what would change, what is refused by which cell, and who may."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest

from lodestar.application.caller import Caller
from lodestar.application.values.shapes import GroupValue
from lodestar.application.workflows.entering import enter_group_value
from lodestar.application.workflows.importing import MAX_SHOWN_CHARACTERS, import_values
from lodestar.application.workflows.shapes import ImportView
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition, Rollup, TargetType
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import InvalidContent, TooLarge
from lodestar.domain.sources import AggregationMethod, EnteredBy, ManualSource, RecordsSource
from lodestar.domain.targets import Target
from lodestar.domain.versions import VersionStart
from tests.fakes.firm import NOBODY, Firm, point

HEADER = "kpi,user,period_start,period_end,value,notes"


@dataclass(frozen=True)
class Office:
    """A company whose people enter values: daily calls, weekly quality with its rules, the company's sales."""

    firm: Firm
    una: int
    ugo: int
    sales: Definition
    una_calls: Assignment
    company_sales: Assignment

    def run(self, text: str, *, dry_run: bool = False, caller: Caller | None = None) -> ImportView:
        return import_values(text, self.firm.context(caller), dry_run=dry_run)

    def values(self) -> list[Decimal | None]:
        return [slot.entered.measurement.value for slot in self.firm.values.stored.values()]


@pytest.fixture
def office() -> Office:
    firm = Firm()
    team = firm.team()
    una, ugo = firm.user(team_id=team), firm.user()
    calls = firm.definition(key="calls")
    rules = ManualSource(Decimal(1), Decimal(5), EnteredBy.USER, requires_note_below=Decimal(2))
    quality = firm.definition(
        key="quality",
        data_source=rules,
        aggregation_period=Cadence.WEEKLY,
        target_type=TargetType.RANGE,
    )
    sales = firm.definition(key="sales", aggregation_period=Cadence.MONTHLY)
    firm.definition(key="pushed", data_source=RecordsSource("s", AggregationMethod.COUNT))
    firm.definition(key="spare")
    una_calls = firm.assignment(calls, una, target=point(10))
    firm.assignment(calls, ugo, weight=Decimal(2))
    firm.assignment(quality, una, target=Target(Decimal(3), Decimal(4)))
    return Office(firm, una, ugo, sales, una_calls, firm.assignment(sales, target=point(1000)))


def csv_of(rows: Iterable[Iterable[object]], header: str = HEADER, delimiter: str = ",") -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, delimiter=delimiter)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


def outcomes(view: ImportView) -> list[tuple[int, str]]:
    return [(row.line, row.outcome) for row in view.rows]


def refusals(view: ImportView) -> list[tuple[str | None, str | None]]:
    return [(row.field, row.code) for row in view.rows]


def test_a_file_enters_no_value_of_the_company_that_is_made_of_peoples(office: Office) -> None:
    sold = office.firm.definition(key="sold", rollup=Rollup.SUM)
    office.firm.assignment(sold)
    office.firm.assignment(sold, office.una)
    view = office.run(
        csv_of([("sold", "", "2026-03-09", "", "9.5", ""), ("sold", office.una, "2026-03-09", "", "9.5", "")])
    )
    company, una = view.rows
    assert (company.outcome, company.field, company.code) == ("error", "value", "invalid_content")
    assert "made of people's" in (company.error or "")
    assert una.outcome == "created"


def test_a_file_enters_values_of_people_and_of_the_company(office: Office) -> None:
    view = office.run(
        csv_of(
            [
                ("calls", office.firm.email(office.una).upper(), "2026-03-09", "", "9.5", "Monday"),
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
    assert office.values() == [Decimal("9.5"), 7, Decimal("3.25"), 1200]
    assert office.firm.work.commits == 1


def test_the_same_file_again_changes_nothing_and_another_value_is_a_correction(office: Office) -> None:
    rows = [("calls", office.una, "2026-03-08", "", 9, "n"), ("calls", office.una, "2026-03-09", "", 8, "")]
    office.run(csv_of(rows))
    before = office.firm.state()
    assert outcomes(office.run(csv_of(rows))) == [(2, "unchanged"), (3, "unchanged")]
    assert office.firm.state() == before
    view = office.run(csv_of([("calls", office.una, "2026-03-08", "", 10, "counted again"), rows[1]]))
    assert outcomes(view) == [(2, "corrected"), (3, "unchanged")]
    (corrected, _) = view.rows
    assert corrected.before is not None
    assert corrected.after is not None
    assert (corrected.before.value, corrected.before.notes) == (9, "n")
    assert (corrected.after.value, corrected.after.notes) == (10, "counted again")
    assert len(office.firm.work.audit.entries) == 3


def test_another_target_in_the_meantime_counts_for_the_running_period_and_for_no_closed_one(
    office: Office,
) -> None:
    rows = [("calls", office.una, day, "", 9, "") for day in ("2026-03-08", "2026-03-10")]
    office.run(csv_of(rows))
    changed = replace(office.una_calls.terms[0], target=point(12))
    office.firm.assignments.save_terms({office.una_calls.id: (changed,)})
    closed, running = office.run(csv_of(rows), dry_run=True).rows
    assert (closed.outcome, running.outcome) == ("unchanged", "corrected")
    assert running.before is not None
    assert running.after is not None
    assert (running.before.target_value, running.after.target_value) == (10, 12)


def test_a_file_without_a_column_of_notes_keeps_them_and_one_with_an_empty_cell_takes_them_away(
    office: Office,
) -> None:
    office.run(csv_of([("calls", office.una, "2026-03-08", "", 9, "by hand")]))
    silent = f"kpi,user,period_start,value\ncalls,{office.una},2026-03-08,9\n"
    assert outcomes(office.run(silent)) == [(2, "unchanged")]
    (row,) = office.run(silent.replace(",9", ",8")).rows
    assert row.after is not None
    assert (row.outcome, row.after.value, row.after.notes) == ("corrected", 8, "by hand")
    (row,) = office.run(csv_of([("calls", office.una, "2026-03-08", "", 8, "")])).rows
    assert row.after is not None
    assert (row.outcome, row.after.notes) == ("corrected", "")


def test_a_row_that_cannot_stand_tells_its_field_and_stops_no_other(office: Office) -> None:
    una, stranger = office.una, NOBODY + 1
    view = office.run(
        csv_of(
            [
                ("calls", una, "2026-03-01", "", 9, ""),
                ("fax", una, "2026-03-01", "", 9, ""),
                ("calls", "nobody@example.com", "2026-03-01", "", 9, ""),
                ("calls", "stranger@elsewhere.test", "2026-03-01", "", 9, ""),
                ("calls", stranger, "2026-03-01", "", 9, ""),
                ("calls", "9" * 30, "2026-03-01", "", 9, ""),
                ("pushed", una, "2026-03-01", "", 9, ""),
                ("spare", una, "2026-03-01", "", 9, ""),
                ("quality", una, "2026-03-02", "2026-03-07", 3, ""),
                ("calls", una, "2026-03-11", "", 9, ""),
                ("calls", una, "2024-12-31", "", 9, ""),
                ("quality", una, "2026-03-02", "", 6, ""),
                ("quality", una, "2026-02-23", "", 1.5, ""),
                ("calls", una, "2026-03-01", "2026-03-01", 8, ""),
                ("calls", "", "2026-03-01", "", 9, ""),
                ("calls", una, "1.3.2026", "", 9, ""),
                ("calls", una, "2026-02-30", "", 9, ""),
                ("calls", una, "2026-03-02", "soon", 9, ""),
                ("calls", una, "2026-03-02", "", "9,5", ""),
                ("calls", una, "2026-03-02", "", "1e3", ""),
                ("calls", una, "2026-03-02", "", "", ""),
                ("calls", una, "2026-03-02", "", "NaN", ""),
                ("calls", una, "2026-03-02", "", "1.00001", ""),
                ("calls", una, "2026-03-02", "", 9, "a\x00b"),
                ("ca\x00lls", una, "2026-03-02", "", 9, ""),
                ("calls", "\x00@example.com", "2026-03-02", "", 9, ""),
                ("", una, "2026-03-02", "", 9, ""),
                ("calls", una, "2026-03-02", "", 9),
                ("calls", una, "1650-01-01", "", 9, ""),
                ("calls", una, "2026-03-02", "", 9, "x" * 4001),
                ("calls", una, "2026-03-03", "", 7, "the last one"),
            ]
        )
    )
    assert refusals(view) == [
        (None, None),
        ("kpi", "not_found"),
        ("user", "not_found"),
        ("user", "not_found"),
        ("user", "not_found"),
        ("user", "not_found"),
        (None, "invalid_content"),
        (None, "not_assigned"),
        (None, "invalid_request"),
        (None, "invalid_request"),
        (None, "not_assigned"),
        ("value", "invalid_content"),
        ("notes", "invalid_content"),
        (None, "duplicate_row"),
        (None, "not_assigned"),
        ("period_start", "invalid_content"),
        ("period_start", "invalid_content"),
        ("period_end", "invalid_content"),
        ("value", "invalid_content"),
        ("value", "invalid_content"),
        ("value", "invalid_content"),
        ("value", "invalid_content"),
        ("value", "invalid_content"),
        ("notes", "invalid_content"),
        ("kpi", "invalid_content"),
        ("user", "invalid_content"),
        ("kpi", "invalid_content"),
        (None, "invalid_content"),
        (None, "invalid_request"),
        ("notes", "invalid_content"),
        (None, None),
    ]
    assert len({row.error for row in view.rows[2:6]}) == 1
    assert (view.rows[13].error or "").startswith("Line 2 has")
    assert (view.created, view.errors) == (2, len(view.rows) - 2)
    assert office.values() == [9, 7]


def test_a_line_that_turns_the_direction_of_text_is_refused_alone(office: Office) -> None:
    rows = [
        ("calls", office.una, "2026-03-02", "", 9, "paid \u202e100"),
        ("calls", office.una, "2026-03-03", "", 7, "paid"),
    ]
    view = office.run(csv_of(rows))
    assert refusals(view) == [("notes", "invalid_content"), (None, None)]
    assert "turn the direction of a text" in (view.rows[0].error or "")


def test_a_line_that_is_refused_for_its_value_still_takes_its_period(office: Office) -> None:
    rows = [
        ("quality", office.una, "2026-03-02", "", 6, ""),
        ("quality", office.una, "2026-03-02", "", 3, ""),
    ]
    assert refusals(office.run(csv_of(rows))) == [("value", "invalid_content"), (None, "duplicate_row")]


def test_a_refused_row_shows_what_could_be_read_of_it(office: Office) -> None:
    long = "x" * 100
    (row,) = office.run(csv_of([(long, office.una, "2026-03-01", "2026-03-02", 9, "")])).rows
    assert (len(row.kpi), row.kpi[-1], row.user) == (MAX_SHOWN_CHARACTERS, "…", str(office.una))
    assert (row.period_start, row.period_end) == (date(2026, 3, 1), date(2026, 3, 2))
    assert (row.before, row.after) == (None, None)


def test_a_decimal_comma_counts_where_semicolons_separate(office: Office) -> None:
    rows = [
        ("calls", office.una, "2026-03-08", "", "9,5", ""),
        ("calls", office.una, "2026-03-09", "", "8.25", ""),
    ]
    office.run(csv_of(rows, delimiter=";"))
    assert office.values() == [Decimal("9.5"), Decimal("8.25")]


@pytest.mark.parametrize("cell", ["1.234", "-1.234", "+1.234", "1.234.567"])
def test_a_value_that_can_be_read_in_two_ways_is_refused(office: Office, cell: str) -> None:
    view = office.run(csv_of([("calls", office.una, "2026-03-08", "", cell, "")], delimiter=";"))
    assert [(row.field, row.error) for row in view.rows] == [
        ("value", f"value {cell} can be read in two ways: write it without points.")
    ]
    assert office.values() == []


def test_a_file_needs_neither_period_end_nor_notes(office: Office) -> None:
    view = office.run(f"value,period_start,user,kpi\n3,2026-03-08,{office.una},calls\n")
    assert outcomes(view) == [(2, "created")]


@pytest.mark.parametrize(
    ("text", "error"),
    [("kpi,user\n", InvalidContent), (HEADER + "\n" + ",,,,,x\n" * 5001, TooLarge)],
)
def test_a_file_that_is_no_such_table_is_refused_as_a_whole(
    office: Office, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        office.run(text)
    assert office.firm.work.commits == 0


def test_a_dry_run_writes_nothing_and_tells_what_the_import_then_does(office: Office) -> None:
    office.run(csv_of([("calls", office.una, "2026-03-08", "", 9, "")]))
    text = csv_of(
        [
            ("calls", office.una, "2026-03-08", "", 2, "late"),
            ("calls", office.ugo, "2026-03-09", "", 2, ""),
            ("calls", office.una, "2026-03-10", "", 1, ""),
            ("sales", "", "2026-02-14", "", 3, ""),
            ("fax", "", "2026-02-14", "", 3, ""),
        ]
    )
    before, commits = office.firm.state(), office.firm.work.commits
    told = office.run(text, dry_run=True)
    assert (office.firm.state(), office.firm.work.commits) == (before, commits)
    done = office.run(text)
    assert office.firm.state() != before
    assert told.dry_run
    assert not done.dry_run
    assert told.model_dump(exclude={"dry_run"}) == done.model_dump(exclude={"dry_run"})


def test_each_row_needs_the_right_to_enter_it(office: Office) -> None:
    firm, una, ugo = office.firm, office.una, office.ugo
    team = firm.people.users[una].memberships.team_on(firm.people.today)
    text = csv_of(
        [
            ("calls", una, "2026-03-08", "", 9, ""),
            ("quality", una, "2026-03-02", "", 3, ""),
            ("calls", ugo, "2026-03-08", "", 9, ""),
            ("sales", "", "2026-02-01", "", 9, ""),
        ]
    )
    granted = {office.sales.id: Grant(can_view=True, can_edit=True)}
    callers = {
        "admin": firm.caller(),
        "manager": firm.caller(firm.user(), Role.MANAGER, managed_team_ids=frozenset({team})),
        "una": firm.caller(una, Role.USER, team_id=team),
        "ugo": firm.caller(ugo, Role.USER),
        "granted": firm.caller(ugo, Role.USER, grants=granted),
    }
    may = {
        name: [row.code is None for row in office.run(text, dry_run=True, caller=caller).rows]
        for name, caller in callers.items()
    }
    assert may == {
        "admin": [True, True, True, True],
        "manager": [True, True, False, False],
        "una": [False, True, False, False],
        "ugo": [False, False, False, False],
        "granted": [False, False, False, True],
    }


def test_who_may_not_enter_a_value_is_refused_in_the_words_of_a_single_value(office: Office) -> None:
    una = office.una
    rows = [
        ("calls", una, "2026-03-08", "", 9, ""),
        ("calls", office.ugo, "2026-03-08", "", 9, ""),
        ("sales", "", "2026-02-01", "", 9, ""),
    ]
    view = office.run(csv_of(rows), caller=office.firm.caller(una, Role.USER))
    assert [row.code for row in view.rows] == ["forbidden"] * 3
    assert [row.error for row in view.rows] == [
        "Only the manager of this person and admins can enter this value.",
        "Only this person, their manager and admins can see these KPIs.",
        '"KPI" is locked for you: ask an admin for a grant on it, or for a role that sees custom KPIs.',
    ]


def test_of_a_retired_kpi_values_of_the_periods_that_ended_before_can_still_be_sent(office: Office) -> None:
    office.firm.retire(office.sales)
    view = office.run(csv_of([("sales", "", f"2026-0{month}-01", "", 9, "") for month in (2, 3)]))
    closed, running = view.rows
    assert (closed.outcome, running.code) == ("created", "invalid_request")
    assert running.error == "The KPI was retired on 2026-03-10: choose a period that ended before."


def test_an_assignment_without_terms_takes_no_value_from_a_file(office: Office) -> None:
    spare = next(kpi for kpi in office.firm.definitions.all() if kpi.key == "spare")
    office.firm.assignments.save_terms({office.firm.assignment(spare, office.una).id: ()})
    (row,) = office.run(csv_of([("spare", office.una, "2026-03-01", "", 9, "")])).rows
    assert row.error == (
        'This user does not have the KPI "spare" in 2026-03-01..2026-03-01: assign it first.'
    )


def test_meta_data_that_came_with_a_value_survives_a_correction_from_a_file(office: Office) -> None:
    facts = {"value": 5, "period_date": "2026-02-03", "meta_data": {"shop": "Ulm", "share": Decimal("0.1")}}
    firm = office.firm
    enter_group_value(office.sales.id, GroupValue.model_validate(facts), firm.context())
    office.run(csv_of([("sales", "", "2026-02-01", "", 6, "")]))
    entered = firm.values.stored[
        SlotKey(office.company_sales.id, date(2026, 2, 1), date(2026, 2, 28))
    ].entered
    assert (entered.measurement.value, entered.meta_data["shop"]) == (6, "Ulm")


def test_each_line_is_checked_by_the_rules_of_its_period_and_what_is_there_already_is_never_refused(
    office: Office,
) -> None:
    una, calls = office.firm.email(office.una), office.firm.definitions.stored[office.una_calls.definition_id]
    office.run(csv_of([("calls", una, "2026-03-09", "", "9", ""), ("calls", una, "2026-03-10", "", "9", "")]))
    after = calls.changed_to(replace(calls, data_source=ManualSource(Decimal(50), Decimal(90))))
    office.firm.definitions.save(after, VersionStart(date(2026, 3, 10)))
    days = [f"2026-03-{day}" for day in ("08", "09", "10", "10")]
    again = [
        ("calls", una, day, "", value, "") for day, value in zip(days, ("8", "9", "9", "8"), strict=True)
    ]
    assert outcomes(office.run(csv_of(again[:3]), dry_run=True)) == [
        (2, "created"),
        (3, "unchanged"),
        (4, "unchanged"),
    ]
    view = office.run(csv_of(again[3:]))
    assert (refusals(view), view.rows[0].error) == (
        [("value", "invalid_content")],
        "value must lie in the allowed_range of 50 to 90.",
    )


def test_lines_of_a_kpi_that_is_calculated_now_correct_what_was_entered_before(office: Office) -> None:
    una, calls = office.firm.email(office.una), office.firm.definitions.stored[office.una_calls.definition_id]
    after = calls.changed_to(replace(calls, data_source=RecordsSource("s", AggregationMethod.COUNT)))
    office.firm.definitions.save(after, VersionStart(date(2026, 3, 10)))
    view = office.run(csv_of([("calls", una, f"2026-03-{day}", "", "8", "") for day in ("09", "10")]))
    assert outcomes(view) == [(2, "created"), (3, "error")]
