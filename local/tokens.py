"""Sign-in tokens as Cognito issues them, signed by a key of this machine, which survives a restart."""

import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.files import write_private

KEY_ID = "local"
ALGORITHM = "RS256"

type Claims = dict[str, Any]


class SigningKey:
    """The RSA key of a data folder, made once."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    @classmethod
    def load(cls, data: Path) -> "SigningKey":
        """Read the key, or make it."""
        path = data / "signing-key.pem"
        if not path.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
            text = made.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain).decode()
            write_private(path, text)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 — narrows the type: the file is our own
        return cls(key)

    def jwks(self) -> Claims:
        """The public half, as a JSON Web Key Set."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_ID, "alg": ALGORITHM, "use": "sig"}]}

    def sign(self, claims: Claims) -> str:
        """A token with these claims."""
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": KEY_ID})


@dataclass(frozen=True, slots=True)
class Issuer:
    """A user pool and its client, as a signer of access tokens."""

    key: SigningKey
    url: str
    client_id: str

    def issue(self, sub: str, email: str, minutes: float = 60) -> str:
        """An access token for an identity, valid for some minutes (negative: one that has expired)."""
        now = int(time.time())
        claims = {
            "sub": sub,
            "iss": self.url,
            "client_id": self.client_id,
            "token_use": "access",
            "scope": "openid email",
            "username": email,
            "cognito:groups": ["lodestar"],
            "auth_time": now,
            "iat": now,
            "exp": now + int(minutes * 60),
            "jti": str(uuid.uuid4()),
        }
        return self.key.sign(claims)


@dataclass(frozen=True, slots=True)
class Authorizer:
    """The JWT authorizer of an HTTP API: who may have issued a token, and for whom."""

    keys: jwt.PyJWKSet
    issuer: str
    audience: Collection[str]

    def claims(self, authorization: str) -> dict[str, str]:
        """The claims of a valid token, each as text, which is how API Gateway passes them on.

        Raises:
            jwt.PyJWTError: the token is missing, forged, expired, or for another issuer or client.
            KeyError: its key is none of the set.
        """
        token = authorization.removeprefix("Bearer ").strip()
        key = self.keys[jwt.get_unverified_header(token).get("kid", "")]
        # Cognito's access tokens have a client_id instead of an audience.
        options: Any = {"verify_aud": False, "require": ["exp", "iss"]}
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], issuer=self.issuer, options=options)
        if claims.get("aud", claims.get("client_id")) not in self.audience:
            message = "The token is for another client."
            raise jwt.InvalidAudienceError(message)
        return {name: _as_text(value) for name, value in claims.items()}


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
