"""The tables of a job search and a company's targets over HTTP."""

from collections.abc import Mapping

import pytest

from tests.e2e.client import Client, Csv
from tests.e2e.conftest import Found, SignIn

JOB = {"external_id": "j-1", "title": "Captain", "stage": "APPLIED", "heat": 0, "archived": False}
EVENT = {"external_id": "e-1", "status": "ATTENDED", "date": "2026-03-01T23:30:00Z"}


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    """The admin of a company in Berlin."""
    return found_company("search-tables", timezone="Europe/Berlin")


@pytest.fixture(scope="module")
def una(ada: Client, sign_in: SignIn) -> Client:
    """A user in Lisbon with a job that she applied for, and an event."""
    ada.create_user("Una", "una@search-tables.test", timezone="Europe/Lisbon")
    client = sign_in("una@search-tables.test")
    application = {"external_id": "a-1", "job": "j-1", "date_sent": "2026-03-02T10:00:00Z"}
    for table, row in {"jobs": JOB, "applications": application, "events": EVENT}.items():
        assert client.post(f"/job-search/{table}", {"rows": [row]}, 200)["created"] == 1
    return client


def told(client: Client, method: str, path: str, body: object = None) -> tuple[int, str, str]:
    """How a request is refused: status, code, and the field."""
    answer = client.call(method, path, body)
    refusal = answer.json()
    details = refusal.get("details") or [{"field": ""}]
    return answer.status_code, refusal["code"], details[0]["field"]


def test_a_row_is_its_owners_and_a_job_that_is_applied_for_stays(ada: Client, una: Client) -> None:
    (job,) = una.get("/job-search/jobs")["rows"]
    assert job == {"id": job["id"], "company": None, **JOB}
    assert ada.get("/job-search/jobs")["rows"] == []
    assert told(ada, "DELETE", f"/job-search/jobs/{job['id']}") == (404, "not_found", "")
    assert told(una, "DELETE", f"/job-search/jobs/{job['id']}") == (409, "still_used", "")
    assert una.get("/job-search/jobs")["rows"] == [job]


def test_a_day_is_the_users_and_without_a_timezone_of_their_own_the_companys(
    ada: Client, una: Client
) -> None:
    ada.post("/job-search/events", {"rows": [EVENT]}, 200)
    assert [len(una.get("/job-search/events", **day)["rows"]) for day in days()] == [1, 0]
    assert [len(ada.get("/job-search/events", **day)["rows"]) for day in days()] == [0, 1]


def days() -> list[Mapping[str, str]]:
    return [{"from": each, "to": each} for each in ("2026-03-01", "2026-03-02")]


def test_a_file_of_rows_is_taken_line_by_line(una: Client) -> None:
    text = "external_id,name,archived\nc-1,Carla,false\nc-2,Conrad,true\nc-3,Cora,perhaps\n"
    answer = una.call("POST", "/job-search/contacts/import", Csv(text)).json()
    assert (answer["created"], [(each["index"], each["field"]) for each in answer["errors"]]) == (
        2,
        [(2, "archived")],
    )
    assert [row["name"] for row in una.get("/job-search/contacts", archived="true")["rows"]] == ["Conrad"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/job-search/dreams", None),
        ("POST", "/job-search/dreams", {"rows": [JOB]}),
        ("POST", "/job-search/dreams/import", Csv("external_id\nd-1\n")),
        ("DELETE", "/job-search/dreams/1", None),
        ("DELETE", "/job-search/jobs/0", None),
    ],
)
def test_what_is_no_table_and_no_row_is_not_found(una: Client, method: str, path: str, body: object) -> None:
    assert told(una, method, path, body)[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("jobs?heat=4", "query.heat"),
        ("jobs?archived=yes", "query.archived"),
        ("jobs?status=x", "query.status"),
        ("jobs?from=2026-03-02", "query.from"),
        ("events?from=tomorrow", "query.from"),
        ("events?from=2026-03-02&to=2026-03-01", "query.to"),
    ],
)
def test_a_bad_filter_is_refused_by_its_name(una: Client, query: str, field: str) -> None:
    status, _, named = told(una, "GET", f"/job-search/{query}")
    assert (status, named) == (400, field)


def test_targets_are_the_companys(ada: Client, una: Client) -> None:
    assert una.get("/job-search/settings") == {"cv_target": 5, "outreach_target": 5}
    assert ada.put("/job-search/settings", {"cv_target": 8}) == {"cv_target": 8, "outreach_target": 5}
    assert una.get("/job-search/settings") == {"cv_target": 8, "outreach_target": 5}
    (entry,) = ada.get("/audit", object_type="job_search_settings")["entries"]
    assert (entry["action"], entry["after"]) == (
        "job_search_settings.changed",
        {"cv_target": 8, "outreach_target": 5},
    )


@pytest.mark.parametrize("bad", [-1, 1001, 1.5, "5", True])
@pytest.mark.parametrize("name", ["cv_target", "outreach_target"])
def test_a_target_is_a_whole_number_up_to_a_thousand(ada: Client, name: str, bad: object) -> None:
    refusal = told(ada, "PUT", "/job-search/settings", {name: bad})
    assert (refusal[0], refusal[2]) == (422, f"body.{name}")
