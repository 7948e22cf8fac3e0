"""A company's settings are changed; its calendar from a day on, with care for what was measured before."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import CompanyChange
from lodestar.application.values.ports import DatesInUse
from lodestar.application.workflows.changing_companies import (
    MAX_CALENDAR_VERSIONS,
    SettingsContext,
    change_company,
)
from lodestar.domain.companies import Company, Retention
from lodestar.domain.periods import Cadence, Calendar, Period, WeekStart
from lodestar.domain.permissions import COMPANY_EDIT, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, LodestarError, NotFound
from tests.fakes.calculation import FakeMessages
from tests.fakes.people import ACME, caller_of
from tests.fakes.work import FakeWork, shown

TODAY = date(2026, 3, 4)
"""A Wednesday: of the week from Monday the 2nd, of the quarter from January."""
SUPERUSER = caller_of(Role.SUPERUSER, company_id=99)


@pytest.fixture
def work() -> FakeWork:
    work = FakeWork()
    assert ACME.calendar.local_date(work.now) == TODAY
    return work


def change(work: FakeWork, caller: Caller = SUPERUSER, **fields: Any) -> Company:
    change_company(ACME.id, CompanyChange(**fields), SettingsContext(caller, work, FakeMessages()))
    return work.people.companies[ACME.id]


def effects(work: FakeWork, **fields: Any) -> Any:
    context = SettingsContext(SUPERUSER, work, FakeMessages())
    answer = change_company(ACME.id, CompanyChange(**fields), context)
    return json.loads(shown(answer.text)[1]["calendar_effects"] or "null")


def versions(company: Company) -> list[str]:
    return [f"{each.effective_from} {each.rules.timezone}" for each in company.calendar.versions]


# What is changed, and by whom


def test_a_company_is_changed_in_what_is_named(work: FakeWork) -> None:
    assert change(work, name="Changed", score_cap=120) == replace(
        ACME, name="Changed", score_cap=Decimal(120)
    )
    assert change(work, score_cap=None, currency="USD", name=None) == replace(
        ACME, name="Changed", currency="USD"
    )
    first, last = work.audit.entries
    assert (first.action, first.about.type, first.about.id) == ("company.changed", "company", ACME.id)
    assert (first.before["name"], first.after["name"]) == ("Acme", "Changed")
    assert last.after == {
        "name": "Changed",
        "calendars": [
            {
                "effective_from": date(1900, 1, 1),
                "timezone": "Europe/Berlin",
                "week_start": "monday",
                "fiscal_year_start_month": 1,
            }
        ],
        "currency": "USD",
        "score_cap": None,
        "min_group_size": 3,
        "retention": {"outcome_days": 35, "answer_days": 30},
    }


def test_a_company_says_for_how_long_it_keeps_what_it_can_do_without(work: FakeWork) -> None:
    change(work, retention={"outcome_days": 90})
    assert work.operations.kept == Retention(outcome_days=90)
    change(work, retention={"answer_days": 7})
    assert work.operations.kept == Retention(90, 7)
    (_, last) = work.audit.entries
    assert (last.before["retention"], last.after["retention"]) == (
        {"outcome_days": 90, "answer_days": 30},
        {"outcome_days": 90, "answer_days": 7},
    )
    change(work, retention={"answer_days": 7})
    assert len(work.audit.entries) == 2


@pytest.mark.parametrize(
    ("field", "days", "rule"),
    [
        ("outcome_days", 6, "greater than or equal to 7"),
        ("outcome_days", 3661, "less than or equal to 3660"),
        ("answer_days", 0, "greater than or equal to 1"),
        ("answer_days", 367, "less than or equal to 366"),
    ],
)
def test_nothing_is_kept_shorter_or_longer_than_makes_sense(field: str, days: int, rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        CompanyChange.model_validate({"retention": {field: days}})


def test_a_change_that_changes_nothing_is_no_entry_in_the_log(work: FakeWork) -> None:
    change(work)
    change(work, name="Acme", timezone="Europe/Berlin", effective_from=TODAY)
    assert (work.audit.entries, work.commits) == ([], 2)


@pytest.mark.parametrize(
    ("caller", "fields", "refusal"),
    [
        (caller_of(Role.USER), {"currency": "USD"}, Forbidden(f"This needs the permission {COMPANY_EDIT}")),
        (caller_of(Role.MANAGER), {}, Forbidden("This needs")),
        (caller_of(Role.ADMIN), {"name": "Mine"}, Forbidden("Only a superuser")),
        (caller_of("own", [COMPANY_EDIT]), {"name": "Mine"}, Forbidden("Only a superuser")),
        (caller_of(Role.ADMIN, company_id=2), {"currency": "USD"}, NotFound("There is no such company.")),
    ],
)
def test_who_may_not_change_a_company_is_told_so(
    work: FakeWork, caller: Caller, fields: dict[str, Any], refusal: LodestarError
) -> None:
    with pytest.raises(type(refusal), match=refusal.message):
        change(work, caller, **fields)
    assert (work.people.companies[ACME.id], work.commits) == (ACME, 0)


@pytest.mark.parametrize("caller", [caller_of(Role.ADMIN), caller_of("own", [COMPANY_EDIT])])
def test_the_companys_own_admins_change_all_but_its_name(work: FakeWork, caller: Caller) -> None:
    changed = change(work, caller, name="Acme", currency="USD", timezone="Asia/Tokyo")
    assert (changed.currency, versions(changed)[1:]) == ("USD", ["2026-03-05 Asia/Tokyo"])


# From when a calendar counts


@pytest.mark.parametrize(
    ("fields", "first_day"),
    [
        ({"timezone": "Asia/Tokyo"}, "2026-03-05"),
        ({"week_start": "sunday"}, "2026-03-08"),
        ({"fiscal_year_start_month": 2}, "2026-05-01"),
        ({"fiscal_year_start_month": 3}, "2026-06-01"),
        ({"fiscal_year_start_month": 4}, "2026-04-01"),
        ({"week_start": "sunday", "effective_from": date(2026, 3, 11)}, "2026-03-11"),
        ({"timezone": "Asia/Tokyo", "effective_from": date(2026, 1, 1)}, "2026-01-01"),
    ],
    ids=str,
)
def test_a_change_counts_from_the_next_period_that_it_makes_or_from_the_day_that_is_named(
    work: FakeWork, fields: dict[str, Any], first_day: str
) -> None:
    _, version = change(work, **fields).calendar.versions
    assert str(version.effective_from) == first_day


def test_each_of_several_changes_has_a_first_day_of_its_own(work: FakeWork) -> None:
    changed = change(work, timezone="Asia/Tokyo", week_start="sunday")
    assert changed.calendar == (
        ACME.calendar.changed(date(2026, 3, 5), {"timezone": "Asia/Tokyo"}).changed(
            date(2026, 3, 8), {"week_start": WeekStart.SUNDAY}
        )
    )


def test_what_is_planned_of_a_rule_is_one_change_that_can_be_moved_and_taken_back(work: FakeWork) -> None:
    assert versions(change(work, timezone="Asia/Tokyo", effective_from=date(2026, 6, 1)))[1:] == [
        "2026-06-01 Asia/Tokyo"
    ]
    assert versions(change(work, timezone="Asia/Seoul", effective_from=date(2026, 6, 1)))[1:] == [
        "2026-06-01 Asia/Seoul"
    ]
    assert versions(change(work, timezone="Asia/Seoul", effective_from=date(2026, 7, 1)))[1:] == [
        "2026-07-01 Asia/Seoul"
    ]
    change(work, week_start="sunday")
    assert versions(change(work, timezone="Europe/Berlin"))[1:] == ["2026-03-08 Europe/Berlin"]
    assert change(work, week_start="monday").calendar == ACME.calendar


def test_today_is_a_day_of_the_company(work: FakeWork) -> None:
    work.people.companies[ACME.id] = replace(ACME, calendar=Calendar("Pacific/Kiritimati"))
    assert versions(change(work, timezone="UTC"))[1:] == ["2026-03-06 UTC"]


def test_a_first_day_of_nothing_is_refused(work: FakeWork) -> None:
    with pytest.raises(
        InvalidContent, match="fiscal_year_start_month, timezone, week_start: name one"
    ) as refused:
        change(work, currency="USD", effective_from=TODAY)
    assert refused.value.details[0].field == "effective_from"


def test_a_company_is_not_moved_to_a_timezone_that_there_is_not(work: FakeWork) -> None:
    with pytest.raises(InvalidContent, match="Europe/Berlin") as refused:
        change(work, timezone="Mars/Olympus")
    assert refused.value.details[0].field == "timezone"
    assert (work.people.companies[ACME.id], work.commits) == (ACME, 0)


def test_a_calendar_does_not_change_without_end(work: FakeWork) -> None:
    for number in range(MAX_CALENDAR_VERSIONS - 1):
        zone = ("Asia/Tokyo", "Asia/Seoul")[number % 2]
        change(work, timezone=zone, effective_from=date(2000 + number // 12, number % 12 + 1, 1))
    with pytest.raises(Conflict, match=f"changes at most {MAX_CALENDAR_VERSIONS} times"):
        change(work, timezone="UTC", effective_from=date(2100, 1, 1))


# What it does


def test_the_answer_tells_the_seams(work: FakeWork) -> None:
    (week,) = effects(work, week_start="sunday")["seams"]
    assert week == {
        "aggregation_period": "weekly",
        "last_before": {
            "period_start": "2026-03-02",
            "period_end": "2026-03-07",
            "days": 6,
            "full_days": 7,
            "starts_at": "2026-03-01T23:00:00+00:00",
            "ends_at": "2026-03-07T23:00:00+00:00",
        },
        "first_after": {
            "period_start": "2026-03-08",
            "period_end": "2026-03-14",
            "days": 7,
            "full_days": 7,
            "starts_at": "2026-03-07T23:00:00+00:00",
            "ends_at": "2026-03-14T23:00:00+00:00",
        },
    }
    (day,) = effects(work, timezone="Asia/Tokyo")["seams"]
    assert day["aggregation_period"] == "daily"
    assert day["first_after"]["period_start"] == "2026-03-05"
    assert (day["first_after"]["starts_at"], day["first_after"]["ends_at"]) == (
        "2026-03-04T23:00:00+00:00",
        "2026-03-05T15:00:00+00:00",
    )
    assert effects(work, currency="USD") is None


def test_a_dry_run_commits_nothing_and_leaves_no_entry(work: FakeWork) -> None:
    told = effects(work, week_start="sunday", dry_run=True)
    assert len(told["seams"]) == 1
    assert (work.commits, work.audit.entries) == (0, [])


def dates(cadence: Cadence, first: date, last: date, **counts: int) -> DatesInUse:
    return DatesInUse(
        cadence, first, last, **{"calculated_values": 0, "entered_values": 0, "targets": 0} | counts
    )


QUARTER = dates(Cadence.QUARTERLY, date(2026, 5, 15), date(2026, 6, 30), targets=2)
"""Targets that count for the quarter that ends in June, and for none that ends in May or July."""


def test_targets_that_would_count_no_more_are_told_and_have_to_be_confirmed(work: FakeWork) -> None:
    work.values.dated_targets = [
        QUARTER,
        dates(Cadence.MONTHLY, date(2026, 5, 1), date(2026, 5, 31), targets=1),
    ]
    asked = {"fiscal_year_start_month": 2, "effective_from": date(2026, 5, 1)}
    assert effects(FakeWork(values=work.values), dry_run=True, **asked)["targets"] == 2
    for confirm in ({}, {"confirm": 1}, {"confirm": 3}):
        with pytest.raises(
            Conflict, match=r"0 entered values and 2 dated targets .* set confirm to 2"
        ) as refused:
            change(work, **asked, **confirm)
        assert refused.value.code == "confirmation_needed"
    assert len(change(work, **asked, confirm=2).calendar.versions) == 2


def test_a_past_day_is_taken_as_long_as_nothing_is_measured(work: FakeWork) -> None:
    work.values.dated_targets = [
        dates(Cadence.WEEKLY, date(2026, 2, 16), date(2026, 2, 22), calculated_values=1)
    ]
    changed = change(work, week_start="sunday", effective_from=date(2026, 2, 23))
    assert changed.calendar.on(date(2026, 2, 23)).week_start is WeekStart.SUNDAY


def test_what_runs_goes_on_where_it_only_ends_on_another_day(work: FakeWork) -> None:
    work.values.dated_targets = [
        dates(Cadence.WEEKLY, date(2026, 3, 2), date(2026, 3, 8), calculated_values=3, entered_values=2)
    ]
    told = effects(work, week_start="sunday")
    assert (told["calculated_values"], told["entered_values"]) == (0, 0)
    week = Period(Cadence.WEEKLY, date(2026, 3, 2), date(2026, 3, 8))
    assert work.values.reopened == [(week, date(2026, 3, 7))]


def test_nothing_is_moved_that_ends_as_before(work: FakeWork) -> None:
    work.values.dated_targets = [
        dates(Cadence.MONTHLY, date(2026, 3, 1), date(2026, 3, 31), calculated_values=3),
        dates(Cadence.DAILY, TODAY, TODAY, entered_values=2),
    ]
    change(work, week_start="sunday", timezone="Asia/Tokyo")
    assert work.values.reopened == []
