"""Definitions with their versions and grants, and what is installed, of the bound company."""

from lodestar.persistence.definitions.definitions import SqlDefinitions
from lodestar.persistence.definitions.grants import SqlGrants
from lodestar.persistence.definitions.installations import SqlInstallations


class SqlDefinitionStore(SqlDefinitions, SqlGrants, SqlInstallations):
    """Definitions with their versions and grants, and what is installed, of the bound company."""
