"""Defining KPIs: create, change, retire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from lodestar.application.access import require_found, require_readable_definition
from lodestar.application.caller import Caller
from lodestar.application.definitions.data_sources import (
    source_from_json,
    source_to_json,
)
from lodestar.application.definitions.formulas import check_formula, kpi_inputs, refuse_locked_inputs
from lodestar.application.definitions.ports import DefinitionWork, QueryCheck
from lodestar.application.definitions.shapes import (
    DefinitionChange,
    DefinitionFields,
    DefinitionList,
    DefinitionQuery,
    DefinitionView,
)
from lodestar.application.pages import read_page_and_commit
from lodestar.application.work import AuditObject
from lodestar.domain.definitions import (
    Category,
    Definition,
    Thresholds,
)
from lodestar.domain.permissions import (
    KPIS_CREATE,
    may_edit_kpi,
    may_read_definitions,
)
from lodestar.domain.refusals import Forbidden, InvalidContent, NotFound
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit

CHANGES_THE_VALUE = {"data_source", "unit", "aggregation_period", "missing_data", "rollup"}
"""A change of one of these fields changes how a value comes about, so it makes a version."""
NEEDS_MORE_THAN_A_GRANT = {"category", "data_source", "is_active"}
"""What a grant on one KPI does not let change: who else sees it, what of the company it reads, its life."""


@dataclass(frozen=True, slots=True)
class DefinitionDesk:
    """What defining KPIs needs: who asks, the database and the gate for admins' SQL."""

    caller: Caller
    work: DefinitionWork
    query_check: QueryCheck


def definition_of(definition_id: int, caller: Caller, work: DefinitionWork) -> Json[DefinitionView]:
    """A KPI with how it is calculated.

    Raises:
        NotFound, Forbidden: as `require_readable_definition`.
    """
    require_readable_definition(work.definitions.get(definition_id), caller)
    return _committed_view(work, definition_id)


def definitions_for(query: DefinitionQuery, caller: Caller, work: DefinitionWork) -> Json[DefinitionList]:
    """A page of the company's KPIs.

    Raises:
        Forbidden: the caller neither assigns nor defines nor sees all KPIs.
    """
    if not may_read_definitions(caller.actor):
        raise Forbidden("Only those who assign, define or see all KPIs can list how they are calculated.")
    return Json(read_page_and_commit("definitions", query, work))


def add_definition(definition: Definition, others: Sequence[Definition], desk: DefinitionDesk) -> Definition:
    """Check a new definition and insert it; `others` are the active ones, which its formula may use.

    Raises:
        InvalidContent, Forbidden, Conflict: as `define_kpi`.
    """
    refuse_locked_inputs(definition, others, desk.caller.actor)
    _check(definition, others, desk.query_check)
    added = desk.work.definitions.add(definition)
    about = AuditObject("definition", added.id)
    desk.work.audit.record("definition.created", about, None, definition_to_json(added))
    return added


def change_kpi(
    definition_id: int, edit: Edit[DefinitionChange], desk: DefinitionDesk
) -> Json[DefinitionView]:
    """Change some fields of a KPI; a changed calculation makes a new version.

    Raises:
        NotFound: the company has no such KPI.
        Forbidden: the caller has no right to change it, or not this of it; or as `define_kpi`.
        Conflict: it was changed since the edit's precondition.
        InvalidContent: as `define_kpi`; nothing is saved.
    """
    caller, work = desk.caller, desk.work
    before = _there(work.definitions.get_for_update(definition_id))
    if not may_edit_kpi(caller.actor, definition_id):
        raise Forbidden("Only those who define KPIs, or have a grant to edit this one, can change it.")
    edit.precondition.require_met(lambda: _view(definition_id, work))
    after = _changed(before, edit.change, work.now)
    _refuse_beyond_grant(before, after, caller)
    save_definition(before, after, _others(after, work), desk)
    return _committed_view(work, definition_id)


def save_definition(
    before: Definition, after: Definition, others: Sequence[Definition], desk: DefinitionDesk
) -> None:
    """Check a changed definition and write it; `others` as for `add_definition`.

    Raises:
        InvalidContent, Forbidden: as `define_kpi`.
    """
    if after.data_source != before.data_source:
        refuse_locked_inputs(after, others, desk.caller.actor)
    _check(after, others, desk.query_check)
    _save(before, after, desk.work)


