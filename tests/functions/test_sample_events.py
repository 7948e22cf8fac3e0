"""Every function, called with its sample event through AWS's own runtime client in one running stack.

An answer has to fit the view that the OpenAPI document promises: the database writes the JSON, so that
nothing else would tell when the two drift apart.
"""

import shutil
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import httpx
import pytest
from pydantic import TypeAdapter

from local.running import Running, running_stack
from tests.e2e.slack_stub import slack_stub
from tests.functions.effects import EFFECTS
from tests.functions.samples import ROOT, SAMPLES, function_of, module_of, sample, signed
from tests.functions.world import World

API = [each for each in SAMPLES if each.startswith("api/")]
OTHERS = [each for each in SAMPLES if not each.startswith("api/")]


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """The template, running. Not in pytest's folder: the user of Postgres may not enter that."""
    data = Path(tempfile.mkdtemp(prefix="lodestar-functions-"))
    data.chmod(0o755)
    with running_stack(ROOT / "template.yaml", data) as running:
        running.migrate()
        yield running
    shutil.rmtree(data)


@pytest.fixture(scope="module")
def world(stack: Running) -> Iterator[World]:
    with slack_stub() as slack, httpx.Client(base_url=stack.base_url, timeout=30) as http:
        yield World(stack, http, slack)


@pytest.mark.parametrize("name", API)
def test_an_endpoint_answers_its_sample_event_as_its_document_says(name: str, world: World) -> None:
    endpoint = import_module(module_of(name)).handler
    answer = world.stack.invoke(function_of(name), signed(sample(name), world.stack))
    assert answer["statusCode"] == endpoint.route.success, answer["body"]
    assert answer["headers"]["Content-Type"] == "application/json; charset=utf-8"
    view = TypeAdapter(endpoint.view).validate_json(answer["body"], strict=True)
    if hasattr(view, "next_cursor"):
        assert any(rows for _, rows in view if isinstance(rows, list)), (
            "an empty page says nothing of its rows"
        )


@pytest.mark.parametrize("name", OTHERS)
def test_a_worker_or_schedule_does_with_its_sample_event_what_it_is_for(name: str, world: World) -> None:
    with EFFECTS[name](world):
        answer = world.stack.invoke(function_of(name), sample(name))
        assert not answer.get("batchItemFailures")
        world.stack.wait_idle()
