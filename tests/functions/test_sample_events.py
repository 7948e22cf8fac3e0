"""Every function, called with its sample event through AWS's own runtime client in one running stack.

An answer has to fit the view that the OpenAPI document promises: the database writes the JSON, so that
nothing else would tell when the two drift apart.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from local.running_stack import RunningStack, running_stack
from lodestar.runtime.errors import ErrorBody
from tests.e2e.slack_stub import slack_stub
from tests.functions.answers import assert_example_fits, record
from tests.functions.effects import EFFECTS
from tests.functions.samples import ROOT, SAMPLES, function_of, module_of, sample, signed
from tests.functions.world import World

FALLBACK = "api/fallback/answer"
API = [each for each in SAMPLES if each.startswith("api/") and each != FALLBACK]
OTHERS = [each for each in SAMPLES if not each.startswith("api/")]


def pages_of(name: str) -> bool:
    """Whether an endpoint answers a list in pages."""
    return "next_cursor" in getattr(import_module(module_of(name)).handler.view, "model_fields", ())


LISTS = [each for each in API if pages_of(each)]


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """The template, running. Not in pytest's folder: the user of Postgres may not enter that."""
    data = Path(tempfile.mkdtemp(prefix="lodestar-functions-"))
    data.chmod(0o755)
    with running_stack(ROOT / "template.yaml", data) as running:
        running.migrate()
        yield running
    shutil.rmtree(data)


@pytest.fixture(scope="module")
def world(stack: RunningStack) -> Iterator[World]:
    with slack_stub() as slack, httpx.Client(base_url=stack.base_url, timeout=30) as http:
        yield World(stack, http, slack)


type Answers = Callable[[str], Any]


@pytest.fixture(scope="module")
def answer_to(world: World) -> Answers:
    """What a function answers to its sample event, which it is sent once."""
    return cache(lambda name: world.stack.invoke(function_of(name), signed(sample(name), world.stack)))


@pytest.mark.parametrize("name", API)
def test_an_endpoint_answers_its_sample_event_as_its_document_says(name: str, answer_to: Answers) -> None:
    endpoint = import_module(module_of(name)).handler
    answer = answer_to(name)
    assert answer["statusCode"] == endpoint.route.success, answer["body"]
    if endpoint.file_format:
        assert answer["isBase64Encoded"]
        assert answer["headers"]["Content-Type"] == endpoint.file_format.media_type
        assert answer["headers"]["content-disposition"].startswith("attachment; filename=")
        return
    assert answer["headers"]["Content-Type"] == "application/json; charset=utf-8"
    view = TypeAdapter(endpoint.view).validate_json(answer["body"], strict=True)
    if hasattr(view, "next_cursor"):
        assert any(rows for _, rows in view if isinstance(rows, list)), (
            "an empty page says nothing of its rows"
        )


@pytest.mark.parametrize("name", API)
def test_the_example_of_an_answer_has_the_fields_that_the_sample_event_is_answered_now(
    name: str, answer_to: Answers, request: pytest.FixtureRequest
) -> None:
    answer = answer_to(name)
    if request.config.getoption("--record-answers"):
        record(name, answer)
    assert_example_fits(name, answer)


@pytest.mark.parametrize("name", LISTS)
def test_pages_of_one_row_hold_the_rows_of_one_long_page_in_its_order(name: str, world: World) -> None:
    event = sample(name)
    email = event["requestContext"]["authorizer"]["jwt"]["claims"]["username"]
    reader = world.person(email)
    path = event["rawPath"].removeprefix("/api")
    query = {
        key: value for key, value in (event.get("queryStringParameters") or {}).items() if key != "limit"
    }
    whole = reader.get(path, **query, limit=200)
    rows = next(key for key, value in whole.items() if isinstance(value, list))  # the list comes first
    assert whole["next_cursor"] is None
    assert whole[rows]
    pages = list(reader.pages(path, 1, **query))
    assert [len(page[rows]) for page in pages] == [1] * len(whole[rows])
    assert [page[rows][0] for page in pages] == whole[rows]


def test_what_no_endpoint_answers_is_refused_in_the_shape_of_every_error(world: World) -> None:
    answer = world.stack.invoke(function_of(FALLBACK), sample(FALLBACK))
    assert answer["statusCode"] == 404
    refusal = ErrorBody.model_validate_json(answer["body"], strict=True)
    assert (refusal.code, refusal.request_id) == (
        "not_found",
        sample(FALLBACK)["requestContext"]["requestId"],
    )


@pytest.mark.parametrize("name", OTHERS)
def test_a_worker_or_schedule_does_with_its_sample_event_what_it_is_for(name: str, world: World) -> None:
    with EFFECTS[name](world):
        answer = world.stack.invoke(function_of(name), sample(name))
        assert not answer.get("batchItemFailures")
        world.stack.wait_idle()
