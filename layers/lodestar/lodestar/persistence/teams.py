"""Teams of a company, to be changed."""

from sqlalchemy import update

from lodestar.domain.people import Team
from lodestar.persistence.session import Session
from lodestar.persistence.tables import teams
from lodestar.persistence.unique import write_unique


class TeamRepository:
    """Teams of the bound company, to be changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def to_change(self, team_id: int) -> Team | None:
        """The team of that id, dissolved or not, locked: whoever wants to join it waits."""
        row = self._session.row(
            "select id, name, manager_id, is_active from lodestar.teams "
            "where company_id = :company and id = :id for update",
            id=team_id,
        )
        return None if row is None else Team(**row)

    def to_join(self, team_id: int) -> bool:
        """Whether there is that team; it is locked against being dissolved."""
        sql = (
            "select true from lodestar.teams where company_id = :company and id = :id and is_active for share"
        )
        return self._session.value(sql, id=team_id) is not None

    def save(self, team: Team) -> None:
        """Write every field. Conflict: the name is taken."""
        statement = (
            update(teams)
            .where(teams.c.company_id == self._session.company_id, teams.c.id == team.id)
            .values(name=team.name, manager_id=team.manager_id, is_active=team.is_active)
        )
        sentence = f'There is a team "{team.name}" already.'
        write_unique(self._session, statement.returning(teams.c.id), sentence)
