"""KPI definitions and their versions in the database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as upsert

from lodestar.application.definitions.data_sources import source_from_json, source_to_json
from lodestar.application.definitions.defining import (
    CHANGES_THE_VALUE,
    definition_to_json,
    thresholds_to_json,
)
from lodestar.application.repositories import DefinitionVersion
from lodestar.domain.definitions import (
    Category,
    Definition,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import Conflict
from lodestar.persistence.session import Session
from lodestar.persistence.tables import definition_versions, definitions

_SELECT = "select * from lodestar.definitions where company_id = :company"


class DefinitionRepository:
    """KPI definitions of the bound company."""

    def __init__(self, session: Session, actor_id: int | None) -> None:
        self._session = session
        self._actor_id = actor_id

    def get(self, definition_id: int) -> Definition | None:
        """The definition of that id, active or not."""
        row = self._session.row(f"{_SELECT} and id = :id", id=definition_id)
        return None if row is None else definition_from(row)

    def locked(self, definition_id: int) -> Definition | None:
        """As `get`, and nobody else changes it until the transaction ends."""
        row = self._session.row(f"{_SELECT} and id = :id for no key update", id=definition_id)
        return None if row is None else definition_from(row)

    def all(self) -> list[Definition]:
        """Every definition, active or not, in the order of their ids."""
        return [definition_from(row) for row in self._session.rows(f"{_SELECT} order by id")]

    def version(self, definition_id: int, version: int) -> DefinitionVersion | None:
        """The definition of that id with the calculation of a version."""
        row = self._session.row(
            "select d.*, v.body, v.created_at as made_at, v.author_id, u.name as author_name, "
            "v.version = d.version as is_current from lodestar.definition_versions v "
            "join lodestar.definitions d on d.company_id = v.company_id and d.id = v.definition_id "
            "left join lodestar.users u on u.company_id = v.company_id and u.id = v.author_id "
            "where v.company_id = :company and v.definition_id = :id and v.version = :version",
            id=definition_id,
            version=version,
        )
        if row is None:
            return None
        # Only these fields make versions: a body's other ones are as of its making, and have moved on since.
        then = {name: value for name, value in row["body"].items() if name in CHANGES_THE_VALUE}
        author = None if row["author_name"] is None else (row["author_id"], row["author_name"])
        definition = definition_from({**row, **then, "version": version})
        return DefinitionVersion(definition, author, row["made_at"], row["is_current"])

    def add(self, definition: Definition) -> Definition:
        """Insert it with its first version. Conflict: the company has the key already."""
        columns = {**_columns(definition), "key": definition.key, "created_at": definition.created_at}
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
        self._add_version(added)
        return added

    def save(self, definition: Definition) -> None:
        """Write every field; a version that is not there yet is added to the versions."""
        self._session.connection.execute(
            update(definitions)
            .where(definitions.c.company_id == self._session.company_id, definitions.c.id == definition.id)
            .values(**_columns(definition))
        )
        self._add_version(definition)

    def _add_version(self, definition: Definition) -> None:
        statement = upsert(definition_versions).values(
            company_id=self._session.company_id,
            definition_id=definition.id,
            version=definition.version,
            body=definition_to_json(definition),
            author_id=self._actor_id,
            created_at=definition.updated_at,
        )
        self._session.connection.execute(statement.on_conflict_do_nothing())


def definition_from(row: Mapping[str, Any]) -> Definition:
    """A definition of its row."""
    return Definition(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        description=row["description"],
        category=Category(row["category"]),
        data_source=source_from_json(row["data_source"]),
        unit=Unit(row["unit"]),
        precision=row["precision"],
        aggregation_period=Cadence(row["aggregation_period"]),
        target_type=TargetType(row["target_type"]),
        thresholds=Thresholds(**row["thresholds"]),
        missing_data=MissingData(row["missing_data"]),
        rollup=Rollup(row["rollup"]),
        is_active=row["is_active"],
        version=row["version"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        lookback_periods=row["lookback_periods"],
    )


def _columns(definition: Definition) -> dict[str, Any]:
    """What a save may change."""
    return {
        "name": definition.name,
        "description": definition.description,
        "category": definition.category,
        "calculation_type": definition.calculation_type,
        "data_source": source_to_json(definition.data_source),
        "unit": definition.unit,
        "precision": definition.precision,
        "aggregation_period": definition.aggregation_period,
        "target_type": definition.target_type,
        "thresholds": thresholds_to_json(definition.thresholds),
        "missing_data": definition.missing_data,
        "rollup": definition.rollup,
        "lookback_periods": definition.lookback_periods,
        "is_active": definition.is_active,
        "version": definition.version,
        "updated_at": definition.updated_at,
    }
