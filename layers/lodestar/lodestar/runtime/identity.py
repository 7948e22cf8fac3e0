"""Who calls: the token's claims, checked again, and the person in the database."""

from collections.abc import Mapping
from typing import Any, Protocol

from lodestar.application.caller import Caller
from lodestar.domain.refusals import Forbidden
from lodestar.settings import Settings
from lodestar.wire.refusals import Unauthenticated

type Claims = Mapping[str, Any]


class SignIn(Protocol):
    """What finds the person of a token; persistence/unit_of_work.py does."""

    def sign_in(self, sub: str) -> Caller | None:
        """The active person of that `sub`."""


def has_token(event: Mapping[str, Any]) -> bool:
    """Whether the request comes with a token of any kind."""
    return bool(event.get("headers", {}).get("authorization"))


def authorized_claims(event: Mapping[str, Any]) -> Claims:
    """The claims that API Gateway's authorizer has verified; none where it has not."""
    claims: Claims = event.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims", {})
    return claims


def visitor_claims(event: Mapping[str, Any], settings: Settings) -> Claims:
    """The claims of the token in the request, verified here: where anybody may call, nothing did it before.

    Raises:
        Unauthenticated, Unavailable: as `verified_claims`.
    """
    from lodestar.runtime.tokens import verified_claims  # noqa: PLC0415 — liveness needs no cryptography

    token = event["headers"]["authorization"].removeprefix("Bearer ").strip()
    return verified_claims(token, settings.token_issuer)


def identify(claims: Claims, settings: Settings, work: SignIn) -> Caller:
    """The caller of a request. Role and company come from the database, never from the token.

    Raises:
        Unauthenticated: no claims, or not an access token of our user pool.
        Forbidden: nobody active in the database has this identity.
    """
    is_ours = (
        claims.get("iss") == settings.token_issuer
        and claims.get("client_id") == settings.token_client_id
        and claims.get("token_use") == "access"
        and bool(claims.get("sub"))
    )
    if not is_ours:
        raise Unauthenticated("Sign in: send an access token of this deployment in the Authorization header.")
    caller = work.sign_in(claims["sub"])
    if caller is None:
        raise Forbidden("You are signed in, but nobody active here has this identity: ask an admin.")
    return caller
