"""Real input: the invoices of the Chinook sample, against what an independent SQL gives for them."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import batched

import pytest

from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found, SignIn
from tests.shared_data import SHARED, is_shared, needs_shared

CHINOOK = SHARED / "data" / "chinook"
EVER = {"start_date": "2021-01-01", "end_date": "2025-12-31"}

pytestmark = needs_shared("data/chinook")

type Months = Mapping[str, Decimal | None]
"""Values by month (`2021-01`)."""


def of_invoices(method: str, field: str = "value") -> dict[str, str]:
    return {"type": "records", "source": "invoices", "method": method, "field": field}


SOURCES = {
    "revenue": of_invoices("sum"),
    "invoices": of_invoices("count"),
    "average_invoice": of_invoices("average"),
    "customers": of_invoices("count_distinct", "attributes.customer_id"),
    "largest": of_invoices("max"),
    "revenue_per_customer": {
        "type": "formula",
        "formula": "revenue / customers",
        "inputs": [
            {"variable": name, "source": {"type": "kpi", "key": name}} for name in ("revenue", "customers")
        ],
    },
}
UNITS = {"revenue": "currency", "average_invoice": "currency", "largest": "currency"}
COUNTED = ("invoices", "customers")
"""A count over nothing is 0; every other value over nothing is absent."""


@dataclass(frozen=True)
class Chinook:
    """The company with everything loaded and calculated; ids by email address or by key."""

    admin: Client
    users: Mapping[str, int]
    kpis: Mapping[str, int]
    assignments: Mapping[tuple[str, str], int]
    run: Body

    def months(self, email: str, key: str) -> Months:
        return by_month(self.admin.history(self.users[email], self.assignments[email, key]))


@pytest.fixture(scope="module")
def chinook(found_company: Found) -> Chinook:
    admin = found_company("chinookcorp", currency="USD")
    users = load_people(admin)
    load_invoices(admin, users)
    kpis = {
        key: admin.define(key, source, "monthly", unit=UNITS.get(key, "number"))["id"]
        for key, source in SOURCES.items()
    }
    assignments = {
        (email, key): admin.assign(users[email], kpi_id, **EVER)["id"]
        for email in {row["email"] for row in rows_of("expected_monthly.csv")}
        for key, kpi_id in kpis.items()
    }
    for key in ("revenue", "invoices"):
        admin.assign_to_company(kpis[key], **EVER)
    run = admin.run("2021-01-01", "2025-12-31")
    return Chinook(admin, users, kpis, assignments, run)


def load_people(admin: Client) -> Mapping[str, int]:
    """The agents become users of the sales manager's team; the manager is their manager."""
    people = json.loads((CHINOOK / "people.json").read_text())
    manager = next(person for person in people if person["title"] == "Sales Manager")
    boss = admin.create_user(manager["name"], manager["email"], role="manager")
    team = admin.create_team("Sales", boss["id"])
    agents = [person for person in people if person["reports_to"] == manager["employee_id"]]
    created = [admin.create_user(agent["name"], agent["email"], team_id=team["id"]) for agent in agents]
    return {user["email"]: user["id"] for user in created}


def load_invoices(admin: Client, users: Mapping[str, int]) -> None:
    for chunk in batched(records_for(users), 100, strict=False):
        pushed = admin.push(*chunk)
        assert (pushed["created"], pushed["errors"]) == (len(chunk), [])


def records_for(users: Mapping[str, int]) -> Iterator[Body]:
    """The invoices, with the id of the agent in place of the email address."""
    for line in (CHINOOK / "invoices.jsonl").read_text().splitlines():
        invoice = json.loads(line)
        yield {"user_id": users[invoice.pop("user_email")], **invoice}


def rows_of(name: str) -> list[dict[str, str]]:
    if not is_shared("data/chinook"):  # asked for while the tests are collected
        return []
    with (CHINOOK / name).open() as file:
        return list(csv.DictReader(file))


def by_month(measurements: list[Body]) -> Months:
    return {f"{entry['period_start']:%Y-%m}": entry["actual_value"] for entry in measurements}


def every_month() -> Iterator[str]:
    return (f"{year}-{month:02}" for year in range(2021, 2026) for month in range(1, 13))


def expected_of(email: str, key: str) -> Months:
    known = {
        row["month"]: Decimal(row[key]) for row in rows_of("expected_monthly.csv") if row["email"] == email
    }
    return {month: known.get(month, Decimal(0) if key in COUNTED else None) for month in every_month()}


AGENTS = sorted({row["email"] for row in rows_of("expected_monthly.csv")})


def test_the_backfill_of_five_years_ends_without_a_failure(chinook: Chinook) -> None:
    assert chinook.run["state"] == "completed"
    assert chinook.run["progress"] == 100
    assert chinook.run["failures"] == []
    outcomes = chinook.run["outcomes"]
    slots = 60 * (len(AGENTS) * len(SOURCES) + 2)
    idle_months = sum(
        month not in monthly for monthly in map(active_months, AGENTS) for month in every_month()
    )
    assert outcomes == {
        "computed": slots - 4 * idle_months,  # a sum, an average, a maximum and a quotient of nothing
        "no_data": 4 * idle_months,
        "error": 0,
        "skipped": 0,
    }


def active_months(email: str) -> set[str]:
    return {row["month"] for row in rows_of("expected_monthly.csv") if row["email"] == email}


@pytest.mark.parametrize("key", ["revenue", "invoices", "average_invoice", "customers", "largest"])
@pytest.mark.parametrize("email", AGENTS)
def test_every_month_of_an_agent_is_what_the_independent_sql_gives(
    chinook: Chinook, email: str, key: str
) -> None:
    assert chinook.months(email, key) == expected_of(email, key)


@pytest.mark.parametrize("email", AGENTS)
def test_revenue_per_customer_is_the_quotient_of_the_two_kpis(chinook: Chinook, email: str) -> None:
    revenue, customers = expected_of(email, "revenue"), expected_of(email, "customers")
    quotients = {
        month: None if amount is None else quotient(amount, customers[month] or Decimal(0))
        for month, amount in revenue.items()
    }
    assert chinook.months(email, "revenue_per_customer") == quotients


def quotient(amount: Decimal, people: Decimal) -> Decimal:
    """Rounded as a value is kept: half-even to four decimals."""
    return (amount / people).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)


@pytest.mark.parametrize("key", ["revenue", "invoices"])
def test_every_month_of_the_company_is_what_the_independent_sql_gives(chinook: Chinook, key: str) -> None:
    expected = {row["month"]: Decimal(row[key]) for row in rows_of("expected_company_monthly.csv")}
    assert by_month(chinook.admin.company_history(chinook.kpis[key])) == expected


def test_the_same_invoices_again_change_nothing(chinook: Chinook) -> None:
    answer = chinook.admin.push(*records_for(chinook.users))
    assert (answer["unchanged"], answer["beyond_lookback"], answer["errors"]) == (412, None, [])


def test_the_sales_manager_reads_what_the_admin_reads(chinook: Chinook, sign_in: SignIn) -> None:
    manager = sign_in("nancy@chinookcorp.com")
    user_id, assignment_id = chinook.users[AGENTS[0]], chinook.assignments[AGENTS[0], "revenue"]
    read = manager.history(user_id, assignment_id, from_="2024-01-01", to="2024-12-31")
    assert by_month(read) == {
        month: value for month, value in expected_of(AGENTS[0], "revenue").items() if month.startswith("2024")
    }
