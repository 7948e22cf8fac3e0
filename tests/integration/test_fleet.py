"""What a fleet costs, read from loaded snapshots; and its ready-made definitions."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.assignments import SubjectType
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.permissions import Role
from lodestar.domain.sources import DatabaseSource
from lodestar.domain.values import NoData
from lodestar.packs.catalog.loading import load_catalog
from lodestar.packs.fleet.cost_figures import (
    CostStructure,
    CostTrend,
    FleetSummary,
    cost_structure,
    summary,
    trend,
)
from lodestar.packs.fleet.cost_queries import CostStructureQuery, SummaryQuery, TrendQuery
from lodestar.packs.fleet.fleet_pack import PACK
from lodestar.packs.fleet.fleet_tables import SNAPSHOTS
from lodestar.packs.loading import load_rows
from lodestar.packs.registry import sandbox_tables
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import DatabaseValues, SandboxCheck, Sandboxes
from tests.integration.bulk import caller_of
from tests.integration.tenants import NOW, Tenant, new_tenant, sandbox_logins

READS = {
    "summary": (summary, SummaryQuery, FleetSummary),
    "cost_structure": (cost_structure, CostStructureQuery, CostStructure),
    "trend": (trend, TrendQuery, CostTrend),
}
ENTRIES = load_catalog([PACK.definitions]).entries


def snapshot(center: str, first: str, last: str, cost: str, units: str = "0", **more: object) -> Any:
    """A row of the pack's table; `basis_unit`, `rate` and `status` follow by name."""
    plain = {"cost_center": center, "basis_unit": "KM", "period_start": first, "period_end": last}
    return plain | {"total_cost": cost, "total_units": units, "status": "OK"} | more


def load(tenant: Tenant, *rows: Any) -> None:
    with tenant.work() as work:
        assert load_rows(rows, SNAPSHOTS, caller_of(tenant, 1), work).errors == []


def ask(tenant: Tenant, read: str, role: Role = Role.ADMIN, **asked: Any) -> Any:
    """The answer of a read, which has the shape that the document shows."""
    use_case, query, view = READS[read]
    with tenant.work() as work:
        text = use_case(query(**asked), caller_of(tenant, 1, role), work).text
    view.model_validate_json(text)
    return json.loads(text)


@pytest.fixture
def loaded(tenant: Tenant) -> Tenant:
    """Snapshots in February 2026, around it and across its edges."""
    load(
        tenant,
        snapshot("Vans", "2026-02-01", "2026-02-28", "100.00", "50", rate="2"),
        snapshot("Trucks", "2026-02-02", "2026-02-08", "60.50", "5.125", rate="12"),
        snapshot("Vans", "2026-02-01", "2026-02-28", "40", "8", basis_unit="HOUR"),
        snapshot("Depot", "2026-02-15", "2026-02-15", "0.25", status="MISSING_ACTIVITY"),
        snapshot("Depot", "2026-02-16", "2026-02-16", "0", status="MISSING_RATE"),
        snapshot("Early", "2026-01-31", "2026-02-01", "1000", "1000"),
        snapshot("Late", "2026-02-28", "2026-03-01", "1000", "1000"),
        snapshot("Long", "2026-01-01", "2026-12-31", "1000", "1000"),
        snapshot("Before", "2026-01-01", "2026-01-31", "7", "1"),
        snapshot("After", "2026-03-01", "2026-03-31", "9", "1"),
    )
    return tenant


def test_a_summary_counts_what_lies_wholly_inside_the_period(loaded: Tenant) -> None:
    assert ask(loaded, "summary", month="2026-02") == {
        "meta": {
            "schema": "kpi-v1",
            "period_start": "2026-02-01",
            "period_end": "2026-02-28",
            "grain": "period",
            "basis_unit": "KM",
        },
        "kpis": {
            "total_cost": "160.75",
            "total_units": "55.125",
            "avg_rate": "2.9161",  # 160.75 / 55.125 = 2.916099…
            "cost_per_unit": "2.9161",
            "snapshot_count": 4,
            "missing_activity_count": 1,
            "missing_rate_count": 1,
        },
    }


def test_the_year_counts_what_crosses_its_months(loaded: Tenant) -> None:
    asked = {"period_start": "2026-01-01", "period_end": "2026-12-31"}
    assert ask(loaded, "summary", **asked)["kpis"]["total_cost"] == "3176.75"


