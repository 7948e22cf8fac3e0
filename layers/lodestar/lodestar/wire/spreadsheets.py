"""What a spreadsheet may take for a formula (OWASP, "CSV Injection")."""

import unicodedata

_TRIGGERS = frozenset("=+-@|")
"""What begins a formula, or a command in the oldest of spreadsheets."""
_QUOTES = frozenset("\"'")  # a program that strips quotes looks behind them
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that show nothing


def begins_like_a_formula(text: str) -> bool:
    """Whether the first character that shows is one that begins a formula, in any of its widths."""
    # One by one: a character such as ¯ is a space and a mark to a program that takes widths apart. The marks
    # of a whole text would first be put in order, which takes the square of their number.
    for character in text:
        for plain in unicodedata.normalize("NFKC", character):
            if not is_skipped(plain):
                return plain in _TRIGGERS
    return False


def is_skipped(character: str) -> bool:
    """Whether programs may pass over a character at the beginning: controls, spaces, marks, quotes."""
    return character in _QUOTES or character in _FILLERS or unicodedata.category(character)[0] in "CMZ"
