"""Vehicle sales: the ten metrics, what is loaded for them, and the answer when they cannot be read."""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.postgres import Database
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Conflict, InvalidRequest
from lodestar.packs.csv_loading import load_csv
from lodestar.packs.loading import delete_row, list_rows
from lodestar.packs.vehicle_sales import sales_metrics
from lodestar.packs.vehicle_sales.sales_metrics import VehicleSalesDays
from lodestar.packs.vehicle_sales.vehicle_sales_tables import VehicleSalesQuery
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.bulk import caller_of
from tests.integration.dealers import DAY, TICK, Dealer, buyer, fill, lead, load, table_named, vehicle
from tests.integration.tenants import NOW, Tenant, context_of, new_tenant
from tests.integration.vehicle_sales_model import metrics_of

ZEROS = (
    '{"average_profit_per_unit" : 0.00, "lead_to_purchase_time" : 0.0, "aged_inventory" : 0, '
    '"total_listings" : 0, "active_buyers" : 0, "conversion_rate" : 0.0, "average_price" : 0.00, '
    '"total_value" : 0.00, "scoring_rate" : 0.0, "average_score" : 0.0}'
)


class NoErrors:
    """Where nothing may go wrong."""

    def report(self, name: str, error: Exception) -> None:
        raise AssertionError(name) from error


@dataclass
class ReportedErrors:
    """Errors as a list."""

    names: list[str]

    def report(self, name: str, error: Exception) -> None:
        self.names.append(name)


@pytest.fixture(scope="module")
def berlin(context: WorkContext) -> Tenant:
    return new_tenant(context, timezone="Europe/Berlin")


def kpi(tenant: Tenant, **days: str) -> dict[str, Decimal]:
    """The metrics; the clock stands at NOW."""
    query = VehicleSalesDays.model_validate({f"{name.rstrip('_')}": each for name, each in days.items()})
    with tenant.work() as work:
        found = sales_metrics.kpi(query, caller_of(tenant, 1, Role.USER), work, NoErrors())
    answer = json.loads(found.text, parse_float=Decimal)
    assert (answer["success"], answer["message"]) == (True, None)
    metrics: dict[str, Decimal] = answer["metrics"]
    return metrics


# What the leads name: a vehicle that was sold long ago, and a buyer long gone.
LONG_GONE = NOW - 2000 * DAY
V = {
    "external_id": "v",
    "cost": Decimal(0),
    "list_price": Decimal(0),
    "listed_at": LONG_GONE,
    "sold_at": LONG_GONE,
}
B = {"external_id": "b", "last_active_at": LONG_GONE}

midnights = [datetime(2026, month, 1, tzinfo=UTC) - timedelta(hours=1) for month in (1, 2, 3)]
edges = st.builds(
    lambda at, off: at + off * TICK,
    st.sampled_from([NOW - 60 * DAY, NOW - 30 * DAY, *midnights]),
    st.integers(-1, 1),
)
past = edges | st.timedeltas(DAY, 100 * DAY).map(lambda back: NOW - back)
money = st.integers(0, 4).map(lambda cents: Decimal(cents).scaleb(-2)) | st.decimals(0, 10**6, places=2)
score = (
    st.none() | st.integers(0, 20).map(lambda each: Decimal(each).scaleb(-2)) | st.decimals(0, 100, places=2)
)
waits = st.integers(0, 40).map(lambda each: each * timedelta(minutes=36)) | st.timedeltas(
    timedelta(0), 9 * DAY
)


@st.composite
def vehicles(draw: st.DrawFn) -> dict[str, Any]:
    found = vehicle(cost=draw(money), list_price=draw(money), listed_at=draw(past), score=draw(score))
    if draw(st.booleans()):
        found |= {"sold_at": max(found["listed_at"], draw(past)), "sold_price": draw(st.none() | money)}
    return found


@st.composite
def leads(draw: st.DrawFn) -> dict[str, Any]:
    found = lead(created_at=draw(past), outcome=draw(st.sampled_from(["open", "purchased", "lost"])))
    if found["outcome"] == "purchased" and draw(st.integers(0, 3)):
        found["purchased_at"] = found["created_at"] + draw(waits)
    return found


