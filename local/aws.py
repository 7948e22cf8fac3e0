"""AWS on this machine: moto's server for queues, topics, mail, secrets, user pools and buckets."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from logging import ERROR, getLogger
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from botocore.config import Config
from moto.server import ThreadedMotoServer

from local.door import guarded, new_token

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

ACCOUNT = "123456789012"
REGION = "eu-west-1"


class Aws:
    """The clients of one local AWS; each is made once and may be used from every thread.

    `token` opens its services, as the session token of the credentials.
    """

    def __init__(self, endpoint: str, token: str) -> None:
        self.endpoint = endpoint
        self.token = token
        self._session = boto3.Session("local", "local", token, region_name=REGION)

    @property
    def environment(self) -> dict[str, str]:
        """What a function finds in its environment to reach these services."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": self.token,
        }

    @cached_property
    def sqs(self) -> "SQSClient":
        """Queues."""
        client: SQSClient = self._client("sqs")
        return client

    @cached_property
    def sns(self) -> "SNSClient":
        """Topics."""
        client: SNSClient = self._client("sns")
        return client

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets."""
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """User pools."""
        client: CognitoIdentityProviderClient = self._client("cognito-idp")
        return client

    @cached_property
    def s3(self) -> Any:  # noqa: ANN401 — the stubs for S3 are not among the development dependencies
        """Buckets."""
        return self._client("s3")

    @cached_property
    def ses(self) -> Any:  # noqa: ANN401 — the stubs for SES are not among the development dependencies
        """Mail."""
        return self._client("ses")

    def _client(self, service: str) -> Any:  # noqa: ANN401 — boto3 types a client by the literal of its name
        config = Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=50)
        make: Any = self._session.client
        return make(service, endpoint_url=self.endpoint, config=config)


class _GuardedMoto(ThreadedMotoServer):
    """Moto's server behind the door of this start."""

    def start_for(self, token: str) -> None:
        """Serve those who hold the token."""
        self.start()
        assert self._server is not None  # noqa: S101 — it has started
        self._server.app = guarded(self._server.app, token)


@contextmanager
def local_aws() -> Iterator[Aws]:
    """Serve AWS on a free loopback port until the block ends; what moto has of a former stack goes."""
    # The same pool and client ids at every start: tokens stay valid over a restart.
    os.environ["MOTO_COGNITO_IDP_USER_POOL_ID_STRATEGY"] = "HASH"
    os.environ["MOTO_COGNITO_IDP_USER_POOL_CLIENT_ID_STRATEGY"] = "HASH"
    getLogger("werkzeug").setLevel(ERROR)  # else: one line per request
    server, token = _GuardedMoto("127.0.0.1", port=0, verbose=False), new_token()
    server.start_for(token)
    aws = Aws("http://{}:{}".format(*server.get_host_and_port()), token)
    reset = httpx.post(f"{aws.endpoint}/moto-api/reset", headers={"X-Amz-Security-Token": token})
    reset.raise_for_status()
    try:
        yield aws
    finally:
        server.stop()
