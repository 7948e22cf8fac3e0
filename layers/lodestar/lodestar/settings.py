"""The one place that reads the environment. Each variable is set in template.yaml, or by Lambda itself."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function is told by its environment."""

    stage: str
    database_host: str
    database_port: int
    database_name: str
    database_secret: str
    owner_secret: str
    sandbox_secret: str
    batch_queue_url: str
    publish_queue_url: str
    dead_letter_queue_urls: tuple[str, ...]
    slack_queue_arn: str
    exports_bucket: str
    largest_answer: int
    user_pool_id: str
    token_issuer: str
    token_client_id: str
    superuser_email: str
    secrets_port: str
    session_token: str
    database_tls: bool


def read_settings() -> Settings:
    """Read all of them; one that a function does not need is '' there."""
    env = os.environ
    return Settings(
        stage=env.get("STAGE", ""),
        database_host=env.get("DATABASE_HOST", ""),
        database_port=int(env.get("DATABASE_PORT", "5432")),
        database_name=env.get("DATABASE_NAME", ""),
        database_secret=env.get("DATABASE_SECRET", ""),
        owner_secret=env.get("OWNER_SECRET", ""),
        sandbox_secret=env.get("SANDBOX_SECRET", ""),
        batch_queue_url=env.get("BATCH_QUEUE_URL", ""),
        publish_queue_url=env.get("PUBLISH_QUEUE_URL", ""),
        dead_letter_queue_urls=tuple(env.get("DEAD_LETTER_QUEUE_URLS", "").split()),
        slack_queue_arn=env.get("SLACK_QUEUE_ARN", ""),
        exports_bucket=env.get("EXPORTS_BUCKET", ""),
        largest_answer=int(env.get("LARGEST_ANSWER", "0")),
        user_pool_id=env.get("USER_POOL_ID", ""),
        token_issuer=env.get("TOKEN_ISSUER", ""),
        token_client_id=env.get("TOKEN_CLIENT_ID", ""),
        superuser_email=env.get("SUPERUSER_EMAIL", ""),
        secrets_port=env.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "2773"),
        session_token=env.get("AWS_SESSION_TOKEN", ""),
        database_tls=env.get("DATABASE_TLS") == "true",
    )
