"""Bodies before they fit a model, and refusals in words for people."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from lodestar.application.assignments.shapes import AssignmentDraft
from lodestar.application.people.shapes import UserDraft
from lodestar.domain.refusals import InvalidContent
from lodestar.runtime.validation import exact_object
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
