"""The key of a KPI that comes without one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.keys import MAX_KEY_LENGTH, key_of_name

SLUG = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
NAMES = st.text(min_size=1, max_size=200) | st.from_regex(r"[A-Za-z ]{1,90}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Average Resolution Time", "average_resolution_time"),
        ("  CSAT (4–5), in % ", "csat_4_5_in"),
        ("Übergröße à la carte", "ubergrosse_a_la_carte"),
        ("MRR_growth--2026", "mrr_growth_2026"),
        ("満足度", "kpi"),
        ("% ?", "kpi"),
    ],
)
def test_a_key_is_what_a_name_has_of_plain_letters_and_digits(name: str, key: str) -> None:
    assert key_of_name(name, ()) == key


def test_a_name_that_is_taken_gets_the_first_free_number() -> None:
    assert key_of_name("Calls", {"calls"}) == "calls_2"
    assert key_of_name("Calls", {"calls", "calls_2", "calls_4"}) == "calls_3"


@given(st.lists(NAMES, min_size=1, max_size=8))
def test_every_name_gets_a_short_slug_of_its_own(names: list[str]) -> None:
    keys: list[str] = []
    for name in names + names[:1] * 12:
        keys.append(key_of_name(name, keys))
    assert len(set(keys)) == len(keys)
    assert all(SLUG.fullmatch(key) and len(key) <= MAX_KEY_LENGTH for key in keys)
