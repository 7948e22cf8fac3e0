"""Addresses and query parameters that nobody meant: always the one error shape."""

import json
import re

import pytest

from lodestar.runtime.openapi import committed_document
from tests.e2e.client import Client
from tests.e2e.conftest import Found

PATHS = json.loads(committed_document())["paths"]
SHAPE = {"error", "code", "request_id"}


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    return found_company("addresses")


@pytest.mark.parametrize(
    "path", ["/api/user", "/api/users/1/kpi", "/", "/api", "/v2/users", "/api/%00", "/api/a%0Ab"]
)
def test_an_unknown_address_is_404_in_our_words_with_and_without_a_token(ada: Client, path: str) -> None:
    for headers in ({}, {"authorization": f"Bearer {ada.token}"}):
        response = ada.http.get(path, headers=headers)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert (response.json()["code"], response.json().keys()) == ("not_found", SHAPE)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_another_method_of_an_address_is_405_and_tells_which_there_are(ada: Client, path: str) -> None:
    concrete = re.sub(r"{\w+}", "1", path)
    response = ada.http.request("PATCH", concrete, headers={"authorization": f"Bearer {ada.token}"})
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed"), concrete
    allowed = set(response.headers["allow"].split(", "))
    assert {method.upper() for method in PATHS[path]} <= allowed
    assert "PATCH" not in allowed
    assert all(method in response.json()["error"] for method in allowed)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/api/job-search/settings", "GET, PUT"),
        ("DELETE", "/api/job-search/jobs/import", "POST"),
        ("DELETE", "/api/fleet/snapshots/import", "POST"),
    ],
)
def test_a_name_that_stands_where_an_id_could_has_its_own_methods(
    ada: Client, method: str, path: str, allow: str
) -> None:
    kind = "application/json" if method == "POST" else "text/csv"
    headers = {"authorization": f"Bearer {ada.token}", "content-type": kind}
    response = ada.http.request(method, path, headers=headers, content=b'{"rows": [{}]}')
    assert (response.status_code, response.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("table", ["a%0Ab", "%15%C3%81%0A", "jobs%0A"])
def test_a_line_end_in_an_address_is_no_address(ada: Client, table: str) -> None:
    refused = ada.call("POST", f"/job-search/{table}", {"rows": [{}]})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_a_method_that_http_knows_and_we_do_not_is_405_without_a_body_for_head(ada: Client) -> None:
    assert ada.http.options("/api/users").headers["allow"] == "GET, POST"
    response = ada.http.head("/api/users")
    assert (response.status_code, response.content) == (405, b"")


READS = [path for path, each in PATHS.items() if "get" in each and "{" not in path]


@pytest.mark.parametrize("path", READS)
def test_an_unknown_query_parameter_is_400_and_tells_the_known_ones(ada: Client, path: str) -> None:
    response = ada.http.get(f"{path}?limti=3", headers={"authorization": f"Bearer {ada.token}"})
    if response.status_code == 403:
        pytest.skip("not Ada's to read")
    refusal = response.json()
    assert (response.status_code, refusal["code"]) == (400, "invalid_parameter")
    assert [each["field"] for each in refusal["details"]] == ["query.limti"]
    known = [each["name"] for each in PATHS[path]["get"]["parameters"] if each["in"] == "query"]
    assert all(name in refusal["error"] for name in known)
    assert known or "has none" in refusal["error"]


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("limit=3&limit=4", "query.limit", "once, not 2 times"),
        ("cursor=%00", "query.cursor", "without control characters"),
        ("cursor=%ff", "query.cursor", "UTF-8"),
        ("%00=1", "query.'\\x00'", "no such query parameter"),
        ("is_active=perhaps", "query.is_active", "true or false"),
        ("team_id=9223372036854775808", "query.team_id", "less than or equal"),
        ("limit=", "query.limit", "integer"),
    ],
)
def test_a_query_parameter_that_cannot_be_meant_is_400_and_named(
    ada: Client, query: str, field: str, says: str
) -> None:
    response = ada.call("GET", f"/users?{query}")
    refusal = response.json()
    assert (response.status_code, refusal["code"]) == (400, "invalid_parameter")
    assert [each["field"] for each in refusal["details"]] == [field]
    assert says in refusal["error"]


@pytest.mark.parametrize("cursor", ["first", "-1", "1.5", "1e3", "٣", " 1", "9" * 19, "", "2025-02-30"])
def test_a_cursor_that_we_never_gave_is_400_on_every_list(ada: Client, cursor: str) -> None:
    for path in READS:
        known = [each["name"] for each in PATHS[path]["get"]["parameters"]]
        if "cursor" in known:
            response = ada.call("GET", path.removeprefix("/api"), cursor=cursor)
            assert response.status_code in (400, 403), f"{path}: {response.text}"


TEXTS = {"NUL": "\\u0000", "half a character": "\\ud800", "the other half": "\\udfff"}


@pytest.mark.parametrize("escape", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_that_no_database_keeps_is_422_wherever_it_is_in_a_body(ada: Client, escape: str) -> None:
    for body, field in (
        (f'{{"name": "a{escape}"}}', "body.name"),
        (f'{{"name": "A", "a{escape}": 1}}', "body"),
        (f'{{"name": "A", "x": [{{"y": "{escape}"}}]}}', "body.x.0.y"),
    ):
        response = ada.http.post(
            "/api/teams",
            content=body,
            headers={"authorization": f"Bearer {ada.token}", "content-type": "application/json"},
        )
        refusal = response.json()
        assert (response.status_code, refusal["code"]) == (422, "invalid_content")
        assert refusal["details"][0]["field"] == field


def test_a_whole_surrogate_pair_is_one_character(ada: Client) -> None:
    assert ada.post("/teams", {"name": "\U0001f680"})["name"] == "\U0001f680"


def test_a_path_that_holds_no_id_is_404(ada: Client) -> None:
    for word in ("%00", "%ff", "\ud7ff", "1%2F2", "0", "-1", str(2**63)):
        response = ada.http.get(f"/api/users/{word}", headers={"authorization": f"Bearer {ada.token}"})
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), word


def test_the_fallback_is_not_in_the_document() -> None:
    assert not [path for path in PATHS if "$" in path]
