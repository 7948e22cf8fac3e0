"""Companies that sell vehicles, and what a test loads for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from lodestar.application.values.shapes import RowsView
from lodestar.packs.loading import load_rows
from lodestar.packs.source_tables import SourceTable
from lodestar.packs.vehicle_sales.vehicle_sales_tables import TABLES, VehicleSalesTable
from tests.integration.bulk import caller_of
from tests.integration.tenants import NOW, Tenant

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)

type Row = Mapping[str, Any]

_names = count(1)


@dataclass(frozen=True)
class Dealer:
    """What a company has loaded."""

    vehicles: Sequence[Row] = ()
    buyers: Sequence[Row] = ()
    leads: Sequence[Row] = ()


def vehicle(**fields: Any) -> dict[str, Any]:
    """A listing since yesterday."""
    plain = {"external_id": f"v{next(_names)}", "cost": Decimal(1), "list_price": Decimal(2)}
    return plain | {"listed_at": NOW - DAY} | fields


def buyer(**fields: Any) -> dict[str, Any]:
    """Somebody who was active yesterday."""
    return {"external_id": f"b{next(_names)}", "last_active_at": NOW - DAY} | fields


def lead(**fields: Any) -> dict[str, Any]:
    """An open lead of buyer `b` for vehicle `v`."""
    plain = {"external_id": f"l{next(_names)}", "vehicle": "v", "buyer": "b", "outcome": "open"}
    return plain | {"created_at": NOW - DAY} | fields


def table_named(name: str) -> SourceTable:
    """The table that rows of that name go into."""
    return TABLES[VehicleSalesTable(name)]


def load(tenant: Tenant, table: str, *rows: Row) -> RowsView:
    """What becomes of rows, sent as JSON."""
    sent = json.loads(json.dumps(rows, default=_plain))
    with tenant.work() as work:
        return load_rows(sent, table_named(table), caller_of(tenant, 1), work)


def fill(tenant: Tenant, dealer: Dealer) -> None:
    """Make these the tenant's only rows."""
    for table in ("leads", "vehicles", "buyers"):
        tenant.run(f"delete from lodestar.vehicle_sales_{table} where company_id = :company")
    for table in ("vehicles", "buyers", "leads"):
        if rows := getattr(dealer, table):
            assert load(tenant, table, *rows).errors == []


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
