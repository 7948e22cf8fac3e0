"""Tables for the tests of every format."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from lodestar.application.insight.tables import Cell, Column, Quantity, Table
from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar
from lodestar.domain.scoring import Status

COLUMNS = (
    Column("Name", 30),
    Column("From", 11),
    Column("Value", 14, is_number=True),
    Column("Status", 15),
    Column("Target", 12, is_number=True),
)
ROW = (
    "Średni czas",
    date(2026, 10, 1),
    Quantity(Decimal("-12345.5000"), 2),
    Status.NEEDS_ATTENTION,
    "80–120",
)
NEXT_DAY = date(2026, 11, 22)


def table(*rows: Sequence[Cell], on: date = date(2026, 11, 21), title: str = "KPIs") -> Table:
    company = Company(2, "Acme Żółć", "EUR", Calendar("Europe/Berlin"))
    return Table("kpis", title, company, on, {"period": "monthly"}, COLUMNS, rows)


def named(*names: str) -> Table:
    return table(*((name, *ROW[1:]) for name in names))
