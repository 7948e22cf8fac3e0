"""Companies, teams, users and roles."""

from lodestar.persistence.people.companies import SqlCompanies
from lodestar.persistence.people.roles import SqlRoles
from lodestar.persistence.people.teams import SqlTeams
from lodestar.persistence.people.users import SqlUsers


class SqlPeopleStore(SqlUsers, SqlTeams, SqlRoles, SqlCompanies):
    """Companies, teams, users and roles."""
