"""The values that this machine gives to the template's parameters, and to the secrets behind its database."""

import json

from local import postgres
from local.aws import Aws
from local.postgres import Database

SUPERUSER_EMAIL = "superuser@lodestar.local"
STAGE = "local"
_OWNER_SECRET = f"lodestar/{STAGE}/owner"
# Two of them are in the template, which leaves what it finds: here their passwords are those of the data
# folder, so that they outlive even a runner that was killed.
DATABASE_SECRETS = (_OWNER_SECRET, f"lodestar/{STAGE}/database", f"lodestar/{STAGE}/sandbox")


def make_database_secrets(database: Database, aws: Aws) -> None:
    """Make the secret of each database role, with its `username` and `password`."""
    roles = (postgres.OWNER, postgres.APP, postgres.SANDBOX)
    for name, role in zip(DATABASE_SECRETS, roles, strict=True):
        value = json.dumps({"username": role, "password": database.passwords[role]})
        aws.secrets.create_secret(Name=name, SecretString=value)


def local_parameters(database: Database, aws: Aws) -> dict[str, str]:
    """Where the database is, and what a deployment would be asked; parameters of no template do no harm."""
    return {
        "Stage": STAGE,
        "DatabaseHost": database.host,
        "DatabasePort": str(database.port),
        "DatabaseName": database.name,
        "DatabaseTls": "false",
        "OwnerSecretArn": aws.secrets.describe_secret(SecretId=_OWNER_SECRET)["ARN"],
        "SuperuserEmail": SUPERUSER_EMAIL,
    }
