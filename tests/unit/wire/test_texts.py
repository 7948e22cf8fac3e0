"""Texts that people see hold no characters that turn the direction of what stands around them."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lodestar.domain.refusals import InvalidContent
from lodestar.runtime.validation import exact_object
from lodestar.wire.fields import PLAIN, PLAIN_NOT_BLANK, Name, Text, plain_text

TURNING = [chr(number) for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
RULE = "must not hold characters that turn the direction of a text (U+202A to U+202E and U+2066 to U+2069)"
a_turn = st.sampled_from(TURNING)
some_text = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=TURNING), max_size=20)
RIGHT_TO_LEFT = "مبيعات \u200fQ1\u200e – מכירות"


@given(some_text, a_turn, some_text)
def test_a_turn_is_refused_wherever_it_stands(before: str, turn: str, after: str) -> None:
    text = before + turn + after
    for kind in (Name, Text):
        with pytest.raises(ValidationError, match=re.escape(RULE)):
            TypeAdapter(kind).validate_python(text)
    for pattern in (PLAIN, PLAIN_NOT_BLANK):
        assert re.match(pattern, text) is None


@given(some_text)
def test_every_other_text_is_taken_as_it_is(text: str) -> None:
    assert plain_text(text) == text
    assert re.match(PLAIN, text)
    assert exact_object(json.dumps({"name": text})) == {"name": text}
    assert exact_object(json.dumps({"name": text}, ensure_ascii=False)) == {"name": text}


def test_scripts_that_run_from_right_to_left_need_no_turns() -> None:
    assert TypeAdapter(Name).validate_python(RIGHT_TO_LEFT) == RIGHT_TO_LEFT
    assert exact_object(json.dumps({"name": RIGHT_TO_LEFT})) == {"name": RIGHT_TO_LEFT}


@pytest.mark.parametrize("turn", TURNING, ids=lambda turn: f"U+{ord(turn):04X}")
@pytest.mark.parametrize("is_escaped", [True, False])
def test_a_body_holds_none_in_any_depth_and_the_refusal_names_the_field(turn: str, is_escaped: bool) -> None:
    body = {"meta_data": {"a": [{"b": f"x{turn}"}]}, "name": f"{turn}y", f"{turn}z": 1}
    with pytest.raises(InvalidContent, match="turn the direction") as refused:
        exact_object(json.dumps(body, ensure_ascii=is_escaped))
    details = refused.value.details
    assert [detail.field for detail in details] == ["body.meta_data.a.0.b", "body.name", "body"]
    assert {detail.message for detail in details} == {f"A text {RULE}: take them out."}
