"""Companies, teams, users with their memberships, and roles."""

from lodestar.persistence.people.actors import SqlActors
from lodestar.persistence.people.companies import SqlCompanies
from lodestar.persistence.people.memberships import SqlMemberships
from lodestar.persistence.people.roles import SqlRoles
from lodestar.persistence.people.teams import SqlTeams
from lodestar.persistence.people.users import SqlUsers


class SqlPeopleStore(SqlUsers, SqlActors, SqlTeams, SqlMemberships, SqlRoles, SqlCompanies):
    """Companies, teams, users with their memberships, and roles."""
