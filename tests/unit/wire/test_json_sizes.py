"""The size of a JSON text, told without parsing it."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.refusals import InvalidContent, TooLarge
from lodestar.wire.json_sizes import require_moderate
from lodestar.wire.limits import MAX_BODY_BYTES, MAX_BODY_NESTING

texts = st.text(st.sampled_from('ab\\",[]{}:\né\x00'), max_size=8)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(texts, inner, min_size=1, max_size=4),
    max_leaves=20,
)  # fmt: skip


def size_of(value: Any) -> int:
    """Fields and elements: what the text is told to have."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return len(inner) + sum(map(size_of, inner))


@given(values, st.booleans())
def test_fields_and_elements_are_counted_and_what_stands_in_strings_is_not(
    value: Any, ascii_only: bool
) -> None:
    text, size = json.dumps(value, ensure_ascii=ascii_only), size_of(value)
    require_moderate(text, size)
    if size:
        with pytest.raises(TooLarge, match=f"about {size:,}"):
            require_moderate(text, size - 1)


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}"), ('[{"[":', "}]")])
def test_what_is_nested_too_deeply_is_refused(opens: str, closes: str) -> None:
    times = MAX_BODY_NESTING // (len(closes))
    require_moderate(opens * times + "1" + closes * times, 1000)
    with pytest.raises(InvalidContent, match="at most 32 objects and lists in one another"):
        require_moderate(opens * (times + 1) + "1" + closes * (times + 1), 1000)


@pytest.mark.parametrize(
    "part", ['"', '\\"', '"\\', "[", "]", "{}", '"",', '"\\"",', "1,", "\\\\", '{"a":'], ids=repr
)  # fmt: skip
def test_the_longest_body_of_any_part_is_measured_in_no_time(part: str) -> None:
    text = part * (MAX_BODY_BYTES // len(part))
    begins = time.process_time()
    with contextlib.suppress(TooLarge, InvalidContent):
        require_moderate(text, 100_000)
    assert time.process_time() - begins < 2


def test_what_is_not_closed_is_left_to_the_parser_but_for_its_elements() -> None:
    require_moderate("[" * 100_000, 1000)
    with pytest.raises(TooLarge):
        require_moderate("[" + "1," * 1001, 1000)
