"""What a body that does not fit its model is told: JSON and examples, where pydantic speaks of Python."""

from collections.abc import Mapping
from typing import Any

from lodestar.wire.fields import CURRENCY, EMAIL, ROLE_NAME, SLUG

_SHAPES: Mapping[str, str] = {
    EMAIL: "Input should be an email address, such as ada@example.com.",
    SLUG: "Input should be lower-case words of letters and digits joined by - or _, such as calls_made.",
    ROLE_NAME: "Input should be 2 to 40 of a-z, 0-9 and _, beginning with a letter, such as sales_lead.",
    CURRENCY: "Input should be the three capital letters of a currency, such as EUR.",
}
"""What a text of a pattern should look like."""
_IN_PLAIN_WORDS: Mapping[str, str] = {
    "bool_parsing": "Input should be true or false.",
    "date_from_datetime_parsing": "Input should be an existing date, such as 2026-03-02.",
    "dict_type": "Input should be a JSON object.",
    "extra_forbidden": "There is no such field: remove it or mend its name.",
    "int_parsing": "Input should be a whole number, such as 5.",
    "missing": "This field is required.",
    "model_attributes_type": "Input should be a JSON object.",
    "model_type": "Input should be a JSON object.",
    "string_pattern_mismatch": "Input should look otherwise: see its pattern at GET /api/openapi.json.",
    "timezone_aware": "Input should name its timezone, such as 2026-03-02T09:00:00Z.",
}
"""By pydantic's name of an error: what it would say in words of Python."""


def sentence(problem: Mapping[str, Any]) -> str:
    """What one of pydantic's errors asks the client to change."""
    about = problem.get("ctx", {})
    match problem["type"]:
        case kind if kind in _IN_PLAIN_WORDS:
            return _SHAPES.get(about.get("pattern", ""), _IN_PLAIN_WORDS[kind])
        case "too_short":
            return f"Input should have at least {about['min_length']} item{'s' * (about['min_length'] > 1)}."
        case "union_tag_invalid":
            return f"{about['discriminator'].strip(chr(39))} should be one of {about['expected_tags']}."
    text = str(problem["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."