dealers = st.builds(
    lambda vehicles, buyers, leads: Dealer([*vehicles, V], [*buyers, B], leads),
    st.lists(vehicles(), max_size=9),
    st.lists(st.builds(lambda at: buyer(last_active_at=at), past), max_size=5),
    st.lists(leads(), max_size=9),
)
firsts = st.none() | st.sampled_from([date(2026, 1, 1), date(2026, 2, 1)])
lasts = st.none() | st.sampled_from([date(2026, 2, 1), date(2026, 2, 28)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dealers, firsts, lasts)
def test_every_metric_is_what_its_definition_says(
    berlin: Tenant, dealer: Dealer, first: date | None, last: date | None
) -> None:
    fill(berlin, dealer)
    days = {name: str(day) for name, day in (("from", first), ("to", last)) if day}
    assert kpi(berlin, **days) == metrics_of(dealer, NOW, first, last)


def test_an_empty_company_gets_zeros_with_the_decimals_of_each_and_success(tenant: Tenant) -> None:
    with tenant.work() as work:
        found = sales_metrics.kpi(VehicleSalesDays(), caller_of(tenant, 1, Role.USER), work, NoErrors())
    assert found.text == f'{{"metrics" : {ZEROS}, "success" : true, "message" : null}}'


def test_a_listing_is_aged_when_it_is_older_than_60_days_and_not_before(tenant: Tenant) -> None:
    load(tenant, "vehicles", vehicle(listed_at=NOW - 60 * DAY))
    assert kpi(tenant)["aged_inventory"] == 0
    load(tenant, "vehicles", vehicle(listed_at=NOW - 60 * DAY - TICK))
    assert kpi(tenant)["aged_inventory"] == 1


def test_a_buyer_is_active_for_30_days_and_not_longer(tenant: Tenant) -> None:
    load(tenant, "buyers", buyer(last_active_at=NOW - 30 * DAY - TICK))
    assert kpi(tenant)["active_buyers"] == 0
    load(tenant, "buyers", buyer(last_active_at=NOW - 30 * DAY))
    assert kpi(tenant)["active_buyers"] == 1


def test_the_middle_is_rounded_up_and_that_of_a_loss_away_from_zero(tenant: Tenant) -> None:
    sold = {"sold_at": NOW - DAY, "cost": Decimal(1)}
    fill(
        tenant,
        Dealer(
            [V, vehicle(list_price="0.01", score="0.05"), vehicle(list_price="0.02", score="0.05")],
            [B],
            [lead(outcome="purchased", purchased_at=NOW - DAY + timedelta(hours=1, minutes=12))]
            + [lead(outcome="lost") for _ in range(15)],
        ),
    )
    load(tenant, "vehicles", vehicle(sold_price="0.99", **sold), vehicle(sold_price="1.00", **sold))
    found = kpi(tenant)
    assert found["average_price"] == Decimal("0.02")  # 0.015
    assert found["average_score"] == Decimal("0.1")  # 0.05
    assert found["lead_to_purchase_time"] == Decimal("0.1")  # 0.05 days
    assert found["conversion_rate"] == Decimal("6.3")  # 6.25
    assert found["average_profit_per_unit"] == Decimal("-0.01")  # -0.005


def test_a_sale_counts_on_the_day_that_it_is_where_the_company_is(berlin: Tenant) -> None:
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # 0:30 of March 1 in Berlin
    sold = vehicle(listed_at=late - DAY, sold_at=late, sold_price=Decimal(8))
    fill(berlin, Dealer(vehicles=[sold]))
    assert kpi(berlin, to="2026-02-28")["average_profit_per_unit"] == 0
    assert kpi(berlin, from_="2026-03-01", to="2026-03-01")["average_profit_per_unit"] == 7


@pytest.mark.parametrize(
    ("back", "is_counted"), [(DAY + TICK, False), (DAY, True), (TICK, True), (timedelta(0), False)]
)
def test_a_day_begins_with_its_first_instant_and_ends_before_that_of_the_next(
    back: timedelta, is_counted: bool, tenant: Tenant
) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC) - back
    sold = vehicle(listed_at=at, sold_at=at, sold_price=Decimal(8))
    fill(tenant, Dealer([V, sold], [B], [lead(created_at=at, outcome="purchased", purchased_at=at + DAY)]))
    found = kpi(tenant, from_="2026-03-01", to="2026-03-01")
    happened = ("average_profit_per_unit", "conversion_rate", "lead_to_purchase_time")
    assert [found[each] for each in happened] == ([7, 100, 1] if is_counted else [0, 0, 0])


def test_listings_buyers_and_scores_are_as_of_now_whatever_the_days(tenant: Tenant) -> None:
    load(tenant, "vehicles", vehicle(score=5))
    load(tenant, "buyers", buyer())
    found = kpi(tenant, to="2000-01-01")
    assert (found["total_listings"], found["active_buyers"], found["average_score"]) == (1, 1, 5)


