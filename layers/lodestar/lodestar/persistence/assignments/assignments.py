"""Assignments of the bound company with their terms: one, those of a subject, those of many users."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lodestar.domain.assignments import Assignment, Subject, SubjectType, Terms
from lodestar.persistence.assignments.codec import ASSIGNMENT_WITH_TERMS, assignments_from, terms_to_json
from lodestar.persistence.definitions.definitions import lock_definition
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import where
from lodestar.wire.exact_json import to_json


def assignments_with_terms(*conditions: str) -> str:
    """The assignments `a` of the company that meet the conditions: a row for each of their terms `t`.

    One without terms has a row of its own. Oldest assignment and oldest terms first. Binds `:company` and
    what the conditions bind.
    """
    return f"""select {ASSIGNMENT_WITH_TERMS}
from lodestar.assignments a
left join lodestar.terms t on t.company_id = a.company_id and t.assignment_id = a.id
{where("a.company_id = :company", *conditions)}
order by a.id, t.start_date"""


# Binds :company, :id.
_GET = assignments_with_terms("a.id = :id")

# Binds :company, :ids.
_BY_IDS = assignments_with_terms("a.id = any(cast(:ids as bigint[]))")

# Its key stays: what refers to it, such as a measurement, need not wait.
# Binds :company, :id.
_LOCK = "select id from lodestar.assignments where company_id = :company and id = :id for no key update"

# Binds :company, :definition, :user, :team (both null: the company itself).
_OF_SUBJECT = assignments_with_terms(
    "a.definition_id = :definition",
    "a.user_id is not distinct from cast(:user as bigint)",
    "a.team_id is not distinct from cast(:team as bigint)",
)

# Binds :company, :user, :team.
_LOCK_ALL_OF = """
select id from lodestar.assignments
where company_id = :company and (user_id = cast(:user as bigint) or team_id = cast(:team as bigint))
order by id for no key update"""

# Binds :company, :user, :team.
_ALL_OF = assignments_with_terms("(a.user_id = cast(:user as bigint) or a.team_id = cast(:team as bigint))")

# Binds :company, :definitions, :users.
_OF_USERS_AND_COMPANY = assignments_with_terms(
    "a.definition_id = any(cast(:definitions as bigint[]))",
    f"(a.user_id = any(cast(:users as bigint[])) or a.subject_type = '{SubjectType.COMPANY}')",
)

# Binds :company, :definition.
_OF_DEFINITION = assignments_with_terms("a.definition_id = :definition")

# In the order of the users, so that their ids are in that order too.
# Binds :company, :definition, :subject_type, :team, :users (a null stands for no user), :author.
_ADD = """
insert into lodestar.assignments (company_id, definition_id, subject_type, user_id, team_id, created_by)
select :company, :definition, :subject_type, u.id, cast(:team as bigint), cast(:author as bigint)
from unnest(cast(:users as bigint[])) with ordinality as u(id, number) order by u.number
returning id, user_id"""

# Terms that are there already stay as they are, with who made them.
# Binds :company, :ids (of assignments), :rows, :author.
_SAVE_TERMS = """
with wanted as materialized (
  select * from jsonb_to_recordset(cast(:rows as jsonb)) as t(assignment_id bigint, start_date date,
    end_date date, weight numeric, target_low numeric, target_high numeric, for_people boolean)
),
gone as (
  delete from lodestar.terms t
  where t.company_id = :company and t.assignment_id = any(cast(:ids as bigint[])) and not exists (
    select from wanted w where w.assignment_id = t.assignment_id and w.start_date = t.start_date)
),
changed as (
  update lodestar.assignments set version = version + 1
  where company_id = :company and id = any(cast(:ids as bigint[]))
)
insert into lodestar.terms as t (company_id, assignment_id, start_date, end_date, weight, target_low,
  target_high, for_people, created_by)
select :company, w.assignment_id, w.start_date, w.end_date, w.weight, w.target_low, w.target_high,
  w.for_people, cast(:author as bigint)
from wanted w
on conflict (company_id, assignment_id, start_date) do update set
  end_date = excluded.end_date, weight = excluded.weight, target_low = excluded.target_low,
  target_high = excluded.target_high, for_people = excluded.for_people
