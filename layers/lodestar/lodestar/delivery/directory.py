"""Cognito: who may sign in."""

from functools import cache
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


@cache
def _client() -> "CognitoIdentityProviderClient":
    return boto3.client("cognito-idp")


class CognitoDirectory:
    """The user pool of the deployment; a person's email address is their user name."""

    def __init__(self, user_pool_id: str) -> None:
        self._pool = user_pool_id

    def invite(self, email: str, name: str) -> str:
        """Make the person's sign-in, or find it; its `sub`. Cognito sends them a first password."""
        attributes = [
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "name", "Value": name},
        ]
        try:
            made = _client().admin_create_user(
                UserPoolId=self._pool,
                Username=email,
                UserAttributes=attributes,  # type: ignore[arg-type]  # plain dicts
            )["User"]["Attributes"]
        except _client().exceptions.UsernameExistsException:
            made = _client().admin_get_user(UserPoolId=self._pool, Username=email)["UserAttributes"]
        return next(each["Value"] for each in made if each["Name"] == "sub")
