from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import mean

import pytest

from local.demo.company import ALERT_THRESHOLD, ROWS_PER_CALL, TEAMS
from local.demo.kpis import RESOLUTION_TIME
from local.demo.people import SALES, STAR, STRUGGLER, SUPPORT, Person
from local.demo.records import DAYS, Record, records_of, reviewed, sales_day, support_day
from lodestar.application.values.shapes import RecordBody

FRIDAY = date(2026, 11, 20)
MOST_RECORDS = 9 * ROWS_PER_CALL


def cases(person: Person, last_day: date = FRIDAY) -> list[Record]:
    return list(records_of(person, 7, support_day, last_day))


def sales(person: Person) -> list[Record]:
    return list(records_of(person, 7, sales_day, FRIDAY))


def everything() -> list[Record]:
    return [
        each for team in TEAMS for person in team.people for each in records_of(person, 7, team.work, FRIDAY)
    ]


def day_of(record: Record) -> date:
    return datetime.fromisoformat(record["occurred_at"]).date()


def resolution_hours(person: Person, today: date) -> float:
    """The KPI of the newest closed week."""
    sunday = today - timedelta(days=today.weekday() + 1)
    closed = [
        case
        for case in cases(person, today - timedelta(days=1))
        if timedelta(0) <= sunday - day_of(case) < timedelta(days=7)
    ]
    taken = [
        datetime.fromisoformat(each["occurred_at"]) - datetime.fromisoformat(each["attributes"]["opened_at"])
        for each in closed
    ]
    return mean(each / timedelta(hours=1) for each in taken)


def shortfall_percent(person: Person, today: date) -> float:
    return 100 * (resolution_hours(person, today) / RESOLUTION_TIME.target - 1)


def test_the_same_last_day_gives_the_same_records() -> None:
    assert cases(STAR) == cases(STAR)
    assert sales(SALES[0]) == sales(SALES[0])


def test_two_people_who_work_alike_have_different_days() -> None:
    twin = replace(SALES[0], email="twin@polaris.example")

    assert [each["occurred_at"] for each in sales(twin)] != [sale["occurred_at"] for sale in sales(SALES[0])]


def test_the_records_fill_90_days_up_to_the_last_one() -> None:
    days = {day_of(each) for each in everything()}

    assert (min(days), max(days)) == (FRIDAY - timedelta(days=DAYS - 1), FRIDAY)


def test_all_records_fit_into_nine_calls() -> None:
    assert 5_000 < len(everything()) <= MOST_RECORDS


def test_the_api_takes_every_record() -> None:
    for each in everything():
        RecordBody.model_validate(each)


def test_no_two_records_share_a_key() -> None:
    keys = Counter((each["source"], each["external_id"]) for each in everything())

    assert keys.most_common(1)[0][1] == 1


def test_a_case_is_opened_then_answered_then_closed() -> None:
    for person in SUPPORT:
        for each in cases(person):
            case = each["attributes"]
            times = [case["opened_at"], case["first_response_at"], each["occurred_at"]]

            assert sorted(times, key=datetime.fromisoformat) == times


def test_support_works_less_on_weekends_and_sales_not_at_all() -> None:
    support = Counter(day_of(case).weekday() for person in SUPPORT for case in cases(person))
    calls = Counter(day_of(sale).weekday() for person in SALES for sale in sales(person))

    assert 0 < max(support[5], support[6]) < min(support[day] for day in range(5)) / 2
    assert set(calls) == set(range(5))


def test_the_star_closes_more_cases_than_anybody_else() -> None:
    assert max(SUPPORT, key=lambda person: len(cases(person))) is STAR


def test_the_struggler_gets_slower() -> None:
    days = [day_of(case) for case in cases(STRUGGLER)]
    middle = FRIDAY - timedelta(days=DAYS // 2)

    assert sum(day <= middle for day in days) > sum(day > middle for day in days)


@pytest.mark.parametrize(
    "today", [date(2026, 1, 1) + timedelta(days=13 * step) for step in range(56)], ids=str
)
def test_the_struggler_alone_sets_off_the_alert_whenever_the_demo_starts(today: date) -> None:
    missed = {person for person in SUPPORT if shortfall_percent(person, today) >= ALERT_THRESHOLD}

    assert missed == {STRUGGLER}


def test_reviews_differ_and_stay_within_what_may_be_entered() -> None:
    months = [date(2026, month, 1) for month in range(1, 13)]
    values = {reviewed(person, month, Decimal(4), Decimal(5)) for person in SUPPORT for month in months}

    assert len(values) > 5
    assert min(values) >= 3
    assert {reviewed(STAR, month, Decimal(5), Decimal(5)) for month in months} == {Decimal(5)}