where (t.end_date, t.weight, t.target_low, t.target_high, t.for_people) is distinct from
  (excluded.end_date, excluded.weight, excluded.target_low, excluded.target_high, excluded.for_people)"""


class SqlAssignments(SqlStore):
    """Assignments of the bound company."""

    def get(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id."""
        return self._first(_GET, id=assignment_id)

    def by_ids(self, assignment_ids: Collection[int]) -> list[Assignment]:
        """The assignments of these ids, in their order."""
        return assignments_from(self._session.rows(_BY_IDS, ids=array(sorted(assignment_ids))))

    def get_for_update(self, assignment_id: int) -> Assignment | None:
        """The assignment of that id; nobody else changes it until the transaction ends."""
        self._session.rows(_LOCK, id=assignment_id)
        return self.get(assignment_id)

    def of_subject(self, definition_id: int, subject: Subject) -> Assignment | None:
        """The assignment of a definition to a subject."""
        return self._first(_OF_SUBJECT, definition=definition_id, user=subject.user_id, team=subject.team_id)

    def of_subject_for_update(self, definition_id: int, subject: Subject) -> Assignment | None:
        """The same; nobody else assigns the definition to anybody until the transaction ends."""
        lock_definition(self._session, definition_id)
        return self.of_subject(definition_id, subject)

    def all_of(self, subject: Subject) -> list[Assignment]:
        """The assignments of all definitions to a user or a team; nobody else changes them until then."""
        whose = {"user": subject.user_id, "team": subject.team_id}
        self._session.rows(_LOCK_ALL_OF, **whose)
        return assignments_from(self._session.rows(_ALL_OF, **whose))

    def of_users_and_company(
        self, definition_ids: Collection[int], user_ids: Collection[int]
    ) -> list[Assignment]:
        """The assignments of these definitions to these users and to the company."""
        rows = self._session.rows(
            _OF_USERS_AND_COMPANY,
            definitions=array(sorted(definition_ids)),
            users=array(sorted(user_ids)),
        )
        return assignments_from(rows)

    def of_definition(self, definition_id: int) -> list[Assignment]:
        """The assignments of a definition to people, teams and the company."""
        return assignments_from(self._session.rows(_OF_DEFINITION, definition=definition_id))

    def add(self, assignment: Assignment) -> int:
        """Insert it with its terms; the new id."""
        rows = self._added(assignment, [assignment.user_id])
        self.save_terms({rows[0]["id"]: assignment.terms})
        return int(rows[0]["id"])

    def add_many(self, user_ids: Sequence[int], assignment: Assignment) -> dict[int, int]:
        """Insert the same assignment for each of these users; the new ids by user."""
        if not user_ids:
            return {}
        rows = self._added(assignment, user_ids)
        self.save_terms({row["id"]: assignment.terms for row in rows})
        return {row["user_id"]: row["id"] for row in rows}

    def save_terms(self, terms: Mapping[int, Sequence[Terms]]) -> None:
        """Make these the terms of their assignments, by id."""
        rows = [terms_to_json(assignment_id, one) for assignment_id, of_it in terms.items() for one in of_it]
        self._session.run(
            _SAVE_TERMS, ids=array(sorted(terms)), rows=to_json(rows), author=self._session.actor_id
        )

    def note_effects(self, assignment_ids: Collection[int], withdrawn: int, run_id: int | None) -> None:
        """Note what followed from the last change of these assignments."""
        self._session.run(
            "update lodestar.assignments set withdrawn = :withdrawn, run_id = cast(:run_id as bigint) "
            "where company_id = :company and id = any(cast(:ids as bigint[]))",
            ids=array(sorted(assignment_ids)),
            withdrawn=withdrawn,
            run_id=run_id,
        )

    def _added(self, assignment: Assignment, user_ids: Sequence[int | None]) -> list[Mapping[str, Any]]:
        return self._session.rows(
            _ADD,
            definition=assignment.definition_id,
            subject_type=assignment.subject_type,
            team=assignment.team_id,
            users=array(user_ids),
            author=self._session.actor_id,
        )

    def _first(self, sql: str, **parameters: Any) -> Assignment | None:  # noqa: ANN401 — any SQL value
        return next(iter(assignments_from(self._session.rows(sql, **parameters))), None)
