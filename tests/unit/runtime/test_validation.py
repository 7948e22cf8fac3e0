"""Bodies before they fit a model, and refusals in words for people."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from lodestar.application.assignments.shapes import AssignmentDraft
from lodestar.application.people.shapes import UserDraft
from lodestar.domain.refusals import InvalidContent, TooLarge
from lodestar.runtime.validation import exact_object, refused_request
from lodestar.wire.limits import MAX_BODY_VALUES, MAX_BODY_VALUES_OF_ROWS, MAX_DETAILS, MAX_NAME_CHARACTERS
from lodestar.wire.sentences import sentence


@pytest.mark.parametrize("text", ['{"value": 1, "value": 2}', '{"inner": [{"a": 1, "a": 1}]}'])
def test_a_field_that_comes_twice_is_refused_instead_of_choosing_one(text: str) -> None:
    with pytest.raises(InvalidContent, match="twice in one object"):
        exact_object(text)


def test_the_same_field_of_two_objects_is_no_repetition() -> None:
    assert exact_object('{"rows": [{"a": 1}, {"a": 2}]}') == {"rows": [{"a": 1}, {"a": 2}]}


def told(model: type, body: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(model).validate_python(body)
    return [sentence(error) for error in refused.value.errors()]


def test_refusals_speak_of_json_and_examples_and_not_of_python() -> None:
    words = told(UserDraft, {"name": "A", "email": "bad", "team_id": "x", "external_ids": 5})
    words += told(AssignmentDraft, {"kpi_definition_id": 1, "start_date": "2026-13-01", "target_value": "x"})
    assert "Input should be an email address, such as ada@example.com." in words
    assert "Input should be a JSON object." in words
    assert not [word for word in words if "dictionary" in word or "parse" in word or "^" in word]


@pytest.mark.parametrize(
    "number",
    [
        "1" * 1001,
        "-" + "1" * 5_000,
        "1." + "1" * 100_000,
        "1e400000",
        "-1E-400000",
        "1e99999999999999999999",
        "0e9" + "9" * 30,
    ],
)
def test_a_number_beyond_all_measures_is_refused_as_what_it_is(number: str) -> None:
    with pytest.raises(InvalidContent, match="at most 1,000 digits") as refused:
        exact_object(f'{{"value": {number}}}')
    assert len(refused.value.message) < 100


def test_the_longest_number_and_the_longest_name_are_taken() -> None:
    longest = {"n" * MAX_NAME_CHARACTERS: 10**999}
    assert exact_object(json.dumps(longest)) == longest
    with pytest.raises(InvalidContent, match="a name of more than 200 characters"):
        exact_object(json.dumps({"n" * (MAX_NAME_CHARACTERS + 1): 1}))


def test_a_body_may_hold_so_many_values_and_one_of_rows_more() -> None:
    many, more = (
        json.dumps({"rows": [1] * (most - 1)}) for most in (MAX_BODY_VALUES, MAX_BODY_VALUES_OF_ROWS)
    )
    assert len(exact_object(many)["rows"]) == MAX_BODY_VALUES - 1
    assert len(exact_object(more, {"rows"})["rows"]) == MAX_BODY_VALUES_OF_ROWS - 1
    with pytest.raises(TooLarge, match="at most 20,000 values"):
        exact_object(more)


def test_of_many_faults_only_those_that_are_told_are_put_into_words() -> None:
    refusal = refused_request(
        RequestValidationError(
            [
                {"type": "missing", "loc": ("body", f"f{number}"), "msg": "Field required"}
                for number in range(40_000)
            ]
        )
    )
    assert (len(refusal.details), refusal.omitted) == (MAX_DETAILS, 39_980)


def test_of_many_texts_that_cannot_be_kept_the_first_ones_are_told() -> None:
    with pytest.raises(InvalidContent, match=r"body\.a\.0: A text must") as refused:
        exact_object(json.dumps({"a": ["\ud800"] * 300}))
    assert (len(refused.value.details), refused.value.omitted) == (MAX_DETAILS, 280)
