"""The domain names a field; where in the request that stood, the wire says."""

import pytest

from lodestar.domain.refusals import Conflict, Detail, InvalidContent, InvalidRequest, LodestarError
from lodestar.wire.error_details import RequestDetail, error_details
from lodestar.wire.limits import MAX_DETAIL_CHARACTERS, MAX_DETAILS
from lodestar.wire.refusals import AnswerTooLarge


def told(error: LodestarError) -> list[tuple[str, str]]:
    return [(detail.field, detail.message) for detail in error_details(error)]


@pytest.mark.parametrize(
    ("refusal", "field"),
    [
        (InvalidContent.of("weight", "Too heavy."), "body.weight"),
        (InvalidContent.of("data_source.inputs.0.source.key", "No such KPI."), "body.data_source.inputs.0.source.key"),
        (InvalidRequest.of("from", "Behind to."), "query.from"),
        (AnswerTooLarge.of("limit", "Ask for less."), "query.limit"),
    ],
)  # fmt: skip
def test_a_field_stands_in_the_part_that_the_refusal_speaks_of(refusal: LodestarError, field: str) -> None:
    assert told(refusal) == [(field, refusal.message)]


@pytest.mark.parametrize("kind", [InvalidContent, InvalidRequest])
def test_a_path_that_says_where_it_stood_is_told_as_it_is(kind: type[LodestarError]) -> None:
    refusal = kind("Two.", [RequestDetail("header.Idempotency-Key", "Long."), Detail("name", "Short.")])
    part = "body" if kind is InvalidContent else "query"
    assert told(refusal) == [("header.Idempotency-Key", "Long."), (f"{part}.name", "Short.")]


def test_a_refusal_of_the_request_that_names_no_field_is_told_of_the_request() -> None:
    assert told(InvalidRequest("Nothing to calculate.")) == [("request", "Nothing to calculate.")]


def test_what_is_no_fault_of_a_field_has_no_details() -> None:
    assert told(Conflict("There is one already.")) == []


@pytest.mark.parametrize("described", [MAX_DETAILS, 300, 40_000])
def test_of_many_faults_the_first_ones_are_told_and_how_many_more_there_are(described: int) -> None:
    faults = [Detail(f"f{number}", "No such field.") for number in range(described)]
    *first, last = told(InvalidContent("Many.", faults, omitted=40_000 - described))
    assert first == [(f"body.f{number}", "No such field.") for number in range(MAX_DETAILS)]
    assert last == ("request", "and 39,980 more")


def test_faults_that_can_all_be_told_are() -> None:
    faults = [Detail(f"f{number}", "No such field.") for number in range(MAX_DETAILS)]
    assert len(told(InvalidContent("Many.", faults))) == MAX_DETAILS


@pytest.mark.parametrize(
    ("field", "message"), [("f" * 5_000, "Short."), ("f", "m" * 5_000), ("f" * 5_000, "m" * 5_000)]
)
def test_a_long_fault_is_cut_short(field: str, message: str) -> None:
    ((told_field, told_message),) = told(InvalidContent("Long.", [Detail(field, message)]))
    assert f"body.{field}".startswith(told_field.removesuffix("…"))
    assert message.startswith(told_message.removesuffix("…"))
    assert len(told_field + told_message) <= MAX_DETAIL_CHARACTERS
