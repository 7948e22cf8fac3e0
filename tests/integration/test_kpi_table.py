"""The table of the company's KPIs, read from a real database."""

from datetime import timedelta
from decimal import Decimal

import pytest

from lodestar.application.caller import Caller
from lodestar.application.insight import kpi_table as module
from lodestar.application.insight.company_shapes import ExportQuery
from lodestar.application.insight.kpi_table import kpi_table
from lodestar.application.insight.tables import Quantity, Table
from lodestar.domain.definitions import Category, TargetType, Unit
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.scoring import Status
from lodestar.domain.targets import Target
from tests.integration.tenants import NOW, Tenant

YESTERDAY = NOW.date() - timedelta(days=1)


def table_of(tenant: Tenant, role: Role = Role.ADMIN, **filters: object) -> Table:
    actor = Actor(1, tenant.id, role, permissions_of(role))
    caller = Caller(actor, "Ada", "ada@example.com", "UTC", tenant.company, "request")
    with tenant.work() as work:
        return kpi_table(ExportQuery.model_validate(filters), caller, work)


def test_a_row_tells_all_of_a_kpi(tenant: Tenant) -> None:
    kpi = tenant.definition(
        key="margin",
        name="Margin",
        category=Category.FINANCE,
        unit=Unit.CURRENCY,
        precision=1,
        target_type=TargetType.RANGE,
    )
    assignment = tenant.assignment(kpi, target=Target(Decimal(-80), Decimal("120.5")))
    for back, value in ((1, "50"), (0, "-99.5")):
        tenant.write([tenant.measurement(assignment, kpi, YESTERDAY - timedelta(days=back), value)])
    table = table_of(tenant)
    (row,) = table.rows
    assert dict(zip([column.title for column in table.columns], row, strict=True)) == {
        "Name": "Margin",
        "Key": "margin",
        "Category": "finance",
        "Period": "daily",
        "From": YESTERDAY,
        "To": YESTERDAY,
        "Value": Quantity(Decimal("-99.5"), 1),
        "Unit": tenant.company.currency,
        "Target": "−80–120.5",
        "Progress %": Quantity(Decimal("75.62"), 2),
        "Status": Status.NEEDS_ATTENTION,
        "Change": Quantity(Decimal("-149.5"), 1),
        "Change %": Quantity(Decimal("-299.00"), 2),
        "State": "final",
    }
    assert (table.name, table.on, table.filters) == ("kpis", NOW.date(), {})


def test_a_locked_kpi_has_a_name_a_category_and_no_number(tenant: Tenant) -> None:
    kpi = tenant.definition(name="Secret", category=Category.FINANCE)
    assignment = tenant.assignment(kpi)
    tenant.write([tenant.measurement(assignment, kpi, YESTERDAY, "4711")])
    (row,) = table_of(tenant, Role.USER).rows
    assert row == ["Secret", None, "finance", *[None] * 10, "locked"]


def test_every_page_of_the_list_is_in_the_table_once_and_in_order(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE_SIZE", 2)
    names = [f"kpi {number}" for number in range(5)]
    for name in names:
        tenant.assignment(tenant.definition(name=name))
    assert [row[0] for row in table_of(tenant).rows] == names
