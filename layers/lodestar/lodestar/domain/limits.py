"""How much one call may carry."""

from lodestar.domain.refusals import TooLarge


def require_at_most(limit: int, number: int, what: str) -> None:
    """TooLarge for more things than one call takes; `what` they are in the plural, such as `people`."""
    if number > limit:
        raise TooLarge(f"One call takes at most {limit} {what}: send the {number} in parts.")
