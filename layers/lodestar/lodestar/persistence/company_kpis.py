"""The company's own KPIs: their assignments, targets and values, and the grants on KPIs."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal

from lodestar.application.company_repositories import Grantee
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import Grant
from lodestar.domain.targets import DatedTarget, Target
from lodestar.persistence.arrays import array
from lodestar.persistence.assignments import assignment_from
from lodestar.persistence.definitions import definition_from
from lodestar.persistence.session import Session
from lodestar.persistence.views.shapes import company_assignment_of

_OF_COMPANY = company_assignment_of(definition=":id")

# Two assignments may share a period, where one ends and the next begins: the newer one counts.
_VALUES = f"""
select distinct on (m.period_start) m.period_start, m.value
from lodestar.assignments a
join lodestar.measurements m on m.company_id = :company and m.assignment_id = a.id
where {_OF_COMPANY}
  and m.period_start between cast(:first as date) and cast(:last as date)
order by m.period_start, a.start_date desc"""

_PUT = """
insert into lodestar.grants (company_id, definition_id, user_id, role, can_view, can_edit, can_set_targets)
values (:company, :id, cast(:user as bigint), cast(:role as text), :can_view, :can_edit, :can_set_targets)
on conflict (company_id, definition_id, user_id, role) do update set
  can_view = excluded.can_view, can_edit = excluded.can_edit, can_set_targets = excluded.can_set_targets"""

_IS_FOR = (
    "company_id = :company and definition_id = :id and user_id is not distinct from cast(:user as bigint) "
    "and role is not distinct from cast(:role as text)"
)


class CompanyKpiRepository:
    """KPIs of the bound company itself."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def company_assignment(self, definition_id: int) -> int | None:
        """The newest company-level assignment of a definition."""
        found: int | None = self._session.value(
            "select id from lodestar.assignments where company_id = :company and definition_id = :id "
            "and subject_type = 'company' order by start_date desc limit 1",
            id=definition_id,
        )
        return found

    def definition(self, definition_id: int) -> Definition | None:
        """The active definition of that id, if an active company-level assignment makes it a company KPI."""
        row = self._session.row(
            "select d.* from lodestar.definitions d where d.company_id = :company and d.id = :id "
            f"and d.is_active and exists (select from lodestar.assignments a where {_OF_COMPANY})",
            id=definition_id,
        )
        return None if row is None else definition_from(row)

    def assignments(self, definition_id: int) -> list[Assignment]:
        """Its active company-level assignments, newest start first."""
        rows = self._session.rows(
            f"select a.* from lodestar.assignments a where {_OF_COMPANY} order by a.start_date desc",
            id=definition_id,
        )
        return [assignment_from(row) for row in rows]

    def values(self, definition_id: int, first: date, last: date) -> Mapping[date, Decimal | None]:
        """The company's values by the starts of their periods within that range, oldest first."""
        rows = self._session.rows(_VALUES, id=definition_id, first=first, last=last)
        return {row["period_start"]: row["value"] for row in rows}


class CompanyTargetRepository:
    """Company-level targets of the bound company: those of a definition and no assignment."""

    def __init__(self, session: Session, at: datetime, actor_id: int | None) -> None:
        self._session = session
        self._at = at
        self._actor_id = actor_id

    def of_definition(self, definition_id: int) -> Mapping[int, DatedTarget]:
        """The company-level targets of a definition, by id."""
        rows = self._session.rows(
            "select * from lodestar.targets where company_id = :company and definition_id = :id "
            "and assignment_id is null order by id",
            id=definition_id,
        )
        return {
            row["id"]: DatedTarget(
                Target(row["target_low"], row["target_high"]),
                row["period_start"],
                row["period_end"],
                row["created_at"],
            )
            for row in rows
        }

    def add(self, definition_id: int, target: DatedTarget, notes: str) -> int:
        """Insert one; the new id."""
        return int(
            self._session.value(
                "insert into lodestar.targets (company_id, definition_id, target_low, target_high, "
                "period_start, period_end, notes, created_by, created_at) values (:company, :id, :low, "
                ":high, :first, :last, :notes, :author, :at) returning id",
                id=definition_id,
                low=target.target.low,
                high=target.target.high,
                first=target.first,
                last=target.last,
                notes=notes,
                author=self._actor_id,
                at=self._at,
            )
        )

    def remove(self, target_id: int) -> None:
        """Delete one."""
        self._session.run(
            "delete from lodestar.targets where company_id = :company and id = :id and assignment_id is null",
            id=target_id,
        )


class GrantRepository:
    """Grants on single KPIs of the bound company."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, definition_id: int, grantee: Grantee) -> Grant | None:
        """What was granted; None is nothing. Held until the transaction ends."""
        row = self._session.row(
            f"select can_view, can_edit, can_set_targets from lodestar.grants where {_IS_FOR} for update",
            **_of(definition_id, grantee),
        )
        return None if row is None else Grant(**row)

    def put(self, definition_id: int, grantee: Grantee, grant: Grant) -> None:
        """Grant this instead of what was granted before."""
        self._session.run(
            _PUT,
            **_of(definition_id, grantee),
            can_view=grant.can_view,
            can_edit=grant.can_edit,
            can_set_targets=grant.can_set_targets,
        )

    def remove(self, definition_id: int, grantee: Grantee) -> None:
        """Take it away."""
        self._session.run(f"delete from lodestar.grants where {_IS_FOR}", **_of(definition_id, grantee))

    def own_roles(self, names: Collection[str]) -> set[str]:
        """Which of these names are roles of the company's own; those are locked against change."""
        rows = self._session.rows(
            "select name from lodestar.roles where company_id = :company "
            "and name = any(cast(:names as text[])) order by id for share",
            names=array(sorted(names)),
        )
        return {row["name"] for row in rows}


def _of(definition_id: int, grantee: Grantee) -> dict[str, object]:
    return {"id": definition_id, "user": grantee.user_id, "role": grantee.role}