def retire_kpi(definition_id: int, work: DefinitionWork) -> Json[DefinitionView]:
    """Deactivate a KPI: nothing is calculated any more, its history stays.

    Raises:
        NotFound: the company has no such KPI.
        InvalidContent: a formula still uses it.
    """
    before = _there(work.definitions.get_for_update(definition_id))
    for other in work.definitions.all():
        if other.is_active and before.key in (each.key for each in kpi_inputs(other)):
            raise InvalidContent(f'The formula of "{other.key}" uses this KPI: change that formula first.')
    _save(before, replace(before, is_active=False, updated_at=work.now), work)
    return _committed_view(work, definition_id)


def definition_to_json(definition: Definition) -> dict[str, Any]:
    """Every field of a definition as JSON: what versions and the audit log keep."""
    body: dict[str, Any] = {each.name: getattr(definition, each.name) for each in fields(definition)}
    body["calculation_type"] = definition.calculation_type
    body["data_source"] = source_to_json(definition.data_source)
    body["thresholds"] = thresholds_to_json(definition.thresholds)
    return body


def thresholds_to_json(thresholds: Thresholds) -> dict[str, Decimal]:
    """The three limits by name."""
    return {each.name: getattr(thresholds, each.name) for each in fields(thresholds)}


def drafted(draft: DefinitionFields, category: Category, author: int | None, now: datetime) -> Definition:
    """The definition of a draft: active, in its first version, not saved yet.

    Raises:
        InvalidContent: a rule of 1.2 is broken.
    """
    return Definition(
        id=0,
        key=draft.key,
        name=draft.name,
        description=draft.description,
        category=category,
        data_source=source_from_json(draft.data_source.model_dump()),
        unit=draft.unit,
        precision=draft.precision,
        aggregation_period=draft.aggregation_period,
        target_type=draft.target_type,
        thresholds=Thresholds(**draft.thresholds.model_dump()),
        missing_data=draft.missing_data,
        rollup=draft.rollup,
        lookback_periods=draft.lookback_periods,
        is_active=True,
        version=1,
        created_by=author,
        created_at=now,
        updated_at=now,
    )


def _changed(before: Definition, change: DefinitionChange, now: datetime) -> Definition:
    given: Mapping[str, Any] = {
        name: getattr(change, name) for name in change.model_fields_set if getattr(change, name) is not None
    }
    values = dict(given)
    if change.data_source is not None:
        values["data_source"] = source_from_json(change.data_source.model_dump())
    if change.thresholds is not None:
        values["thresholds"] = Thresholds(**change.thresholds.model_dump())
    return versioned(before, replace(before, **values, updated_at=now))


def versioned(before: Definition, after: Definition) -> Definition:
    """A changed definition in its version: the next one if its value comes about differently."""
    recalculates = any(getattr(after, name) != getattr(before, name) for name in CHANGES_THE_VALUE)
    return replace(after, version=before.version + 1) if recalculates else after


def _others(definition: Definition, work: DefinitionWork) -> list[Definition]:
    """The active ones beside it, which a formula may use."""
    return [each for each in work.definitions.all() if each.id != definition.id and each.is_active]


def _refuse_beyond_grant(before: Definition, after: Definition, caller: Caller) -> None:
    if caller.actor.may(KPIS_CREATE):
        return
    for name in sorted(NEEDS_MORE_THAN_A_GRANT):
        if getattr(after, name) != getattr(before, name):
            raise Forbidden(f"Changing {name} needs the permission {KPIS_CREATE}: a grant is not enough.")


def _check(definition: Definition, others: Sequence[Definition], query_check: QueryCheck) -> None:
    check_formula(definition, others)
    query_check.check(definition)


def _known(definition_id: int, work: DefinitionWork) -> Definition:
    return _there(work.definitions.get(definition_id))


def _there(definition: Definition | None) -> Definition:
    if definition is None:
        raise NotFound("There is no such KPI definition.")
    return definition


def _save(before: Definition, after: Definition, work: DefinitionWork) -> None:
    """Write a change with its audit entry; what changes nothing leaves no trace."""
    if replace(after, updated_at=before.updated_at) == before:
        return
    work.definitions.save(after)
    about = AuditObject("definition", after.id)
    work.audit.record("definition.changed", about, definition_to_json(before), definition_to_json(after))


def _committed_view(work: DefinitionWork, definition_id: int) -> Json[DefinitionView]:
    return Json(
        require_found(work.views.read_and_commit("definition", {"id": definition_id}), "KPI definition")
    )


def _view(definition_id: int, work: DefinitionWork) -> str:
    return require_found(work.views.read("definition", {"id": definition_id}), "KPI definition")