def test_a_period_without_snapshots_is_all_zeros(loaded: Tenant) -> None:
    empty = ask(loaded, "summary", month="2020-01")["kpis"]
    assert (empty["total_cost"], empty["total_units"], empty["avg_rate"]) == ("0.00", "0.000", "0")
    assert empty["snapshot_count"] == 0
    assert ask(loaded, "cost_structure", month="2020-01")["items"] == []
    assert ask(loaded, "cost_structure", month="2020-01")["totals"] == {"total_cost": "0.00"}


def test_without_units_the_summary_and_the_trend_average_the_rates_there_are(tenant: Tenant) -> None:
    load(
        tenant,
        snapshot("a", "2026-02-01", "2026-02-28", "10", rate="1"),
        snapshot("b", "2026-02-01", "2026-02-28", "10", rate="1.333333"),
        snapshot("c", "2026-02-01", "2026-02-28", "10", status="MISSING_RATE"),
    )
    assert ask(tenant, "summary", month="2026-02")["kpis"]["avg_rate"] == "1.166666"
    (bucket,) = ask(tenant, "trend", month="2026-02")["series"]
    assert bucket["avg_rate"] == "1.166666"


def test_cost_centers_come_by_cost_with_their_shares_over_all_units(loaded: Tenant) -> None:
    answer = ask(loaded, "cost_structure", month="2026-02")
    assert (answer["meta"]["basis_unit"], answer["meta"]["group_by"]) == (None, "cost_center")
    assert answer["totals"] == {"total_cost": "200.75"}
    assert [(each["group_name"], each["total_cost"], each["share_pct"]) for each in answer["items"]] == [
        ("Vans", "140.00", "69.74"),
        ("Trucks", "60.50", "30.14"),
        ("Depot", "0.25", "0.12"),
    ]
    by_km = ask(loaded, "cost_structure", month="2026-02", basis_unit="KM")
    assert by_km["meta"]["basis_unit"] == "KM"
    assert by_km["totals"] == {"total_cost": "160.75"}


def test_hundreds_of_equal_cost_centers_share_a_hundred_percent_in_the_order_of_their_ids(
    tenant: Tenant,
) -> None:
    load(tenant, *(snapshot(f"{number:03}", "2026-02-01", "2026-02-28", "1") for number in range(700)))
    items = ask(tenant, "cost_structure", month="2026-02")["items"]
    assert [each["group_id"] for each in items] == sorted(each["group_id"] for each in items)
    assert sum(Decimal(each["share_pct"]) for each in items) == 100
    assert {item["share_pct"] for item in items} == {"0.15", "0.14"}


def test_a_trend_by_weeks_has_a_bucket_for_each_week_and_counts_a_snapshot_where_it_starts(
    loaded: Tenant,
) -> None:
    answer = ask(loaded, "trend", month="2026-02", grain="week")
    assert answer["meta"] == {
        "schema": "kpi-v1",
        "period_start": "2026-02-01",
        "period_end": "2026-02-28",
        "grain": "week",
        "basis_unit": "KM",
    }
    assert [tuple(each.values()) for each in answer["series"]] == [
        ("2026-02-01", "2026-02-01", "100.00", "50.000", "2"),
        ("2026-02-02", "2026-02-08", "60.50", "5.125", "11.804878"),
        ("2026-02-09", "2026-02-15", "0.25", "0.000", "0"),
        ("2026-02-16", "2026-02-22", "0.00", "0.000", "0"),
        ("2026-02-23", "2026-02-28", "0.00", "0.000", "0"),
    ]


def test_a_trend_by_months_is_cut_to_the_period(loaded: Tenant) -> None:
    asked = {"period_start": "2026-01-31", "period_end": "2026-04-02", "grain": "month"}
    assert [tuple(each.values())[:4] for each in ask(loaded, "trend", **asked)["series"]] == [
        ("2026-01-31", "2026-01-31", "1000.00", "1000.000"),
        ("2026-02-01", "2026-02-28", "1160.75", "1055.125"),
        ("2026-03-01", "2026-03-31", "9.00", "1.000"),
        ("2026-04-01", "2026-04-02", "0.00", "0.000"),
    ]


# Whose costs


