"""Memberships in the database: who is in which team from when until when."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from lodestar.domain.memberships import Membership, Memberships
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import Session, SqlStore
from lodestar.persistence.kernel.sql_parts import is_in_team_on

# Binds :company, :users.
_OF_USERS = """
select user_id, team_id, start_date, end_date from lodestar.memberships
where company_id = :company and user_id = any(cast(:users as bigint[]))
order by user_id, start_date"""

# Binds :company, :team, :day.
_MEMBERS = f"""
select s.user_id, u.is_active from lodestar.memberships s
join lodestar.users u on u.company_id = s.company_id and u.id = s.user_id
where s.company_id = :company and s.team_id = :team and {is_in_team_on("s", "cast(:day as date)")}
order by s.user_id"""

# In the order of the ids, so that two who lock the same people never wait for each other.
# Binds :company, :team, :day.
_LOCK_PEOPLE_OF_TEAM = """
select u.id from lodestar.users u
where u.company_id = :company and exists (
  select from lodestar.memberships s
  where s.company_id = u.company_id and s.user_id = u.id and s.team_id = :team
    and (s.end_date is null or s.end_date >= cast(:day as date)))
order by u.id for no key update of u"""

# Binds :company, :teams, :first, :last.
_PEOPLE_OF_TEAMS = """
select distinct user_id from lodestar.memberships
where company_id = :company and team_id = any(cast(:teams as bigint[]))
  and start_date <= cast(:last as date) and (end_date is null or end_date >= cast(:first as date))
order by user_id"""

# Binds :company, :users, :teams, :starts, :ends.
_INSERT = """
insert into lodestar.memberships (company_id, user_id, team_id, start_date, end_date)
select :company, t.user_id, t.team_id, t.start_date, t.end_date
from unnest(cast(:users as bigint[]), cast(:teams as bigint[]), cast(:starts as date[]),
  cast(:ends as date[])) as t(user_id, team_id, start_date, end_date)"""


def memberships_of(session: Session, user_ids: Collection[int]) -> dict[int, Memberships]:
    """The memberships of each of these users; of one who was in no team ever, none."""
    rows = session.rows(_OF_USERS, users=array(sorted(user_ids))) if user_ids else []
    found: dict[int, list[Membership]] = {user_id: [] for user_id in user_ids}
    for row in rows:
        found[row["user_id"]].append(_membership(row))
    return {user_id: Memberships(tuple(each)) for user_id, each in found.items()}


class SqlMemberships(SqlStore):
    """Memberships of the bound company."""

    def memberships(self, user_ids: Collection[int]) -> Mapping[int, Memberships]:
        """The memberships of each of these users."""
        return memberships_of(self._session, user_ids)

    def save_memberships(self, of_users: Mapping[int, Memberships]) -> None:
        """Let these users have these memberships and no others; their rows are locked by the caller."""
        self._session.run(
            "delete from lodestar.memberships "
            "where company_id = :company and user_id = any(cast(:users as bigint[]))",
            users=array(list(of_users)),
        )
        rows = [(user_id, each) for user_id, memberships in of_users.items() for each in memberships]
        if rows:
            self._session.run(
                _INSERT,
                users=array([user_id for user_id, _ in rows]),
                teams=array([each.team_id for _, each in rows]),
                starts=array([each.start_date for _, each in rows]),
                ends=array([each.end_date for _, each in rows]),
            )

    def members(self, team_id: int, day: date) -> list[int]:
        """The ids of the users who are in a team on a day, also of those who have left since."""
        return [row["user_id"] for row in self._members(team_id, day)]

    def active_members(self, team_id: int, day: date) -> list[int]:
        """The ids of the users who are in a team on a day and are active now."""
        return [row["user_id"] for row in self._members(team_id, day) if row["is_active"]]

    def people_of_teams(self, team_ids: Collection[int], first: date, last: date) -> list[int]:
        """The ids of the users who were in any of these teams on any of these days, both inclusive."""
        rows = self._session.rows(_PEOPLE_OF_TEAMS, teams=array(sorted(team_ids)), first=first, last=last)
        return [row["user_id"] for row in rows]

    def memberships_for_update(self, team_id: int, day: date) -> Mapping[int, Memberships]:
        """The memberships of everybody who is in a team on a day or later; these people are locked."""
        rows = self._session.rows(_LOCK_PEOPLE_OF_TEAM, team=team_id, day=day)
        # Read after the lock: a statement that waited for it would still show what was there before.
        return memberships_of(self._session, [row["id"] for row in rows])

    def _members(self, team_id: int, day: date) -> Iterable[Mapping[str, Any]]:
        return self._session.rows(_MEMBERS, team=team_id, day=day)


def _membership(row: Mapping[str, Any]) -> Membership:
    return Membership(row["team_id"], row["start_date"], row["end_date"])
