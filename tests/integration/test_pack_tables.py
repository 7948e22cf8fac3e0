"""Rows of a pack's source table: loaded, changed, listed and deleted on a real Postgres."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from lodestar.application.values.shapes import RowsView
from lodestar.domain.refusals import InvalidContent, InvalidRequest, NotFound, TooLarge
from lodestar.packs.csv_loading import load_csv
from lodestar.packs.fleet.fleet_tables import SNAPSHOTS, SnapshotQuery
from lodestar.packs.loading import delete_row, list_rows, load_rows
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.bulk import caller_of, statements
from tests.integration.tenants import Tenant, new_tenant

JANUARY = {
    "cost_center": "CC-1",
    "basis_unit": "KM",
    "period_start": "2026-01-01",
    "period_end": "2026-01-31",
    "total_cost": "1000.50",
    "total_units": 500,
    "status": "OK",
}
FEBRUARY = {**JANUARY, "period_start": "2026-02-01", "period_end": "2026-02-28"}
HEADER = "cost_center,basis_unit,period_start,period_end,total_cost,total_units,status,rate"

type Row = Mapping[str, Any]


def load(tenant: Tenant, *rows: object) -> tuple[int, int, int]:
    """How many were created, updated and unchanged; none may be bad."""
    return counts(answer_to(tenant, *rows))


def answer_to(tenant: Tenant, *rows: object) -> RowsView:
    with tenant.work() as work:
        return load_rows(rows, SNAPSHOTS, caller_of(tenant, 1), work)


def answer_to_csv(tenant: Tenant, *lines: str) -> RowsView:
    with tenant.work() as work:
        return load_csv("\n".join(lines), SNAPSHOTS, caller_of(tenant, 1), work)


def counts(view: RowsView) -> tuple[int, int, int]:
    assert view.errors == []
    return view.created, view.updated, view.unchanged


def told(view: RowsView) -> list[tuple[int, str]]:
    return [(error.index, error.field) for error in view.errors]


def page(tenant: Tenant, **query: object) -> Any:
    asked = TypeAdapter(SnapshotQuery).validate_python(query)
    with tenant.work() as work:
        return json.loads(list_rows(asked, SNAPSHOTS, caller_of(tenant, 1), work))


def rows_of(tenant: Tenant, **query: object) -> list[Row]:
    found: list[Row] = page(tenant, **query)["rows"]
    return found


def delete(tenant: Tenant, row_id: int) -> None:
    with tenant.work() as work:
        assert delete_row(row_id, SNAPSHOTS, caller_of(tenant, 1), work).deleted == row_id


def test_a_row_is_created_then_unchanged_then_updated_by_its_key(tenant: Tenant) -> None:
    assert load(tenant, JANUARY, FEBRUARY) == (2, 0, 0)
    assert load(tenant, JANUARY, {**FEBRUARY, "total_cost": 7}) == (0, 1, 1)
    assert [(row["period_start"], row["total_cost"]) for row in rows_of(tenant)] == [
        ("2026-01-01", "1000.50"),
        ("2026-02-01", "7.00"),
    ]


def test_an_unchanged_row_is_not_written_again(tenant: Tenant) -> None:
    version = (
        "select xmin::text as version from lodestar.fleet_cost_rate_snapshots where company_id = :company"
    )
    load(tenant, JANUARY)
    before = tenant.rows(version)
    load(tenant, {**JANUARY, "total_cost": 1000.5, "rate": None})
    assert tenant.rows(version) == before


def test_of_two_rows_with_one_key_in_a_call_the_last_counts(tenant: Tenant) -> None:
    assert load(tenant, {**JANUARY, "total_cost": 1}, {**JANUARY, "total_cost": 2}) == (1, 1, 0)
    assert [row["total_cost"] for row in rows_of(tenant)] == ["2.00"]


def test_good_rows_are_kept_when_others_are_bad(tenant: Tenant) -> None:
    bad = [
        {**JANUARY, "total_cost": -1},
        {**JANUARY, "total_cost": "1.234"},
        {**JANUARY, "period_end": "2025-12-31"},
        {**JANUARY, "basis_unit": "MILE"},
        {**JANUARY, "colour": "red"},
        {name: each for name, each in JANUARY.items() if name != "status"},
        7,
    ]
    view = answer_to(tenant, *bad, FEBRUARY)
    assert told(view) == list(
        enumerate(["total_cost", "total_cost", "row", "basis_unit", "colour", "status", "row"])
    )
    assert view.errors[2].error == "period_end 2025-12-31 must not lie before period_start 2026-01-01."
    assert [row["period_start"] for row in rows_of(tenant)] == ["2026-02-01"]


def test_no_row_is_written_of_more_than_a_call_may_carry(tenant: Tenant) -> None:
    with pytest.raises(TooLarge, match="1001"):
        answer_to(tenant, *[JANUARY] * 1001)
    assert rows_of(tenant) == []


def test_a_thousand_rows_take_as_many_statements_as_one(context: WorkContext) -> None:
    many = [{**JANUARY, "cost_center": f"CC-{number}"} for number in range(1000)]
    taken = []
    for rows in ([JANUARY], many):
        tenant = new_tenant(context)
        with statements(context) as seen:
            load(tenant, *rows)
        taken.append(len(seen))
    assert taken[0] == taken[1]


def test_what_a_row_refers_to_is_made_once_where_it_may_be(tenant: Tenant) -> None:
    load(tenant, JANUARY, FEBRUARY, {**JANUARY, "cost_center": 'CC-2 "north", {a}'})
    centers = "select name from lodestar.fleet_cost_centers where company_id = :company order by name"
    assert [row["name"] for row in tenant.rows(centers)] == ["CC-1", 'CC-2 "north", {a}']
    assert len(rows_of(tenant)) == 3


def test_rows_of_one_company_are_not_those_of_another(tenant: Tenant, context: WorkContext) -> None:
    other = new_tenant(context)
    load(tenant, JANUARY)
    (mine,) = rows_of(tenant)
    assert load(other, JANUARY) == (1, 0, 0)
    with pytest.raises(NotFound), other.work() as work:
        delete_row(mine["id"], SNAPSHOTS, caller_of(other, 1), work)
    assert [each["id"] for each in rows_of(tenant)] == [mine["id"]]
    assert mine["id"] not in [each["id"] for each in rows_of(other)]


def test_a_row_is_deleted_once(tenant: Tenant) -> None:
    load(tenant, JANUARY, FEBRUARY)
    first, second = (row["id"] for row in rows_of(tenant))
    delete(tenant, first)
    assert [row["id"] for row in rows_of(tenant)] == [second]
    with pytest.raises(NotFound, match="snapshots"), tenant.work() as work:
        delete_row(first, SNAPSHOTS, caller_of(tenant, 1), work)


def test_pages_hold_every_row_once(tenant: Tenant) -> None:
    load(tenant, *({**JANUARY, "cost_center": f"CC-{number}"} for number in range(5)))
    whole = rows_of(tenant)
    first = page(tenant, limit=3)
    second = page(tenant, limit=3, cursor=first["next_cursor"])
    assert first["rows"] + second["rows"] == whole
    assert (len(first["rows"]), second["next_cursor"]) == (3, None)


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        ({"cost_center": "CC-1"}, ["01", "02"]),
        ({"status": "MISSING_RATE"}, ["03"]),
        ({"basis_unit": "HOUR"}, ["03"]),
        ({"basis_unit": "KM", "cost_center": "CC-2"}, []),
        ({"from": date(2026, 2, 1)}, ["02", "03"]),
        ({"to": date(2026, 2, 1)}, ["01", "02"]),
        ({"to": date(2026, 1, 31)}, ["01"]),
        ({"from": date(2026, 2, 1), "to": date(2026, 2, 1)}, ["02"]),
    ],
)
def test_a_list_is_filtered(tenant: Tenant, query: Row, starts: list[str]) -> None:
    march = {"basis_unit": "HOUR", "cost_center": "CC-2", "status": "MISSING_RATE"}
    dates = {"period_start": "2026-03-01", "period_end": "2026-03-31"}
    load(tenant, JANUARY, FEBRUARY, {**JANUARY, **march, **dates})
    assert [row["period_start"][5:7] for row in rows_of(tenant, **query)] == starts


def test_days_out_of_order_are_refused(tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest, match="must not lie before"):
        page(tenant, **{"from": date(2026, 2, 1), "to": date(2026, 1, 1)})


def test_a_file_loads_what_the_same_rows_would(tenant: Tenant, context: WorkContext) -> None:
    other = new_tenant(context)
    lines = ["CC-1,KM,2026-01-01,2026-01-31,1000.50,500,OK,", "CC-1,KM,2026-02-01,2026-02-28,7,3,OK,2.5"]
    assert counts(answer_to_csv(tenant, HEADER, *lines)) == (2, 0, 0)
    load(other, JANUARY, {**FEBRUARY, "total_cost": 7, "total_units": 3, "rate": 2.5})
    assert [{**row, "id": 0} for row in rows_of(tenant)] == [{**row, "id": 0} for row in rows_of(other)]
    assert counts(answer_to_csv(tenant, HEADER, *lines)) == (0, 0, 2)


def test_a_file_of_semicolons_may_have_decimal_commas(tenant: Tenant) -> None:
    answer_to_csv(tenant, HEADER.replace(",", ";"), "CC-1;KM;2026-01-01;2026-01-31;1000,50;500;OK;")
    assert [row["total_cost"] for row in rows_of(tenant)] == ["1000.50"]


def test_a_number_of_a_file_that_can_be_read_in_two_ways_is_refused(tenant: Tenant) -> None:
    lines = [
        "CC-1;KM;2026-01-01;2026-01-31;617,50;1.234;OK;",
        "CC-2;KM;2026-01-01;2026-01-31;7;1,234;OK;",
        "CC-3;KM;2026-01-01;2026-01-31;1.234;5.678;OK;",  # told once
        "CC-4;KM;2026-01-01;2026-01-31;1.234;5",
        "CC-5;KM;2026-01-01;2026-01-31;1;+1.234;OK;",
    ]
    view = answer_to_csv(tenant, HEADER.replace(",", ";"), *lines)
    assert told(view) == [(0, "total_units"), (2, "total_cost"), (3, "row"), (4, "total_units")]
    assert "1.234 can be read in two ways" in view.errors[0].error
    assert view.created == 1
    assert [row["total_units"] for row in rows_of(tenant)] == ["1.234"]


def test_digits_in_quotes_are_told_the_same_rules_as_numbers(tenant: Tenant) -> None:
    wrong = ["1000.005", 1000.005, "-5", -5, "9999999999999.99", 9999999999999.99]
    told_of = [
        error.error for error in answer_to(tenant, *({**JANUARY, "total_cost": n} for n in wrong)).errors
    ]
    assert told_of[::2] == told_of[1::2]
    assert len(set(told_of)) == 3


def test_a_day_that_no_calendar_here_has_is_refused(tenant: Tenant) -> None:
    assert told(answer_to(tenant, {**JANUARY, "period_start": "0001-01-01"})) == [(0, "period_start")]


def test_the_bad_lines_of_a_file_are_told_and_the_good_ones_kept(tenant: Tenant) -> None:
    view = answer_to_csv(
        tenant,
        HEADER,
        "CC-1,KM,2026-01-01,2026-01-31,much,500,OK,",
        "CC-1,KM,2026-01-01",
        "",
        "CC-1,KM,2026-02-01,2026-02-28,7,3,OK,",
        "CC-1,KM,soon,2026-02-28,7,3,OK,",
    )
    assert told(view) == [(0, "total_cost"), (1, "row"), (3, "period_start")]
    assert view.errors[1].error == "Line 3 has more or fewer cells than the header."
    assert [row["period_start"] for row in rows_of(tenant)] == ["2026-02-01"]


def test_a_file_without_a_required_column_is_refused(tenant: Tenant) -> None:
    with pytest.raises(InvalidContent, match='"status" is missing'):
        answer_to_csv(tenant, HEADER.replace(",status", ""), "CC-1,KM,2026-01-01,2026-01-31,7,3,")
