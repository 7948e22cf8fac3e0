"""The one place that reads the environment. Each variable is set in template.yaml, or by Lambda itself."""

import os
from collections.abc import Mapping


class VariableMissing(RuntimeError):
    """The environment lacks a variable that is needed now."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not set: give it to this function in template.yaml, under Environment, Variables."
        )


class Required:
    """A variable without which its reader cannot work.

    It is looked up when it is read, and not when the settings are: a function starts without what it never
    needs, and the error of one that lacks something names it instead of an address that is empty.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, settings: "Settings", owner: type) -> str:
        """The value.

        Raises:
            VariableMissing: it is not set, or empty.
        """
        value = settings.environment.get(self._name)
        if not value:
            raise VariableMissing(self._name)
        return value


class WithDefault:
    """A variable that stands for something when it is not set."""

    def __init__(self, name: str, default: str) -> None:
        self._name, self._default = name, default

    def __get__(self, settings: "Settings", owner: type) -> str:
        """The value, or the default."""
        return settings.environment.get(self._name, self._default)


class Settings:
    """What a function is told by its environment."""

    stage = Required("STAGE")
    database_host = Required("DATABASE_HOST")
    database_name = Required("DATABASE_NAME")
    database_secret = Required("DATABASE_SECRET")
    owner_secret = Required("OWNER_SECRET")
    sandbox_secret = Required("SANDBOX_SECRET")
    batch_queue_url = Required("BATCH_QUEUE_URL")
    task_queue_url = Required("TASK_QUEUE_URL")
    slack_queue_arn = Required("SLACK_QUEUE_ARN")
    exports_bucket = Required("EXPORTS_BUCKET")
    user_pool_id = Required("USER_POOL_ID")
    token_issuer = Required("TOKEN_ISSUER")
    token_client_id = Required("TOKEN_CLIENT_ID")
    superuser_email = Required("SUPERUSER_EMAIL")
    secrets_port = WithDefault("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "2773")
    session_token = WithDefault("AWS_SESSION_TOKEN", "")
    _database_port = WithDefault("DATABASE_PORT", "5432")
    _database_tls = WithDefault("DATABASE_TLS", "false")
    _dead_letter_queue_urls = Required("DEAD_LETTER_QUEUE_URLS")
    _largest_answer = Required("LARGEST_ANSWER")

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    @property
    def database_port(self) -> int:
        """Where the database listens."""
        return int(self._database_port)

    @property
    def database_tls(self) -> bool:
        """Whether the way to the database is encrypted: always in the cloud, never on loopback."""
        return self._database_tls == "true"

    @property
    def dead_letter_queue_urls(self) -> tuple[str, ...]:
        """The queues of messages that nobody could work on."""
        return tuple(self._dead_letter_queue_urls.split())

    @property
    def largest_answer(self) -> int:
        """The bytes of a file in an answer, in base64."""
        return int(self._largest_answer)


def read_settings() -> Settings:
    """The settings, as the environment has them now."""
    return Settings(dict(os.environ))
