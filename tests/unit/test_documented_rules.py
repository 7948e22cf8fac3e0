"""The worked examples of docs/rules on time, targets, scores and rounding, computed."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from lodestar.application.calculation.planning import periods_of, plan_batches, reach_of
from lodestar.application.calculation.running import CATCH_UP, MAX_BACKFILL
from lodestar.application.values import csv_files
from lodestar.domain.assignments import THE_COMPANY, Assignment, Subject, Terms
from lodestar.domain.definitions import (
    Category,
    Definition,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.measurements import Slot, Standard, measure
from lodestar.domain.periods import Cadence, Calendar, Period, WeekStart
from lodestar.domain.runs import Batch, MeasuredSubjects, NewRun, RunKind
from lodestar.domain.scoring import achievement, status
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import DatedTarget, Target
from lodestar.domain.targets_in_force import Goal, Targets, target_in_force
from lodestar.domain.trends import trend
from lodestar.domain.values import Value
from lodestar.engine.aggregation import to_stored
from lodestar.engine.forecast import forecast
from tests.oracle.scoring import Part, overall
from tests.oracle.trends import change, direction
from tests.unit.documents import RULES, Row, table

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
NONE = ("–", "none")


def number(cell: str) -> Decimal | None:
    return None if cell in NONE else Decimal(cell)


def target(cell: str) -> Target | None:
    if cell in NONE:
        return None
    low, _, high = cell.partition("..")
    return Target(Decimal(low), Decimal(high or low))


def days(cell: str) -> tuple[date, date]:
    first, last = cell.split("..")
    return date.fromisoformat(first), date.fromisoformat(last)


def dated(cell: str) -> tuple[DatedTarget, ...]:
    """Targets as `50 for 2026-02-01..2026-02-28, 60 for …`."""
    found = re.findall(r"(\S+) for (\S+\.\.[\d-]+)", cell)
    assert found or cell in NONE
    return tuple(
        DatedTarget(Target.point(Decimal(value)), *days(dates), created_at=NOW) for value, dates in found
    )


def shown(value: object) -> str:
    return "none" if value is None else str(value)


# --- time.md


@pytest.mark.parametrize(
    "row",
    table("time.md", "aggregation_period", "week_start", "fiscal_year_start_month", "a day in it", "period"),
)
def test_a_day_lies_in_the_documented_period(row: Row) -> None:
    calendar = Calendar("UTC", WeekStart(row["week_start"]), int(row["fiscal_year_start_month"]))
    day = date.fromisoformat(row["a day in it"])
    assert str(calendar.containing(Cadence(row["aggregation_period"]), day)) == row["period"]


@pytest.mark.parametrize("row", table("time.md", "timezone", "day", "from (UTC)", "until (UTC)", "hours"))
def test_a_day_begins_and_ends_at_the_documented_instants(row: Row) -> None:
    day_is_told(Calendar(row["timezone"]), row)


@pytest.mark.parametrize(
    "row",
    table(
        "time.md",
        "change",
        "effective_from",
        "aggregation_period",
        "last period before",
        "days before",
        "first period after",
        "days after",
    ),
)
def test_a_new_calendar_cuts_periods_as_documented(row: Row) -> None:
    name, value = row["change"].split()
    rules = {name: WeekStart(value) if name == "week_start" else int(value)}
    calendar = Calendar("UTC").changed(date.fromisoformat(row["effective_from"]), rules)
    first = calendar.containing(Cadence(row["aggregation_period"]), date.fromisoformat(row["effective_from"]))
    last = calendar.previous(first)
    assert (str(last), str(first)) == (row["last period before"], row["first period after"])
    assert [f"{period.days} of {period.full_days}" for period in (last, first)] == [
        row["days before"],
        row["days after"],
    ]


@pytest.mark.parametrize("row", table("time.md", "moves to", "day", "from (UTC)", "until (UTC)", "hours"))
def test_a_day_in_a_new_timezone_begins_and_ends_at_the_documented_instants(row: Row) -> None:
    moved = Calendar("Europe/Berlin").changed(date(2026, 3, 11), {"timezone": row["moves to"]})
    day_is_told(moved, row)


def day_is_told(calendar: Calendar, row: Row) -> None:
    start, end = calendar.instants(calendar.containing(Cadence.DAILY, date.fromisoformat(row["day"])))
    assert [f"{instant:%Y-%m-%dT%H:%MZ}" for instant in (start, end)] == [
        row["from (UTC)"],
        row["until (UTC)"],
    ]
    assert (end - start) / timedelta(hours=1) == float(row["hours"])


@pytest.mark.parametrize(
    "row", table("time.md", "timezone", "aggregation_period", "period", "due, local", "due (UTC)")
)
def test_a_period_is_due_at_the_documented_instant(row: Row) -> None:
    calendar = Calendar(row["timezone"])
    period = calendar.period_of(Cadence(row["aggregation_period"]), *days(row["period"]))
    due = calendar.due_at(period)
    assert f"{calendar.local_time(due):%Y-%m-%d %H:%M}" == row["due, local"]
    assert f"{due:%Y-%m-%dT%H:%MZ}" == row["due (UTC)"]


@pytest.mark.parametrize(
    "row", table("time.md", "aggregation_period", "lookback_periods", "planned period", "calculated")
)
def test_a_scheduled_run_looks_back_as_documented(row: Row) -> None:
    first, last = days(row["planned period"])
    cadence, calendar = Cadence(row["aggregation_period"]), Calendar("Europe/Berlin")
    definition = replace(
        DEFINITION,
        aggregation_period=cadence,
        lookback_periods=int(row["lookback_periods"]),
    )
    run = NewRun(RunKind.SCHEDULED, cadence, first, last, "test", NOW)
    (plan,) = plan_batches(run, [definition], MeasuredSubjects((1,), False), calendar)
    batch = Batch(1, 1, 1, RunKind.SCHEDULED, cadence, first, last, NOW, plan)
    found = periods_of(batch, definition, calendar, reach_of(batch.kind, None, [definition]))
    assert ", ".join(str(period.start) for period in found) == row["calculated"]


def test_the_numbers_of_the_time_page_are_those_of_the_code() -> None:
    page = (RULES / "time.md").read_text(encoding="utf-8")
    assert f"looks back {CATCH_UP.days} days" in page
    assert f"at most {MAX_BACKFILL.days:,} days" in page


DEFINITION = Definition(
    id=1,
    key="calls",
    name="Calls",
    description="",
    category=Category.CUSTOM,
    data_source=ManualSource(),
    unit=Unit.COUNT,
    precision=0,
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

# --- targets.md

FEBRUARY = Period(Cadence.MONTHLY, date(2026, 2, 1), date(2026, 2, 28))


@pytest.mark.parametrize(
    "row",
    table(
        "targets.md",
        "own, with dates",
        "own default",
        "company, with dates",
        "company default",
        "adds up",
        "target",
        "because",
    ),
)
def test_the_documented_target_counts(row: Row) -> None:
    own = Assignment(1, 1, Subject(user_id=1), (all_year(row["own default"]),))
    is_for_people = row["adds up"] == "yes, for people"
    adds_up = {"yes": True, "yes, for people": True, "no": False}[row["adds up"]]
    of_company = Assignment(2, 1, THE_COMPANY, (all_year(row["company default"], for_people=is_for_people),))
    goal = Goal(Targets(dated(row["company, with dates"]), of_company), adds_up)
    found = target_in_force(FEBRUARY, Targets(dated(row["own, with dates"]), own), goal)
    assert found == (target(row["target"]), row["because"])


def all_year(default: str, *, for_people: bool = False) -> Terms:
    return Terms(date(2026, 1, 1), date(2026, 12, 31), Decimal(1), target(default), for_people)


@pytest.mark.parametrize("row", table("targets.md", "terms", "target", "days", "partial"))
def test_the_documented_terms_are_those_of_the_month(row: Row) -> None:
    terms = [Terms(each.first, each.last, Decimal(1), each.target) for each in dated(row["terms"])]
    assignment = Assignment(1, 1, Subject(user_id=1), tuple(terms))
    found = target_in_force(FEBRUARY, Targets(assignment=assignment), Goal())[0]
    days_covered = assignment.days_in(FEBRUARY)
    measured = measure(
        Slot(1, DEFINITION, FEBRUARY, is_open=False, is_news=True), Decimal(1), Standard(), days_covered
    )
    assert (found, days_covered) == (target(row["target"]), int(row["days"]))
    assert measured.is_partial is {"yes": True, "no": False}[row["partial"]]


@pytest.mark.parametrize("row", table("targets.md", "there is", "and then", "together"))
def test_ranges_go_together_as_documented(row: Row) -> None:
    one, other = (
        DatedTarget(Target.point(Decimal(1)), *days(row[name]), created_at=NOW)
        for name in ("there is", "and then")
    )
    together = {"yes": True, "no": False}[row["together"]]
    assert one.collides_with(other) is other.collides_with(one) is not together


# --- scores.md


@pytest.mark.parametrize("row", table("scores.md", "target_type", "target", "value", "achievement"))
def test_an_achievement_is_as_documented(row: Row) -> None:
    found = achievement(number(row["value"]), target(row["target"]), TargetType(row["target_type"]))
    assert shown(found) == row["achievement"]


@pytest.mark.parametrize(
    "row",
    table("scores.md", "value", "target", "achievement", "exceeds", "on_track", "needs_attention", "status"),
)
def test_a_status_is_as_documented(row: Row) -> None:
    thresholds = Thresholds(*(Decimal(row[name]) for name in ("exceeds", "on_track", "needs_attention")))
    has = {"yes": True, "no": False}
    assert (
        status(number(row["achievement"]), has[row["value"]], has[row["target"]], thresholds) == row["status"]
    )


@pytest.mark.parametrize("row", table("scores.md", "parts", "score_cap", "score", "coverage"))
def test_a_score_is_as_documented(row: Row) -> None:
    parts = [part(text) for text in row["parts"].split(", ")]
    found = overall(parts, number(row["score_cap"]))
    assert (shown(found.score), shown(found.coverage)) == (row["score"], row["coverage"])


def part(text: str) -> Part:
    """A part as `80 × 2`, `missing × 1` or `zero × 1`."""
    achieved, weight = text.split(" × ")
    known = None if achieved in ("missing", "zero") else Decimal(achieved)
    return Part(Decimal(weight), known, counts_as_zero=achieved == "zero")


@pytest.mark.parametrize(
    "row", table("scores.md", "target_type", "target", "before", "now", "change", "percent", "direction")
)
def test_a_change_is_as_documented(row: Row) -> None:
    found = change(number(row["now"]), number(row["before"]))
    assert found is not None
    assert (shown(found.absolute), shown(found.percent)) == (row["change"], row["percent"])
    assert direction(found, TargetType(row["target_type"]), target(row["target"])) == row["direction"]


def values(cell: str) -> list[Decimal | None]:
    return [number(text) for text in cell.split()]


@pytest.mark.parametrize("row", table("scores.md", "values, oldest first", "percent", "trend"))
def test_a_trend_is_as_documented(row: Row) -> None:
    found = trend(values(row["values, oldest first"]))
    told = (None, None) if found is None else (found.percent, found.label)
    assert tuple(map(shown, told)) == (row["percent"], row["trend"])


@pytest.mark.parametrize("row", table("scores.md", "values, oldest first", "decimals", "forecast"))
def test_a_forecast_is_as_documented(row: Row) -> None:
    found = forecast(values(row["values, oldest first"]), int(row["decimals"]))
    assert shown(found) == row["forecast"]


# --- rounding.md


@pytest.mark.parametrize("row", table("rounding.md", "calculated", "stored"))
def test_a_value_is_stored_as_documented(row: Row) -> None:
    assert told(to_stored(Decimal(row["calculated"]))) == row["stored"]


def told(value: Value) -> str:
    """A value, or the bare reason why there is none."""
    return f"{value:f}" if isinstance(value, Decimal) else value.reason


@pytest.mark.parametrize("row", table("rounding.md", "value", "achievement"))
def test_an_achievement_is_rounded_as_documented(row: Row) -> None:
    aim = Target.point(Decimal(800))
    found = achievement(Decimal(row["value"]), aim, TargetType.HIGHER_BETTER)
    assert shown(found) == row["achievement"]


@pytest.mark.parametrize("row", table("rounding.md", "cells separated by", "cell", "number"))
def test_a_cell_of_a_file_is_read_as_documented(row: Row) -> None:
    has_comma, cell = row["cells separated by"] == ";", row["cell"]
    is_refused = csv_files.can_be_two_numbers(cell, has_decimal_comma=has_comma)
    found = None if is_refused else csv_files.number_in(cell, has_decimal_comma=has_comma)
    assert found == (None if row["number"] == "refused" else Decimal(row["number"]))
