"""Access tokens, verified by the function itself: no authorizer of an HTTP API lets some pass without one."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt

from lodestar.domain.refusals import Unavailable
from lodestar.wire.refusals import Unauthenticated

ALGORITHMS = ("RS256",)
"""What Cognito signs with; named here, for a token must not choose how it is checked."""
KEYS_SECONDS = 3.0
"""How long the key set may take: with the database's time under the 5 s of a clear 503."""
KEYS_LIFESPAN = 3600.0


def verified_claims(token: str, issuer: str) -> Mapping[str, Any]:
    """The claims of a token that `issuer` signed and that has not expired.

    Raises:
        Unauthenticated: it is malformed, forged, expired or somebody else's.
        Unavailable: the issuer's keys are out of reach.
    """
    try:
        key = _key(jwt.get_unverified_header(token).get("kid", ""), issuer)
        # Cognito's access tokens name a client_id, which `identify` checks, instead of an audience.
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=issuer,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )
    except jwt.PyJWTError as error:
        raise Unauthenticated("The token is not valid: sign in again.") from error
    return claims


def _key(key_id: str, issuer: str) -> jwt.PyJWK:
    try:
        return _key_set(issuer).get_signing_key(key_id)
    except (jwt.PyJWKClientConnectionError, OSError, ValueError) as error:  # no answer, or none of JSON
        raise Unavailable("The keys that tokens are checked with are out of reach; try again.") from error


@cache
def _key_set(issuer: str) -> jwt.PyJWKClient:
    """The issuer's keys; an unknown key id has them fetched anew at most twice a minute."""
    where = f"{issuer}/.well-known/jwks.json"
    return jwt.PyJWKClient(where, lifespan=KEYS_LIFESPAN, timeout=KEYS_SECONDS)
