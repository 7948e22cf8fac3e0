"""The committed OpenAPI document: the one that the handlers make, valid, and complete for every operation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contract import __main__ as contract
from tests.architecture.house import FUNCTIONS
from tests.conformance import Contract, committed

SPOKEN = {"get", "post", "put", "delete"}
DOCUMENT = committed().document
OPERATIONS = [
    (path, method) for path, each in DOCUMENT["paths"].items() for method in sorted(SPOKEN & each.keys())
]


def lacks(document: Any, path: str, method: str) -> Iterator[str]:
    """What a reader of one operation would miss, and its examples that break their schemas."""
    held = Contract(document)
    operation = document["paths"][path][method]
    described = {each["name"] for each in document["tags"] if each["description"]}
    if not set(operation["tags"]) or not set(operation["tags"]) <= described:
        yield "a described tag"
    if not operation.get("summary", "").endswith("."):
        yield "a summary"
    if "requestBody" in operation:
        yield from _content_lacks("the body", operation["requestBody"]["content"], held)
    for parameter in operation["parameters"]:
        if "example" in parameter and (found := held.misfit(parameter["example"], parameter["schema"])):
            yield f"a fitting example of {parameter['name']}: {found}"
    for status, told in operation["responses"].items():
        response = held.resolved(told)
        if status not in ("303", "304"):
            yield from _content_lacks(f"the answer {status}", response.get("content", {}), held)
    if not {"400", "429", "503"} <= operation["responses"].keys():
        yield "its refusals"


def _content_lacks(what: str, contents: Any, held: Contract) -> Iterator[str]:
    if not contents:
        yield f"content of {what}"
    for kind, each in contents.items():
        if kind not in ("application/json", "text/csv"):
            continue  # a file of bytes has no example
        if "example" not in each:
            yield f"an example of {what}"
        elif found := held.misfit(each["example"], each["schema"]):
            yield f"a fitting example of {what}: {found}"


def test_the_committed_document_is_the_one_of_the_handlers() -> None:
    assert contract.is_current(), "openapi.json is not what the handlers say: run `make openapi`."


def test_the_document_is_valid_openapi_3_1() -> None:
    assert [iter_error.message for iter_error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_document_has_an_operation_for_each_endpoint() -> None:
    files = [file for file in (FUNCTIONS / "api").glob("*/*.py") if file.parent.name != "fallback"]
    assert len(OPERATIONS) == len(files)


def test_no_two_models_share_a_name() -> None:
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name] == []


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda each: each)
def test_an_operation_is_documented_with_examples_that_fit_their_schemas(path: str, method: str) -> None:
    assert list(lacks(DOCUMENT, path, method)) == []


# Each guard, seen to fail on a defect.


def test_the_check_finds_a_document_that_is_old(tmp_path: Path) -> None:
    written = tmp_path / "openapi.json"
    assert not contract.is_current(written)
    written.write_text(contract.made().replace("Lodestar", "Polaris"), encoding="utf-8")
    assert not contract.is_current(written)
    contract.main(written)
    assert contract.is_current(written)


def test_the_validator_finds_a_document_that_is_no_openapi() -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    del broken["info"]["version"]
    assert list(OpenAPIV31SpecValidator(broken).iter_errors()) != []


@pytest.mark.parametrize(
    ("place", "value", "lack"),
    [
        (["tags"], ["unknown"], "a described tag"),
        (["summary"], "", "a summary"),
        (
            ["requestBody", "content", "application/json", "example"],
            {"name": 3},
            "a fitting example of the body",
        ),
        (
            ["responses", "201", "content", "application/json", "example"],
            {},
            "a fitting example of the answer 201",
        ),
        (["responses", "201", "content", "application/json"], {"schema": {}}, "an example of the answer 201"),
        (["responses", "400"], {}, "content of the answer 400"),
    ],
    ids=lambda each: str(each)[:20],
)
def test_the_guard_finds_what_an_operation_lacks(place: list[str], value: Any, lack: str) -> None:
    broken = json.loads(json.dumps(DOCUMENT))
    *way, last = place
    spot = broken["paths"]["/api/teams"]["post"]
    for step in way:
        spot = spot[step]
    spot[last] = value
    assert any(each.startswith(lack) for each in lacks(broken, "/api/teams", "post"))
