"""$default: every request that no endpoint answers."""

from lodestar.domain.refusals import LodestarError
from lodestar.runtime.addresses import Methods, misdirected
from lodestar.runtime.fallback import Fallback


@Fallback
def handler(method: str, path: str, known: Methods) -> LodestarError:
    """404 for an unknown address, 405 with the methods that it has for a known one."""
    return misdirected(method, path, known)
