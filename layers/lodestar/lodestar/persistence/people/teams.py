"""Teams in the database."""

from collections.abc import Collection

from sqlalchemy import insert, update

from lodestar.domain.people import Team
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.tables import teams
from lodestar.persistence.kernel.unique import write_unique

_TEAM = """
select id, name, manager_id, is_active from lodestar.teams
where company_id = :company and id = :id"""
_TEAM_FOR_UPDATE = f"{_TEAM} for update"
_ACTIVE_TEAM_FOR_SHARE = f"{_TEAM} and is_active for share"


class SqlTeams(SqlStore):
    """Teams of the bound company."""

    def team_exists(self, team_id: int) -> bool:
        """Whether the bound company has that team."""
        sql = "select 1 from lodestar.teams where company_id = :company and id = :id and is_active"
        return self._session.value(sql, id=team_id) is not None

    def team(self, team_id: int) -> Team | None:
        """The team of that id, dissolved or not."""
        row = self._session.row(_TEAM, id=team_id)
        return None if row is None else Team(**row)

    def team_names(self, team_ids: Collection[int]) -> dict[int, str]:
        """The names of these teams, dissolved ones too."""
        sql = (
            "select id, name from lodestar.teams "
            "where company_id = :company and id = any(cast(:ids as bigint[]))"
        )
        return {row["id"]: row["name"] for row in self._session.rows(sql, ids=array(list(team_ids)))}

    def add_team(self, name: str, manager_id: int | None) -> int:
        """Insert a team. Conflict: the name is taken."""
        values = {"company_id": self._session.company_id, "name": name, "manager_id": manager_id}
        statement = insert(teams).values(values).returning(teams.c.id)
        return write_unique(self._session, statement, f'There is a team "{name}" already.')

    def team_for_update(self, team_id: int) -> Team | None:
        """The team of that id, dissolved or not, locked: whoever wants to join it waits."""
        row = self._session.row(_TEAM_FOR_UPDATE, id=team_id)
        return None if row is None else Team(**row)

    def active_team_for_share(self, team_id: int) -> Team | None:
        """The team of that id unless it is dissolved; it is locked against being dissolved."""
        row = self._session.row(_ACTIVE_TEAM_FOR_SHARE, id=team_id)
        return None if row is None else Team(**row)

    def save_team(self, team: Team) -> None:
        """Write every field. Conflict: the name is taken."""
        statement = (
            update(teams)
            .where(teams.c.company_id == self._session.company_id, teams.c.id == team.id)
            .values(name=team.name, manager_id=team.manager_id, is_active=team.is_active)
        )
        sentence = f'There is a team "{team.name}" already.'
        write_unique(self._session, statement.returning(teams.c.id), sentence)
