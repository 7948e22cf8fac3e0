"""Definitions, their versions and the grants on them, of the bound company."""

from lodestar.persistence.definitions.definitions import SqlDefinitions
from lodestar.persistence.definitions.grants import SqlGrants


class SqlDefinitionStore(SqlDefinitions, SqlGrants):
    """Definitions, their versions and the grants on them, of the bound company."""
