"""Doing again at once what a passing fault of the database has ended."""

import random
import time
from collections.abc import Callable

from lodestar.domain.refusals import Contended, Interrupted
from lodestar.runtime.telemetry import logger

MAX_TRIES = 4
"""The first and three more."""
_LONGEST_WAIT = 0.2
"""Seconds before the second try, and twice as long before each further one; the wait is drawn from 0 up."""


def tried_again[Result](attempt: Callable[[], Result], seconds: float) -> Result:
    """What `attempt` gives, which is made anew where rows were contended or the connection broke.

    Each try starts from nothing, with a new connection if the old one is broken; none begins when `seconds`
    have passed since the first.

    Raises:
        Contended, Interrupted: of the last try.
    """
    ends = time.monotonic() + seconds
    for number in range(MAX_TRIES - 1):
        try:
            return attempt()
        except (Contended, Interrupted) as fault:
            wait = random.random() * _LONGEST_WAIT * 2**number  # noqa: S311 — jitter, not a secret
            if time.monotonic() + wait > ends:
                raise
            logger.info("tried again", extra={"fault": fault.code, "try": number + 2})
            time.sleep(wait)
    return attempt()
