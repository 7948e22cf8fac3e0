"""The size of a JSON text, told before it is parsed: by its commas and brackets."""

from itertools import accumulate

from lodestar.domain.refusals import InvalidContent, TooLarge
from lodestar.wire.error_details import RequestDetail
from lodestar.wire.limits import MAX_BODY_NESTING

_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def require_moderate(text: str, max_values: int) -> None:
    """Refuse a JSON text of more values, or deeper, than is ever meant; what is no JSON may pass.

    Raises:
        TooLarge: its objects and lists hold more than `max_values` fields and elements.
        InvalidContent: they stand in one another more than MAX_BODY_NESTING deep.
    """
    structure = _without_strings(text)
    # What is not closed is no JSON, and no parser gets far into it.
    brackets = min(structure.count("[") + structure.count("{"), structure.count("]") + structure.count("}"))
    # A list of n elements has n - 1 commas: with its own bracket that makes n.
    values = structure.count(",") + brackets
    if values > max_values:
        raise TooLarge(
            f"The body may hold at most {max_values:,} values (fields and elements of lists), "
            f"and has about {values:,}: send it in parts."
        )
    if brackets > MAX_BODY_NESTING and _depth(structure) > MAX_BODY_NESTING:
        rule = (
            f"The body is nested too deeply: put at most {MAX_BODY_NESTING} objects and lists in one another."
        )
        raise InvalidContent(rule, [RequestDetail("body", rule)])


def _without_strings(text: str) -> str:
    """What stands between the strings. A quote inside of one is escaped, and so is a backslash before it."""
    return "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])


def _depth(structure: str) -> int:
    steps = (_STEPS[character] for character in structure if character in _STEPS)
    return max(accumulate(steps), default=0)
