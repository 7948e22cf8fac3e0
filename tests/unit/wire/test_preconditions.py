"""What an If-Match header demands (RFC 9110, 13.1.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.refusals import Conflict, InvalidRequest
from lodestar.wire.preconditions import Precondition, etag_of

TAGS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"')).map(
    '"{}"'.format
)
SPACE = st.sampled_from(["", " ", "\t", "  "])


@given(st.lists(TAGS, min_size=1), SPACE, st.text())
def test_a_state_in_the_list_is_fine_and_any_other_is_stale(tags: list[str], space: str, text: str) -> None:
    listed = f"{space},{space}".join([*tags, etag_of(text)])
    Precondition.of(listed).require_met(lambda: text)
    with pytest.raises(Conflict) as stale:
        Precondition.of(listed).require_met(lambda: f"{text}!")
    assert stale.value.code == "version_mismatch"


@given(st.text())
def test_a_weak_tag_never_matches(text: str) -> None:
    with pytest.raises(Conflict):
        Precondition.of(f"W/{etag_of(text)}").require_met(lambda: text)


@pytest.mark.parametrize("header", [None, "*", " * "])
def test_without_a_tag_any_state_is_fine_and_none_is_read(header: str | None) -> None:
    Precondition.of(header).require_met(lambda: pytest.fail("nothing is to be read"))


@pytest.mark.parametrize(
    "header", ["", "a", "'a'", '"a', '"a" "b"', '"a",', ', "a"', "*, *", 'w/"a"', '"a\x7f"']
)
def test_what_is_no_list_of_tags_is_refused(header: str) -> None:
    with pytest.raises(InvalidRequest):
        Precondition.of(header)


@given(st.text(), st.text())
def test_different_texts_have_different_tags(one: str, other: str) -> None:
    assert (etag_of(one) == etag_of(other)) == (one == other)
