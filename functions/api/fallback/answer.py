"""$default: every request that no endpoint answers."""

from lodestar.domain.refusals import LodestarError
from lodestar.runtime.fallback import Fallback
from lodestar.runtime.routes import Methods, unroutable


@Fallback
def handler(method: str, path: str, known: Methods) -> LodestarError:
    """404 for an unknown address, 405 with the methods that it has for a known one."""
    return unroutable(method, path, known)
