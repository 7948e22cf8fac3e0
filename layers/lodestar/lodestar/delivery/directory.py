"""Cognito: who may sign in."""

from functools import cache
from typing import TYPE_CHECKING

import boto3

from lodestar.domain.people import unusable_address
from lodestar.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef


@cache
def _client() -> "CognitoIdentityProviderClient":
    return boto3.client("cognito-idp")


class CognitoDirectory:
    """The user pool of the deployment; a person's email address is their user name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def _pool(self) -> str:
        return self._settings.user_pool_id

    def invite(self, email: str, name: str) -> str:
        """Make the person's sign-in, or find it; its `sub`. Cognito sends them a first password.

        Raises:
            Conflict: nobody can be invited to the address.
        """
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
        except (
            _client().exceptions.InvalidParameterException,
            _client().exceptions.CodeDeliveryFailureException,
        ) as error:
            raise unusable_address(email) from error
        return _sub(made)

    def disable(self, sub: str) -> None:
        """Let a person sign in no more; their refresh tokens end with it."""
        _client().admin_disable_user(UserPoolId=self._pool, Username=sub)

    def enable(self, sub: str) -> None:
        """Let a person sign in again."""
        _client().admin_enable_user(UserPoolId=self._pool, Username=sub)

    def change_email(self, sub: str, email: str) -> None:
        """Let a person sign in with another address; a repeat changes nothing.

        Raises:
            Conflict: somebody else signs in with it, or Cognito takes no such address.
        """
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        try:
            _client().admin_update_user_attributes(
                UserPoolId=self._pool,
                Username=sub,
                UserAttributes=attributes,  # type: ignore[arg-type]  # plain dicts
            )
        except _client().exceptions.AliasExistsException as error:
            holder = _client().admin_get_user(UserPoolId=self._pool, Username=email)["UserAttributes"]
            if _sub(holder) != sub:
                raise unusable_address(email) from error
        except _client().exceptions.InvalidParameterException as error:
            raise unusable_address(email) from error


def _sub(attributes: "Sequence[AttributeTypeTypeDef]") -> str:
    return next(attribute["Value"] for attribute in attributes if attribute["Name"] == "sub")
