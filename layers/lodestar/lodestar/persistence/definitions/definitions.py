"""KPI definitions and their versions in the database."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as upsert

from lodestar.domain.definitions import FIELDS_OF_A_VERSION, Author, Definition, DefinitionVersion
from lodestar.domain.refusals import Conflict
from lodestar.domain.versions import FROM_THE_BEGINNING, DatedVersion, Versions, VersionStart
from lodestar.persistence.definitions.codec import columns_of, definition_from, definition_to_stored
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import Session, SqlStore
from lodestar.persistence.kernel.tables import definition_versions, definitions

_ALL = "select * from lodestar.definitions where company_id = :company order by id"
_ONE = "select * from lodestar.definitions where company_id = :company and id = :id"
_ONE_FOR_UPDATE = f"{_ONE} for no key update"  # a row that refers to it may be inserted meanwhile
# Binds :company, :id.
_IS_MEASURED = """
select exists (
  select from lodestar.assignments a
  join lodestar.measurements m on m.company_id = a.company_id and m.assignment_id = a.id
  where a.company_id = :company and a.definition_id = :id)"""
# Binds :company, :ids. The columns of today, the body and the start of each version.
_VERSIONS = """
select d.*, v.version as of_version, v.body, v.effective_from
from lodestar.definition_versions v
join lodestar.definitions d on d.company_id = v.company_id and d.id = v.definition_id
where v.company_id = :company and v.definition_id = any(cast(:ids as bigint[]))
order by v.definition_id, v.version"""
# Binds :company, :id, :version.
_VERSION = """
select d.*, v.body, v.created_at as made_at, v.author_id, u.name as author_name,
  v.version = d.version as is_current
from lodestar.definition_versions v
join lodestar.definitions d on d.company_id = v.company_id and d.id = v.definition_id
left join lodestar.users u on u.company_id = v.company_id and u.id = v.author_id
where v.company_id = :company and v.definition_id = :id and v.version = :version"""


class SqlDefinitions(SqlStore):
    """KPI definitions of the bound company."""

    def get(self, definition_id: int) -> Definition | None:
        """The definition of that id, active or not."""
        row = self._session.row(_ONE, id=definition_id)
        return None if row is None else definition_from(row)

    def get_for_update(self, definition_id: int) -> Definition | None:
        """The definition of that id; nobody else changes it until the transaction ends."""
        row = self._session.row(_ONE_FOR_UPDATE, id=definition_id)
        return None if row is None else definition_from(row)

    def all(self) -> list[Definition]:
        """Every definition, active or not, in the order of their ids."""
        return [definition_from(row) for row in self._session.rows(_ALL)]

    def lock_all(self) -> None:
        """Let nobody else save a definition or install from the catalog until the transaction ends."""
        # An advisory lock: what is not saved yet has no row that could be locked.
        self._session.rows("select pg_advisory_xact_lock(hashtextextended('lodestar.definitions', :company))")

    def is_measured(self, definition_id: int) -> bool:
        """Whether any value of it is stored."""
        found: bool = self._session.value(_IS_MEASURED, id=definition_id)
        return found

    def lock(self, definition_id: int) -> None:
        """Let nobody else assign the KPI, set its targets or grant it until the transaction ends."""
        lock_definition(self._session, definition_id)

    def version(self, definition_id: int, version: int) -> DefinitionVersion | None:
        """The definition of that id with the calculation of a version."""
        row = self._session.row(_VERSION, id=definition_id, version=version)
        if row is None:
            return None
        author = None if row["author_name"] is None else Author(row["author_id"], row["author_name"])
        definition = _as_of_version(row, version)
        return DefinitionVersion(definition, author, row["made_at"], row["is_current"])

    def versions_of(self, definition_ids: Collection[int]) -> dict[int, Versions]:
        """These definitions in all their versions, by id, in one statement."""
        found: dict[int, list[DatedVersion]] = {}
        for row in self._session.rows(_VERSIONS, ids=array(sorted(definition_ids))):
            dated = DatedVersion(_as_of_version(row, row["of_version"]), row["effective_from"])
            found.setdefault(row["id"], []).append(dated)
        return {definition_id: Versions(tuple(dated)) for definition_id, dated in found.items()}

    def add(self, definition: Definition) -> Definition:
        """Insert it with its first version. Conflict: the company has the key already."""
        # A key that is taken is no error of the database, which would end the transaction: whoever installs
        # a set goes on with the next entry.
        columns = {**columns_of(definition), "key": definition.key, "created_at": definition.created_at}
        statement = (
            upsert(definitions)
            .values(company_id=self._session.company_id, created_by=definition.created_by, **columns)
            .on_conflict_do_nothing()
            .returning(*definitions.c)
        )
        row = self._session.connection.execute(statement).mappings().first()
        if row is None:
            sentence = f'There is a KPI with the key "{definition.key}" already: choose another key.'
            raise Conflict(sentence, code="duplicate_key")
        added = definition_from(dict(row))
        self._add_version(added, FROM_THE_BEGINNING)
        return added

    def save(self, definition: Definition, start: VersionStart = FROM_THE_BEGINNING) -> None:
        """Write every field; a version that is not there yet is added, and counts as its start says.

        Of a definition with an unreadable source, only whether it is active.
        """
        self._session.connection.execute(
            update(definitions)
            .where(definitions.c.company_id == self._session.company_id, definitions.c.id == definition.id)
            .values(**columns_of(definition))
        )
        self._add_version(definition, start)

    def _add_version(self, definition: Definition, start: VersionStart) -> None:
        statement = upsert(definition_versions).values(
            company_id=self._session.company_id,
            definition_id=definition.id,
            version=definition.version,
            body=definition_to_stored(definition),
            author_id=self._session.actor_id,
            created_at=definition.updated_at,
            effective_from=start.effective_from,
            begins_anew=start.begins_anew,
        )
        # A change that makes no version leaves the present one as it was first written.
        self._session.connection.execute(statement.on_conflict_do_nothing())


def _as_of_version(row: Mapping[str, Any], version: int) -> Definition:
    """The definition of a row with the body of a version."""
    # A body's other fields are as of its making: they change without making a version.
    then = {name: value for name, value in row["body"].items() if name in FIELDS_OF_A_VERSION}
    return definition_from({**row, **then, "version": version})


def lock_definition(session: Session, definition_id: int) -> None:
    """Lock a definition's row against whoever wants to assign it, set its targets or grant it.

    `for update`, which is stronger than what a change of the definition takes: it also makes everybody wait
    who inserts a row that refers to it, so that of two writers the second finds what the first has written.
    """
    session.rows(
        "select id from lodestar.definitions where company_id = :company and id = :id for update",
        id=definition_id,
    )
