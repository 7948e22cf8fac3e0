"""If-Match over HTTP: nobody overwrites what they have not seen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest

from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found

RECORDS = {"type": "records", "source": "calls", "method": "sum"}
FROM_TODAY = {"start_date": datetime.now(UTC).date().isoformat()}
"""Terms that run today, which is where a change counts from that names no day."""


_numbers = count(1)


@dataclass(frozen=True)
class Thing:
    """Something that can be read and changed at one address; `changes` are two from the `start`."""

    admin: Client
    path: str
    made: httpx.Response
    changes: tuple[Body, Body]
    start: Body

    def read(self) -> httpx.Response:
        return self.admin.call("GET", self.path)

    def change(self, body: Body, if_match: str | None = None) -> httpx.Response:
        headers = {} if if_match is None else {"if-match": if_match}
        return self.admin.call("PUT", self.path, body, headers=headers)


@pytest.fixture(scope="module")
def ada(found_company: Found) -> Client:
    return found_company("edits")


@pytest.fixture(params=["definition", "assignment"])
def thing(ada: Client, request: pytest.FixtureRequest) -> Thing:
    key = f"kpi-{next(_numbers)}"
    draft = {"key": key, "name": key, "data_source": RECORDS, "aggregation_period": "daily"}
    made = ada.call("POST", "/kpis/definitions", draft)
    assert made.status_code == 201, made.text
    if request.param == "definition":
        path = f"/kpis/definitions/{made.json()['id']}"
        return Thing(
            ada, path, made, ({"name": "First"}, {"description": "Second"}), {"name": key, "description": ""}
        )
    user = ada.create_user("Una", f"{key}@edits.test")
    goal = {"kpi_definition_id": made.json()["id"], "target_value": 1, **FROM_TODAY}
    assigned = ada.call("POST", f"/users/{user['id']}/kpis/assign", goal)
    path = f"/users/{user['id']}/kpis/{assigned.json()['id']}"
    return Thing(ada, path, assigned, ({"weight": 2}, {"target_value": 9}), {"weight": 1, "target_value": 1})


def test_what_is_made_read_and_changed_has_the_same_etag_for_the_same_state(thing: Thing) -> None:
    assert thing.made.headers["etag"] == thing.read().headers["etag"]
    changed = thing.change(thing.changes[0])
    assert changed.headers["etag"] == thing.read().headers["etag"] != thing.made.headers["etag"]


def test_a_change_of_what_was_seen_is_made(thing: Thing) -> None:
    assert thing.change(thing.changes[0], thing.made.headers["etag"]).status_code == 200
    seen = thing.read().headers["etag"]
    assert thing.change(thing.changes[1], f'"other", {seen}').status_code == 200


def test_a_change_of_what_was_changed_since_is_409_and_changes_nothing(thing: Thing) -> None:
    seen = thing.read().headers["etag"]
    thing.change(thing.changes[0])
    now = thing.read()
    refused = thing.change(thing.changes[1], seen)
    assert (refused.status_code, refused.json()["code"]) == (409, "version_mismatch")
    assert "read it again" in refused.json()["error"]
    assert thing.read().content == now.content


def test_a_weak_tag_never_matches_and_a_star_always(thing: Thing) -> None:
    seen = thing.read().headers["etag"]
    assert thing.change(thing.changes[0], f"W/{seen}").status_code == 409
    assert thing.change(thing.changes[0], "*").status_code == 200


@pytest.mark.parametrize("if_match", ["abc", '"a" "b"', '"a', "", "*, *"])
def test_an_if_match_that_is_no_list_of_tags_is_400(thing: Thing, if_match: str) -> None:
    refused = thing.change(thing.changes[0], if_match)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


def test_of_two_who_saw_the_same_one_changes_it(thing: Thing) -> None:
    for _ in range(5):
        seen = thing.change(thing.start).headers["etag"]
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(lambda body, tag=seen: thing.change(body, tag), thing.changes))
        assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_a_change_of_nothing_leaves_the_etag_as_it_was(thing: Thing) -> None:
    assert thing.change(thing.start).headers["etag"] == thing.made.headers["etag"]


def test_two_who_change_different_fields_at_the_same_time_lose_none(thing: Thing) -> None:
    for _ in range(5):
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(thing.change, thing.changes))
        assert [answer.status_code for answer in answers] == [200, 200]
        now = thing.read().json()
        for change in thing.changes:
            assert change.items() <= now.items()
