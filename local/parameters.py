"""The values that this machine gives to the template's parameters."""

import json

from local import postgres
from local.aws import Aws
from local.postgres import Database

ROLE_SECRETS = "lodestar/database/"  # made at every start from the kept passwords
SUPERUSER_EMAIL = "superuser@lodestar.local"


def local_parameters(database: Database, aws: Aws) -> dict[str, str]:
    """Where the database is, the secrets of its roles (made here), and what a deployment would be asked."""
    return {
        "Stage": "local",
        "DatabaseHost": database.host,
        "DatabasePort": str(database.port),
        "DatabaseName": database.name,
        "DatabaseSecretArn": _role_secret(postgres.APP, database, aws),
        "OwnerSecretArn": _role_secret(postgres.OWNER, database, aws),
        "SandboxSecretArn": _role_secret(postgres.SANDBOX, database, aws),
        "DatabaseTls": "false",
        "AllowLoopback": "true",
        "SuperuserEmail": SUPERUSER_EMAIL,
    }


def _role_secret(role: str, database: Database, aws: Aws) -> str:
    """The ARN of the secret with a role's `username` and `password`."""
    value = json.dumps({"username": role, "password": database.passwords[role]})
    return aws.secrets.create_secret(Name=f"{ROLE_SECRETS}{role}", SecretString=value)["ARN"]