def test_a_lost_connection_gives_zeros_and_a_message_and_the_next_request_is_well(
    database: Database,
) -> None:
    own = context_of(database)
    tenant, errors = new_tenant(own), ReportedErrors([])
    load(tenant, "vehicles", vehicle())
    with tenant.work() as work, closing(database.connect()) as superuser:
        superuser.run("select pg_terminate_backend(:pid)", pid=work.session.value("select pg_backend_pid()"))
        found = json.loads(sales_metrics.kpi(VehicleSalesDays(), caller_of(tenant, 1), work, errors).text)
    assert errors.names == ["vehicle_sales_unread"]
    assert not found["success"]
    assert found["message"]
    assert set(found["metrics"].values()) == {0}
    assert kpi(tenant)["total_listings"] == 1
    own.engine.dispose()


# What is loaded.


def test_a_lead_names_a_vehicle_and_a_buyer_of_the_same_company(berlin: Tenant, tenant: Tenant) -> None:
    fill(berlin, Dealer([V], [B]))
    found = load(tenant, "leads", lead())
    assert [(each.field, each.error) for each in found.errors] == [
        ("vehicle", "There is no vehicle v: load it first.")
    ]
    load(tenant, "vehicles", V)
    assert [error.field for error in load(tenant, "leads", lead()).errors] == ["buyer"]
    load(tenant, "buyers", B)
    assert load(tenant, "leads", lead()).created == 1


def test_another_company_counts_nothing_of_it(context: WorkContext, tenant: Tenant) -> None:
    bought = lead(outcome="purchased", purchased_at=NOW)
    sold = vehicle(sold_at=NOW, sold_price=9)
    fill(tenant, Dealer([V, vehicle(listed_at=NOW - 99 * DAY, score=1), sold], [B, buyer()], [bought]))
    assert 0 not in kpi(tenant).values()
    assert set(kpi(new_tenant(context)).values()) == {0}


def test_a_vehicle_stays_while_a_lead_names_it(tenant: Tenant) -> None:
    fill(tenant, Dealer([V], [B], [lead()]))

    def delete(table: str) -> None:
        (row,) = tenant.rows(f"select id from lodestar.vehicle_sales_{table} where company_id = :company")
        with tenant.work() as work:
            delete_row(row["id"], table_named(table), caller_of(tenant, 1), work)

    with pytest.raises(Conflict):
        delete("vehicles")
    for table in ("leads", "vehicles", "buyers"):
        delete(table)


def listed(tenant: Tenant, table: str, **query: object) -> list[dict[str, Any]]:
    with tenant.work() as work:
        asked = VehicleSalesQuery.model_validate(query)
        text = list_rows(asked, table_named(table), caller_of(tenant, 1), work)
    rows: list[dict[str, Any]] = json.loads(text)["rows"]
    return rows


def test_leads_are_found_by_vehicle_buyer_outcome_and_day(tenant: Tenant) -> None:
    other = lead(external_id="other", vehicle="w", outcome="lost", created_at=NOW - 9 * DAY)
    fill(tenant, Dealer([V, V | {"external_id": "w"}], [B], [lead(external_id="one"), other]))
    for query in ({"vehicle": "w"}, {"outcome": "lost"}, {"to": "2026-03-08"}, {"external_id": "other"}):
        assert [each["external_id"] for each in listed(tenant, "leads", **query)] == ["other"], query
    assert len(listed(tenant, "leads", buyer="b")) == 2


def test_a_list_refuses_a_filter_that_its_table_does_not_have(tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest, match=r"vehicles cannot be filtered by outcome"):
        listed(tenant, "vehicles", outcome="lost")


def test_a_row_is_changed_by_its_external_id_and_a_file_loads_the_same_as_json(tenant: Tenant) -> None:
    load(tenant, "vehicles", V | {"sold_price": "3.50", "score": 7})
    text = "external_id,cost,list_price,listed_at,sold_at\nv,0,12.5,2026-01-02T00:00:00Z,\n"
    with tenant.work() as work:
        found = load_csv(text, table_named("vehicles"), caller_of(tenant, 1), work)
    assert (found.created, found.updated, found.errors) == (0, 1, [])
    (row,) = listed(tenant, "vehicles")
    assert (row["list_price"], row["sold_at"], row["sold_price"], row["score"]) == (12.5, None, None, None)
