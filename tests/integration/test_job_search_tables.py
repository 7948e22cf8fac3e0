"""Each table of the job-search pack: loaded, changed, listed and deleted by its owner only."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from lodestar.application.caller import Caller
from lodestar.application.values.shapes import RowsView
from lodestar.domain.refusals import Conflict, InvalidRequest, NotFound
from lodestar.packs.csv_loading import load_csv
from lodestar.packs.job_search.daily_targets import SettingsChange, change_settings, read_settings
from lodestar.packs.job_search.job_search_tables import TABLES, JobSearchQuery, JobSearchTable
from lodestar.packs.loading import delete_row, list_rows, load_rows
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.bulk import caller_of
from tests.integration.tenants import Tenant, new_tenant

type Row = Mapping[str, Any]

EARLY, LATE = "2026-03-01T23:30:00+00:00", "2026-03-05T09:00:00+00:00"
"""In Berlin, where the user is, EARLY is on 2 March already."""

JOB: Row = {"title": "T", "stage": "S", "heat": 0, "archived": False}

ROWS: Mapping[str, tuple[Row, Row]] = {
    "jobs": (
        {"title": "Captain", "company": "Sea, Inc.", "stage": "APPLIED", "heat": 3, "archived": True},
        {"title": "Mate", "company": None, "stage": "DORMANT", "heat": 0, "archived": False},
    ),
    "contacts": ({"name": "Carla", "archived": True}, {"name": "Conrad", "archived": False}),
    "applications": ({"job": "j-1", "date_sent": EARLY}, {"job": "j-2", "date_sent": LATE}),
    "outreach": (
        {"job": "j-1", "contact": "c-1", "sent_at": EARLY},
        {"job": None, "contact": None, "sent_at": LATE},
    ),
    "follow-ups": (
        {"job": "j-1", "contact": "c-1", "due_at": EARLY, "sent_at": LATE},
        {"job": None, "contact": None, "due_at": LATE, "sent_at": None},
    ),
    "events": (
        {"title": "Fair", "status": "ATTENDED", "date": EARLY},
        {"title": None, "status": "PLANNED", "date": LATE},
    ),
    "growth-events": (
        {"title": "Talk", "attended": True, "date": EARLY},
        {"title": None, "attended": False, "date": LATE},
    ),
    "boost-tasks": ({"title": "Polish the CV", "done_at": EARLY}, {"title": None, "done_at": LATE}),
    "growth-boost-tasks": (
        {"title": "Learn knots", "status": "completed", "completed_at": EARLY},
        {"title": None, "status": "open", "completed_at": LATE},
    ),
    "senior-reviews": ({"contact": "c-1", "reviewed_at": EARLY}, {"contact": None, "reviewed_at": LATE}),
}
"""Two rows of each table that differ in every field, with all that a row may have."""

BAD: Mapping[str, Row] = {
    "jobs": {"heat": 4},
    "contacts": {"name": ""},
    "applications": {"date_sent": "2026-03-02"},
    "outreach": {"sent_at": "2026-03-02T10:00:00"},
    "follow-ups": {"due_at": None},
    "events": {"status": 7},
    "growth-events": {"attended": "yes"},
    "boost-tasks": {"done_at": "2200-01-01T00:00:00Z"},
    "growth-boost-tasks": {"colour": "red"},
    "senior-reviews": {"contact": "c-9"},
}
"""A field of each table that makes its row a bad one."""

FILTERS: Mapping[str, tuple[str, ...]] = {
    "jobs": ("external_id", "stage", "heat", "archived"),
    "contacts": ("external_id", "archived"),
    "applications": ("external_id", "job"),
    "outreach": ("external_id", "job", "contact"),
    "follow-ups": ("external_id", "job", "contact"),
    "events": ("external_id", "status"),
    "growth-events": ("external_id", "attended"),
    "boost-tasks": ("external_id",),
    "growth-boost-tasks": ("external_id", "status"),
    "senior-reviews": ("external_id", "contact"),
}
FILTERED = [(name, field) for name, fields in FILTERS.items() for field in fields]
ABOUT = [(name, field) for name, field in FILTERED if field in ("job", "contact")]
"""The tables whose rows are about jobs or contacts."""

DATED = [name for name, table in TABLES.items() if table.day]
EACH = pytest.mark.parametrize("name", JobSearchTable)


class Seeker:
    """A user who looks for a job, with two jobs and two contacts."""

    def __init__(self, tenant: Tenant, table: str) -> None:
        self.tenant = tenant
        self.name = JobSearchTable(table)
        self.user_id = tenant.user()
        self._keep("jobs", [{**JOB, "external_id": each} for each in ("j-1", "j-2")])
        self._keep(
            "contacts", [{"name": "N", "archived": False, "external_id": each} for each in ("c-1", "c-2")]
        )

    def load(self, *rows: object) -> RowsView:
        with self.tenant.work() as work:
            return load_rows(rows, TABLES[self.name], self._caller, work)

    def load_csv(self, *lines: str) -> RowsView:
        with self.tenant.work() as work:
            return load_csv("\n".join(lines), TABLES[self.name], self._caller, work)

    def page(self, **query: object) -> Any:
        asked = TypeAdapter(JobSearchQuery).validate_python(query)
        with self.tenant.work() as work:
            return json.loads(list_rows(asked, TABLES[self.name], self._caller, work))

    def rows(self, **query: object) -> list[dict[str, Any]]:
        """The rows, but for the jobs and contacts that are there from the start."""
        found = self.page(**query)["rows"]
        return [each for each in found if each["external_id"] not in ("j-1", "j-2", "c-1", "c-2")]

    def delete(self, row_id: int) -> None:
        with self.tenant.work() as work:
            assert delete_row(row_id, TABLES[self.name], self._caller, work).deleted == row_id

    def _keep(self, table: str, rows: list[Row]) -> None:
        with self.tenant.work() as work:
            assert load_rows(rows, TABLES[JobSearchTable(table)], self._caller, work).errors == []

    @property
    def _caller(self) -> Caller:
        return replace(caller_of(self.tenant, self.user_id), timezone="Europe/Berlin")


def two_rows(name: str) -> tuple[Row, Row]:
    first, second = ROWS[name]
    return {"external_id": "x-1", **first}, {"external_id": "x-2", **second}


def counts(view: RowsView) -> tuple[int, int, int]:
    assert view.errors == []
    return view.created, view.updated, view.unchanged


def without_ids(rows: list[dict[str, Any]]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def as_csv(row: Row) -> str:
    cells = ("" if each is None else str(each) for each in row.values())
    return ",".join(f'"{cell}"' for cell in cells)


@EACH
def test_a_row_is_created_then_unchanged_then_updated(name: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    first, second = two_rows(name)
    assert counts(seeker.load(first)) == (1, 0, 0)
    assert counts(seeker.load(first)) == (0, 0, 1)
    assert without_ids(seeker.rows()) == [first]
    assert counts(seeker.load({**second, "external_id": "x-1"}, second)) == (1, 1, 0)
    assert without_ids(seeker.rows()) == [{**second, "external_id": "x-1"}, second]


@EACH
def test_a_file_holds_the_same_rows_as_json(name: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    first, second = two_rows(name)
    header = ",".join(first)
    assert counts(seeker.load_csv(header, as_csv(first), as_csv(second))) == (2, 0, 0)
    assert counts(seeker.load(first, second)) == (0, 0, 2)
    assert counts(seeker.load_csv(header, as_csv(first))) == (0, 0, 1)


@EACH
def test_a_bad_row_is_told_by_index_and_field_and_stops_no_good_one(name: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    first, second = two_rows(name)
    view = seeker.load(first, {**first, "external_id": "x-3", **BAD[name]}, second)
    (field,) = BAD[name]
    assert [(error.index, error.field) for error in view.errors] == [(1, field)]
    assert [row["external_id"] for row in seeker.rows()] == ["x-1", "x-2"]


@pytest.mark.parametrize(("name", "field"), FILTERED)
def test_a_filter_finds_its_rows_and_no_others(name: str, field: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    first, second = two_rows(name)
    seeker.load(first, second)
    for row in (first, second):
        if row[field] is not None:
            assert without_ids(seeker.rows(**{field: row[field]})) == [row]


@EACH
def test_a_filter_that_a_table_has_no_field_for_is_refused(name: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    values: Row = {"archived": True, "attended": True, "heat": 1} | dict.fromkeys(
        ("job", "contact", "stage", "status"), "x"
    )
    for field in set(values) - set(FILTERS[name]):
        with pytest.raises(InvalidRequest, match=f"{name} cannot be filtered by {field}"):
            seeker.page(**{field: values[field]})


@pytest.mark.parametrize("name", DATED)
def test_days_are_local_and_inclusive(name: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    seeker.load(*two_rows(name))

    def found(**days: str) -> list[str]:
        return [row["external_id"] for row in seeker.rows(**days)]

    assert found(**{"from": "2026-03-02", "to": "2026-03-02"}) == ["x-1"]
    assert found(to="2026-03-01") == []
    assert found(**{"from": "2026-03-03"}) == ["x-2"]
    assert found(to="2026-03-05") == ["x-1", "x-2"]


@pytest.mark.parametrize("name", [each for each in JobSearchTable if each not in DATED])
def test_a_table_without_a_day_takes_no_days(name: str, tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest, match="cannot be filtered by from"):
        Seeker(tenant, name).page(**{"from": "2026-03-02"})


@EACH
def test_pages_hold_every_row_once_and_in_order(name: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    row, _ = two_rows(name)
    seeker.load(*({**row, "external_id": f"y-{number}"} for number in range(5)))
    whole, seen, cursor = seeker.page()["rows"], [], None
    while True:
        page = seeker.page(limit=2, cursor=cursor)
        seen += page["rows"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["rows"]) == 2
    assert seen == whole == sorted(whole, key=lambda each: each["id"])
    assert len(whole) >= 5


@EACH
def test_a_deleted_row_is_gone(name: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    seeker.load(*two_rows(name))
    first, second = seeker.rows()
    seeker.delete(first["id"])
    assert seeker.rows() == [second]
    with pytest.raises(NotFound):
        seeker.delete(first["id"])


@EACH
@pytest.mark.parametrize("is_colleague", [True, False])
def test_nobody_else_sees_changes_or_deletes_a_row(
    name: str, is_colleague: bool, tenant: Tenant, context: WorkContext
) -> None:
    owner = Seeker(tenant, name)
    stranger = Seeker(tenant if is_colleague else new_tenant(context), name)
    first, second = two_rows(name)
    owner.load(first)
    mine = owner.rows()
    assert stranger.rows() == []
    with pytest.raises(NotFound):
        stranger.delete(mine[0]["id"])
    assert counts(stranger.load({**second, "external_id": "x-1"})) == (1, 0, 0)
    assert owner.rows() == mine


@pytest.mark.parametrize(("name", "field"), ABOUT)
def test_a_row_about_what_its_owner_has_not_is_refused(name: str, field: str, tenant: Tenant) -> None:
    owner, colleague = Seeker(tenant, name), Seeker(tenant, f"{field}s")
    what = JOB if field == "job" else {"name": "N", "archived": False}
    assert counts(colleague.load({"external_id": "theirs", **what})) == (1, 0, 0)
    first, second = two_rows(name)
    view = owner.load({**first, field: "theirs"}, second)
    assert [error.model_dump() for error in view.errors] == [
        {"index": 0, "field": field, "error": f"There is no {field} theirs: load it first."}
    ]
    assert without_ids(owner.rows()) == [second]


@pytest.mark.parametrize(("name", "field"), ABOUT)
def test_what_rows_are_about_is_deleted_after_them(name: str, field: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, name)
    row, _ = two_rows(name)
    seeker.load(row)
    (kept,) = seeker.rows()
    about = Seeker(tenant, f"{field}s")
    about.user_id = seeker.user_id
    (used,) = about.page(external_id=row[field])["rows"]
    with pytest.raises(Conflict):
        about.delete(used["id"])
    seeker.delete(kept["id"])
    about.delete(used["id"])


@pytest.mark.parametrize(
    ("table", "field"), [("jobs", "heat"), ("jobs", "archived"), ("contacts", "archived")]
)
def test_what_decides_whether_a_row_counts_is_never_guessed(table: str, field: str, tenant: Tenant) -> None:
    seeker = Seeker(tenant, table)
    first, _ = two_rows(table)
    answer = seeker.load({name: each for name, each in first.items() if name != field})
    assert [(error.field, error.error) for error in answer.errors] == [(field, "This field is required.")]


def settings(tenant: Tenant) -> Any:
    with tenant.work() as work:
        return json.loads(read_settings(work).text)


def change(tenant: Tenant, **targets: int) -> Any:
    with tenant.work() as work:
        return json.loads(change_settings(SettingsChange.model_validate(targets), work).text)


def audited(tenant: Tenant) -> list[tuple[object, ...]]:
    rows = tenant.rows(
        "select object_type, object_id, before, after from lodestar.audit "
        "where company_id = :company and action = 'job_search_settings.changed' order by seq"
    )
    return [tuple(row.values()) for row in rows]


def test_targets_are_five_until_they_are_changed_one_by_one(tenant: Tenant, context: WorkContext) -> None:
    assert settings(tenant) == {"cv_target": 5, "outreach_target": 5}
    assert change(tenant, cv_target=0) == {"cv_target": 0, "outreach_target": 5}
    assert change(tenant, outreach_target=1000) == {"cv_target": 0, "outreach_target": 1000}
    assert settings(tenant) == {"cv_target": 0, "outreach_target": 1000}
    assert settings(new_tenant(context)) == {"cv_target": 5, "outreach_target": 5}


def test_the_audit_log_tells_of_targets_that_changed_and_of_no_others(tenant: Tenant) -> None:
    change(tenant, cv_target=5)
    change(tenant)
    assert audited(tenant) == []
    change(tenant, cv_target=7)
    change(tenant, cv_target=7)
    before, after = {"cv_target": 5, "outreach_target": 5}, {"cv_target": 7, "outreach_target": 5}
    assert audited(tenant) == [("job_search_settings", tenant.id, before, after)]
