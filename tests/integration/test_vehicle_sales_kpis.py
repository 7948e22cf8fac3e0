"""The ready-made KPIs of vehicle sales: each may be saved, and gives the value computed by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.postgres import Database
from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.definitions.data_sources import source_from_json
from lodestar.domain.assignments import SubjectType
from lodestar.domain.sources import DatabaseSource
from lodestar.domain.values import NoData
from lodestar.packs.catalog.loading import load_catalog
from lodestar.packs.registry import sandbox_tables
from lodestar.packs.vehicle_sales.vehicle_sales_pack import PACK
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import DatabaseValues, SandboxCheck, Sandboxes
from tests.integration.dealers import DAY, TICK, Dealer, buyer, fill, lead, vehicle
from tests.integration.tenants import KPI, Tenant, new_tenant, sandbox_logins

FEBRUARY = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
START, END = FEBRUARY
SHOWROOM = Dealer(
    [
        vehicle(external_id="v", listed_at=START - DAY, sold_at=START, sold_price=Decimal("4.50")),
        vehicle(listed_at=START, sold_at=END - TICK, sold_price=Decimal(2)),
        vehicle(listed_at=START - 99 * DAY, sold_at=START - TICK, sold_price=Decimal(99)),
        # Unsold at the end of February: the first one is aged, by a tick, and the second one is not.
        vehicle(listed_at=END - 60 * DAY - TICK, sold_at=END, sold_price=Decimal(9), score=Decimal(4)),
        vehicle(listed_at=END - 60 * DAY, list_price=Decimal(5), score=Decimal("6.5")),
        vehicle(listed_at=END - TICK, list_price=Decimal(11)),
        vehicle(listed_at=END),
    ],
    [
        buyer(external_id="b", last_active_at=END - 30 * DAY),
        buyer(last_active_at=END + DAY),
        buyer(last_active_at=END - 30 * DAY - TICK),
    ],
    [
        lead(created_at=START, purchased_at=START + 3 * DAY, outcome="purchased"),
        lead(created_at=END - TICK, purchased_at=END - TICK + DAY, outcome="purchased"),
        lead(created_at=START, outcome="lost"),
        lead(created_at=START),
        lead(created_at=START - TICK, purchased_at=START + 50 * DAY, outcome="purchased"),
        lead(created_at=END, outcome="lost"),
    ],
)
MONTH = {
    "vehicle_sales_units_sold": ("2", Decimal(0)),
    "vehicle_sales_average_profit": ("2.25", NoData("no_rows")),
    "vehicle_sales_lead_to_purchase_days": ("2", NoData("no_rows")),
    "vehicle_sales_conversion_rate": ("66.6667", NoData("no_rows")),
    "vehicle_sales_listings": ("3", Decimal(0)),
    "vehicle_sales_aged_inventory": ("1", Decimal(0)),
    "vehicle_sales_average_price": ("6", NoData("no_rows")),
    "vehicle_sales_inventory_value": ("18", Decimal(0)),
    "vehicle_sales_scoring_rate": ("66.6667", NoData("no_rows")),
    "vehicle_sales_average_score": ("5.25", NoData("no_rows")),
    "vehicle_sales_active_buyers": ("2", Decimal(0)),
}
"""By key: the value of SHOWROOM, as it is kept, and that of a company without any rows."""
ENTRIES = load_catalog([PACK.definitions]).entries


@pytest.fixture(scope="module")
def showroom(context: WorkContext) -> tuple[Tenant, Tenant]:
    """A company with SHOWROOM, and one without rows."""
    found = new_tenant(context), new_tenant(context)
    for each in found:
        each.sandbox()
    fill(found[0], SHOWROOM)
    return found


def test_every_ready_made_kpi_is_tried_here() -> None:
    assert ENTRIES.keys() == MONTH.keys()


@pytest.mark.parametrize("key", MONTH)
def test_a_ready_made_kpi_may_be_saved_and_gives_the_company_its_value(
    key: str, database: Database, showroom: tuple[Tenant, Tenant]
) -> None:
    sandboxes = Sandboxes(sandbox_logins(database), sandbox_tables())
    source = source_from_json(ENTRIES[key].fields.data_source.model_dump())
    assert isinstance(source, DatabaseSource)
    definition = replace(KPI, data_source=source)
    values = []
    for tenant in showroom:
        SandboxCheck(tenant.id, sandboxes).check(definition)
        request = SourceRequest(definition, source, tenant.id, SubjectType.COMPANY, (0,), FEBRUARY)
        values.append(DatabaseValues(sandboxes).values(request)[0])
    value, nothing = values
    assert isinstance(value, Decimal), value
    assert (round(value, 4), nothing) == (Decimal(MONTH[key][0]), MONTH[key][1])
