"""Texts that attack whoever opens a file: those of the shared collection, and a few of our own."""

from hypothesis import strategies as st

from tests.shared_data import hostile_cases

SHARED = {case["id"]: case["payload"] for case in hostile_cases("csv")}

FORMULAS = {
    "equals": "=1+1",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "space": "  =1+1",
    "no-break space": "\u00a0=1+1",
    "zero width": "\u200b\ufeff=1+1",
    "right to left mark": "\u200f=1+1",
    "combining mark": "\u0301=1+1",
    "hangul filler": "\u3164=1+1",
    "braille blank": "\u2800=1+1",
    "full width": "＝1+1",
    "small form": "﹢1+1",
    "quoted": '"=1+1"',
    "pipe": "|calc",
    "behind a semicolon": "a; =1+1;b",
    "behind a line": "a\n=1+1",
    "vertical tab": "\x0b=1+1",
}
"""Each would run in some spreadsheet."""

STARTS = st.sampled_from(["=", "+", "-", "@", "|", "＝", "＋", "－", "＠"])
INVISIBLE = st.text(
    st.sampled_from('\t\r\n\v \u00a0\u2007\u200b\u200d\ufeff\u2060\u3000\u3164\u2028"'), max_size=4
)
