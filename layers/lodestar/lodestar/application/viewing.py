"""Small helps for use cases that only read."""

from lodestar.domain.errors import NotFound


def found(text: str | None, what: str) -> str:
    """The view's text.

    Raises:
        NotFound: there is none. The sentence is the same for an unknown id and another company's.
    """
    if text is None:
        raise NotFound(f"There is no such {what}.")
    return text
