"""Whose costs are read, of which days, and what becomes of the sums that the database adds up."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, InvalidRequest, NotFound
from lodestar.packs.fleet.cost_figures import (
    CostStructure,
    CostTrend,
    FleetSummary,
    cost_structure,
    summary,
    trend,
)
from lodestar.packs.fleet.cost_queries import CostStructureQuery, SummaryQuery, TrendQuery
from lodestar.wire.exact_json import to_json
from tests.fakes.people import ACME, caller_of
from tests.fakes.work import FakeWork

READS: Mapping[str, tuple[Any, Any, Any]] = {
    "summary": (summary, SummaryQuery, FleetSummary),
    "cost_structure": (cost_structure, CostStructureQuery, CostStructure),
    "trend": (trend, TrendQuery, CostTrend),
}
NEIGHBOUR = Company(2, "Neighbour", "EUR", Calendar("Asia/Tokyo"))
FEBRUARY = ("2026-02-01", "2026-02-28")


def sums(cost: str = "0", units: str = "0", rates: str = "0", rated: int = 0) -> dict[str, Any]:
    """What the snapshots of a period add up to, as the database tells it."""
    return {"cost": cost, "units": units, "rates": rates, "rated": rated}


COUNTS = {"snapshot_count": 4, "missing_activity_count": 1, "missing_rate_count": 1}
NO_COUNTS = dict.fromkeys(COUNTS, 0)


class Fleet:
    """A company in memory whose views tell what they are told to; nothing, unless it is said what."""

    def __init__(self, now: datetime | None = None, company: Company = ACME) -> None:
        self.work = FakeWork() if now is None else FakeWork(now=now)
        self.company = company
        self.work.people.companies |= {company.id: company, NEIGHBOUR.id: NEIGHBOUR}
        self.asked: dict[str, Any] = {}
        self.tell("summary", {"sums": sums(), **NO_COUNTS})
        self.tell("cost_structure", [])
        self.tell("trend", {})

    def tell(self, view: str, answer: object) -> None:
        def answered(parameters: Mapping[str, Any]) -> str:
            self.asked = dict(parameters)
            return to_json(answer)

        self.work.views.answers[f"fleet.{view}"] = answered

    def ask(self, read: str, role: Role = Role.ADMIN, **query: Any) -> Any:
        """The answer of a read, which has the shape that the document shows."""
        use_case, model, view = READS[read]
        caller = replace(caller_of(role), company=self.company)
        text = use_case(model(**query), caller, self.work).text
        view.model_validate_json(text)
        return json.loads(text)


def days(answer: Mapping[str, Any]) -> tuple[str, str]:
    return answer["meta"]["period_start"], answer["meta"]["period_end"]


# Which days


@pytest.mark.parametrize(
    ("timezone", "now", "month"),
    [
        ("UTC", datetime(2026, 1, 1, 0, 0, tzinfo=UTC), ("2025-12-01", "2025-12-31")),
        ("UTC", datetime(2025, 12, 31, 23, 59, tzinfo=UTC), ("2025-11-01", "2025-11-30")),
        ("Pacific/Auckland", datetime(2025, 12, 31, 11, 0, tzinfo=UTC), ("2025-12-01", "2025-12-31")),
        ("Pacific/Auckland", datetime(2025, 12, 31, 10, 59, tzinfo=UTC), ("2025-11-01", "2025-11-30")),
        ("America/New_York", datetime(2026, 1, 1, 4, 59, tzinfo=UTC), ("2025-11-01", "2025-11-30")),
        ("America/New_York", datetime(2026, 3, 1, 5, 0, tzinfo=UTC), FEBRUARY),
    ],
)
@pytest.mark.parametrize("read", READS)
def test_the_default_is_the_last_full_month_of_the_companys_own_calendar(
    read: str, timezone: str, now: datetime, month: tuple[str, str]
) -> None:
    fleet = Fleet(now, replace(ACME, calendar=Calendar(timezone)))
    assert days(fleet.ask(read)) == month


@pytest.mark.parametrize("read", READS)
def test_the_view_is_asked_for_the_days_and_the_units_that_count(read: str) -> None:
    fleet = Fleet()
    fleet.ask(read, month="2026-02", basis_unit="HOUR")
    assert (str(fleet.asked["first"]), str(fleet.asked["last"])) == FEBRUARY
    assert fleet.asked["units"] == ["HOUR"]
    assert fleet.work.commits == 1


def test_the_structure_counts_every_unit_unless_one_is_named() -> None:
    fleet = Fleet()
    assert fleet.ask("cost_structure", month="2026-02")["meta"]["basis_unit"] is None
    assert fleet.asked["units"] == ["KM", "HOUR", "TRIP", "REVENUE"]
    assert fleet.ask("summary", month="2026-02")["meta"]["basis_unit"] == "KM"


# Whose costs


@pytest.mark.parametrize("read", READS)
def test_a_superuser_reads_the_company_that_they_name_by_its_calendar(read: str) -> None:
    fleet = Fleet(datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    told = fleet.ask(read, Role.SUPERUSER, company_id=str(NEIGHBOUR.id))
    assert days(told) == FEBRUARY  # in Tokyo it is March
    assert fleet.work.people.bound == NEIGHBOUR.id
    assert days(Fleet(datetime(2026, 2, 28, 22, 30, tzinfo=UTC)).ask(read)) == ("2026-01-01", "2026-01-31")


@pytest.mark.parametrize("read", READS)
def test_a_superuser_has_to_name_a_company_that_is_there(read: str) -> None:
    fleet = Fleet()
    with pytest.raises(InvalidRequest, match="send its id as company_id"):
        fleet.ask(read, Role.SUPERUSER)
    for bad in ("abc", "-1", "0", "0.5", "", str(2**63)):
        with pytest.raises(InvalidRequest, match="company_id must be the id of a company"):
            fleet.ask(read, Role.SUPERUSER, company_id=bad)
    for unknown in (str(10**15), str(2**63 - 1)):
        with pytest.raises(NotFound, match="There is no such company"):
            fleet.ask(read, Role.SUPERUSER, company_id=unknown)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("role", [Role.USER, Role.MANAGER, Role.ADMIN])
def test_nobody_else_names_a_company_not_even_their_own(read: str, role: Role) -> None:
    for company_id in (str(ACME.id), str(NEIGHBOUR.id), str(10**15), "abc"):
        with pytest.raises(Forbidden, match="Only a superuser"):
            Fleet().ask(read, role, company_id=company_id)


@pytest.mark.parametrize("read", READS)
def test_costs_are_for_managers_and_admins(read: str) -> None:
    assert Fleet().ask(read, Role.MANAGER) == Fleet().ask(read, Role.ADMIN)
    with pytest.raises(Forbidden, match="for managers and admins"):
        Fleet().ask(read, Role.USER)


# Figures


def test_a_summary_writes_sums_as_texts_and_the_rate_by_units() -> None:
    fleet = Fleet()
    fleet.tell("summary", {"sums": sums("160.75", "55.125", "14", 2), **COUNTS})
    assert fleet.ask("summary", month="2026-02")["kpis"] == {
        "total_cost": "160.75",
        "total_units": "55.125",
        "avg_rate": "2.9161",  # 160.75 / 55.125 = 2.916099…
        "cost_per_unit": "2.9161",
        **COUNTS,
    }


def test_without_units_the_summary_and_the_trend_average_the_rates_there_are() -> None:
    fleet = Fleet()
    averaged = sums("30", "0", "2.333333", 2)
    fleet.tell("summary", {"sums": averaged, **COUNTS})
    fleet.tell("trend", {"1": averaged})
    assert fleet.ask("summary", month="2026-02")["kpis"]["avg_rate"] == "1.166666"
    (bucket,) = fleet.ask("trend", month="2026-02")["series"]
    assert bucket["avg_rate"] == "1.166666"


def test_a_period_without_snapshots_is_all_zeros() -> None:
    empty = Fleet().ask("summary", month="2020-01")["kpis"]
    assert (empty["total_cost"], empty["total_units"], empty["avg_rate"]) == ("0.00", "0.000", "0")
    structure = Fleet().ask("cost_structure", month="2020-01")
    assert (structure["items"], structure["totals"]) == ([], {"total_cost": "0.00"})


def test_cost_centers_keep_their_order_and_have_their_shares() -> None:
    costs = (("Vans", "140.00"), ("Trucks", "60.50"), ("Depot", "0.25"))
    fleet = Fleet()
    fleet.tell(
        "cost_structure",
        [
            {"group_id": number, "group_name": name, "total_cost": cost}
            for number, (name, cost) in enumerate(costs, 1)
        ],
    )
    answer = fleet.ask("cost_structure", month="2026-02")
    assert answer["totals"] == {"total_cost": "200.75"}
    shares = [(item["group_name"], item["total_cost"], item["share_pct"]) for item in answer["items"]]
    assert shares == [
        ("Vans", "140.00", "69.74"),
        ("Trucks", "60.50", "30.14"),
        ("Depot", "0.25", "0.12"),
    ]
    assert sum(Decimal(item["share_pct"]) for item in answer["items"]) == 100


def test_a_trend_has_a_bucket_for_each_week_those_without_snapshots_too() -> None:
    fleet = Fleet()
    fleet.tell("trend", {"1": sums("100", "50"), "2": sums("60.5", "5.125"), "3": sums("0.25")})
    answer = fleet.ask("trend", month="2026-02", grain="week")
    assert answer["meta"]["grain"] == "week"
    starts = ["2026-02-01", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]
    assert list(map(str, fleet.asked["starts"])) == starts
    assert [tuple(entry.values()) for entry in answer["series"]] == [
        ("2026-02-01", "2026-02-01", "100.00", "50.000", "2"),
        ("2026-02-02", "2026-02-08", "60.50", "5.125", "11.804878"),
        ("2026-02-09", "2026-02-15", "0.25", "0.000", "0"),
        ("2026-02-16", "2026-02-22", "0.00", "0.000", "0"),
        ("2026-02-23", "2026-02-28", "0.00", "0.000", "0"),
    ]


def test_a_trend_by_months_is_cut_to_the_period() -> None:
    asked = {"period_start": "2026-01-31", "period_end": "2026-04-02", "grain": "month"}
    series = Fleet().ask("trend", **asked)["series"]
    assert [(entry["period_start"], entry["period_end"]) for entry in series] == [
        ("2026-01-31", "2026-01-31"),
        FEBRUARY,
        ("2026-03-01", "2026-03-31"),
        ("2026-04-01", "2026-04-02"),
    ]
