"""How large a request may be, and how much a refusal of it says: the whole table.

What is larger is refused before anything is made of it: lengths before texts are taken apart, counts before
values are compared with a model, a header before the lines below it.
"""

MAX_PATH_CHARACTERS = 1_000
MAX_QUERY_CHARACTERS = 8_000
"""Of a query string as it is sent, with its percent signs."""
MAX_QUERY_PARAMETERS = 100
MAX_HEADER_CHARACTERS = 8_000
"""Of one header's value."""

MAX_BODY_BYTES = 5 * 1024 * 1024
"""Of a body, JSON or CSV: what is left of Lambda's 6 MB once it is text in JSON, or base64."""
MAX_BODY_VALUES = 20_000
"""Fields of all objects and elements of all lists in a JSON body."""
MAX_BODY_VALUES_OF_ROWS = 100_000
"""As MAX_BODY_VALUES, of a body whose rows are judged one by one: a thousand rows of a hundred fields."""
MAX_BODY_NESTING = 32
"""Objects and lists that stand in one another."""
MAX_NAME_CHARACTERS = 200
"""Of a field's name in a JSON body."""
MAX_NUMBER_DIGITS = 1_000
"""Of a number in a JSON body, as it is written and written out: the database could not read a longer one."""

MAX_CSV_ROWS = 5_000
MAX_CSV_LINES = 100_000
"""Of a file, with the empty ones, and those that a cell has of its own."""
MAX_CSV_HEADER_CHARACTERS = 10_000
MAX_CSV_COLUMNS = 100
MAX_CSV_CELL_CHARACTERS = 100_000

MAX_DETAILS = 20
"""Faulty fields that a refusal names; of more it says how many."""
MAX_DETAIL_CHARACTERS = 300
"""Of a faulty field and what is wrong with it, together."""
MAX_FIELD_CHARACTERS = 100
"""Of the path of a field, as far as a refusal repeats it."""
MAX_SENTENCE_CHARACTERS = 1_000
"""Of the one sentence of a refusal."""


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters: of a longer one its beginning, and … for the rest."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
