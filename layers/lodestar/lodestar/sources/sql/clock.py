"""Layer 1, the clock: a query means the same whenever it runs.

Promises that no constant text is read as the clock. Made against `'now'`, `'today allballs utc'` and their
kin, which PostgreSQL reads as the time at which it reads them; a text that is put together, or pushed as an
attribute, is no constant and may not be cast to a time at all (server.py).
"""

import re

from lodestar.sources.sql.errors import QueryRefused

CLOCK = "Use :start_date and :end_date instead of the clock."
CLOCK_WORDS = frozenset({"now", "today", "tomorrow", "yesterday"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "tues", "wed", "weds", "thu", "thur", "thurs", "fri", "sat")
_LONG = (
    *("january", "february", "march", "april", "june", "july", "august", "september", "october", "november"),
    *("december", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
)
_OF_TIMES = frozenset(
    {
        *(*_MONTHS, *_DAYS, *_LONG, *CLOCK_WORDS),
        *("ad", "bc", "am", "pm", "at", "on", "of", "st", "nd", "rd", "th", "t", "z", "j", "jd", "dst"),
        *("allballs", "epoch", "infinity", "zulu", "utc", "gmt", "ut", "y", "m", "d", "h", "mm", "s"),
    }
)
"""The words that PostgreSQL knows in a time, but for the names of time zones."""


def check_constant(text: str) -> None:
    """A constant text is plain, and no time that moves.

    A time has a time zone at most beside the words that PostgreSQL knows, so a text with two other words is
    none: 'due today or later' is an honest text, 'today later' is refused for being on the safe side.

    Raises:
        QueryRefused: it may be the clock, or looks like a template.
    """
    if "{" in text or "}" in text:
        raise QueryRefused("text_not_plain", "A query is no template: write :name instead of braces.")
    words = re.findall(r"[a-z0-9_/+\-]+", text.lower())
    inside = [set(re.findall(r"[a-z]+", word)) for word in words]
    clock = sorted(set[str]().union(*inside) & CLOCK_WORDS)
    others = [letters for letters in inside if letters - _OF_TIMES]
    if clock and len(others) <= 1:
        raise QueryRefused("function_not_allowed", f"{CLOCK} The text '{clock[0]}' stands for it.")