@pytest.mark.parametrize("read", READS)
def test_a_superuser_reads_the_company_that_they_name_by_its_calendar(
    read: str, loaded: Tenant, context: WorkContext
) -> None:
    midnight = replace(context, clock=lambda: datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    platform = new_tenant(midnight)
    asked = ask(platform, read, Role.SUPERUSER, company_id=str(loaded.id), month="2026-02")
    assert asked == ask(loaded, read, month="2026-02")
    tokyo = new_tenant(midnight, timezone="Asia/Tokyo")
    assert ask(platform, read, Role.SUPERUSER, company_id=str(tokyo.id))["meta"]["period_end"] == "2026-02-28"


@pytest.mark.parametrize("read", READS)
def test_the_snapshots_of_another_company_do_not_count(
    read: str, loaded: Tenant, context: WorkContext
) -> None:
    neighbour = new_tenant(context)
    load(neighbour, snapshot("Vans", "2026-02-01", "2026-02-28", "1"))
    own = ask(neighbour, read, month="2026-02")
    assert '"total_cost": "1.00"' in json.dumps(own)
    load(loaded, snapshot("Bikes", "2026-02-01", "2026-02-28", "1"))
    assert ask(neighbour, read, month="2026-02") == own


# Ready-made definitions

OTHER_UNITS = ("fleet_cost_per_hour", "fleet_cost_per_trip", "fleet_cost_per_revenue")


def values(tenant: Tenant, database: Database, month: date) -> Mapping[str, object]:
    """What each of the pack's definitions gives for a month of the company, by key."""

    sandboxes = Sandboxes(sandbox_logins(database), sandbox_tables())
    calendar: Calendar = tenant.company.calendar
    instants = calendar.instants(calendar.containing(Cadence.MONTHLY, month))
    found = {}
    for key, entry in ENTRIES.items():
        definition = entry.definition(None, NOW)
        source = definition.data_source
        assert isinstance(source, DatabaseSource)
        SandboxCheck(tenant.id, sandboxes).check(definition)
        request = SourceRequest(definition, source, tenant.id, SubjectType.COMPANY, (tenant.id,), instants)
        found[key] = DatabaseValues(sandboxes).values(request)[tenant.id]
    return found


@pytest.mark.parametrize(
    "timezone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue", "America/New_York", "Asia/Kolkata"]
)
def test_the_definitions_give_a_months_numbers_in_every_timezone(
    timezone: str, context: WorkContext, database: Database
) -> None:
    tenant = new_tenant(context, timezone=timezone)
    tenant.sandbox()
    load(
        tenant,
        snapshot("Vans", "2026-02-01", "2026-02-28", "100", "40"),
        snapshot("Trucks", "2026-02-01", "2026-02-28", "50", "10", status="MISSING_RATE"),
        snapshot("Vans", "2026-02-01", "2026-02-28", "25", "5", basis_unit="HOUR"),
        snapshot("Vans", "2026-02-01", "2026-02-28", "30", "4", basis_unit="TRIP"),
        snapshot("Vans", "2026-02-01", "2026-02-28", "20", "100", basis_unit="REVENUE"),
        snapshot("Depot", "2026-02-28", "2026-02-28", "12.5", status="MISSING_ACTIVITY"),
        snapshot("Long", "2026-01-01", "2026-02-28", "1000", "1", status="MISSING_ACTIVITY"),
        snapshot("After", "2026-03-01", "2026-03-01", "1000", rate="4", status="MISSING_ACTIVITY"),
        snapshot("After too", "2026-03-31", "2026-03-31", "0", rate="5"),
    )
    assert values(tenant, database, date(2026, 2, 10)) == {
        "fleet_total_cost": Decimal("237.5"),
        "fleet_cost_per_km": Decimal("3.25"),  # (100 + 50 + 12.5) / 50
        "fleet_cost_per_hour": Decimal(5),
        "fleet_cost_per_trip": Decimal("7.5"),
        "fleet_cost_per_revenue": Decimal("0.2"),
        "fleet_snapshots_missing_activity": Decimal(1),
        "fleet_snapshots_missing_rate": Decimal(1),
    }
    assert values(tenant, database, date(2026, 3, 10)) == {
        "fleet_total_cost": Decimal(1000),
        "fleet_cost_per_km": Decimal("4.5"),
        **dict.fromkeys(OTHER_UNITS, NoData("no_rows")),
        "fleet_snapshots_missing_activity": Decimal(1),
        "fleet_snapshots_missing_rate": Decimal(0),
    }
    assert values(tenant, database, date(2026, 4, 10)) == {
        "fleet_total_cost": NoData("no_rows"),
        "fleet_cost_per_km": NoData("no_rows"),
        **dict.fromkeys(OTHER_UNITS, NoData("no_rows")),
        "fleet_snapshots_missing_activity": Decimal(0),
        "fleet_snapshots_missing_rate": Decimal(0),
    }
