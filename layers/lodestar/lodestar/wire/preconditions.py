"""Changing only what one has seen: If-Match (RFC 9110, 13.1.1)."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from lodestar.domain.refusals import Conflict, InvalidRequest

ANY = "*"
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")


def etag_of(text: str) -> str:
    """The strong entity tag of a view's text, in its quotes."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """The state that a change was made from: one of these entity tags; without any, whatever it is now."""

    tags: frozenset[str] | None = None

    @classmethod
    def of(cls, if_match: str | None) -> Self:
        """What an If-Match header demands. `*` is met by everything that is there; a weak tag never.

        Raises:
            InvalidRequest: it is neither `*` nor a list of entity tags.
        """
        if if_match is None or if_match.strip() == ANY:
            return cls()
        if not _TAGS.fullmatch(if_match):
            raise InvalidRequest('If-Match must be the ETag of an answer in its quotes, such as "0a1b…".')
        return cls(frozenset(re.findall(_TAG, if_match)))

    def require_met(self, current: Callable[[], str]) -> None:
        """Refuse the change of something that was changed since; its row is locked by now.

        `current` reads the text that GET answers now; it is asked only where there are tags to compare.

        Raises:
            Conflict: it is another one than the change was made from.
        """
        if self.tags is not None and etag_of(current()) not in self.tags:
            raise Conflict(
                "This was changed since you read it: read it again and make your change from what it is now.",
                code="version_mismatch",
            )


@dataclass(frozen=True, slots=True)
class Edit[Change]:
    """What to change, and the state that the change was made from."""

    change: Change
    precondition: Precondition = Precondition()
