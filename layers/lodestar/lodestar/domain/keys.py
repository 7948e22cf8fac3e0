"""The key of a KPI, made of its name."""

import re
import unicodedata
from collections.abc import Collection

MAX_KEY_LENGTH = 80

_NO_SLUG = re.compile(r"[^a-z0-9]+")
_NO_LETTERS = "kpi"
"""The key of a name that has no letter or digit of the Latin alphabet."""


def key_of_name(name: str, taken: Collection[str]) -> str:
    """A slug of a name that is none of those `taken`: `Average Resolution Time` is `average_resolution_time`.

    Letters lose their accents, whatever else a slug cannot hold becomes `_`, and a name that is taken gets
    the first free number from 2 on.
    """
    slug = _cut(_NO_SLUG.sub("_", _without_accents(name.casefold())), "") or _NO_LETTERS
    if slug not in taken:
        return slug
    # One of them is free: there is one more than are taken.
    numbered = (_cut(slug, f"_{number}") for number in range(2, len(taken) + 3))
    return next(key for key in numbered if key not in taken)


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part)).lower()


def _cut(slug: str, ending: str) -> str:
    return slug.strip("_")[: MAX_KEY_LENGTH - len(ending)].rstrip("_") + ending
