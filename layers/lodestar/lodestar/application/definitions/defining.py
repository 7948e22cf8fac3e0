"""Defining KPIs: create, change, retire."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from lodestar.application.access import (
    require_definition,
    require_found,
    require_readable_definition,
    require_unlocked,
)
from lodestar.application.caller import Caller
from lodestar.application.definitions.data_sources import source_from_json
from lodestar.application.definitions.formulas import (
    kpi_inputs,
    require_computable_formula,
    require_unlocked_inputs,
)
from lodestar.application.definitions.ports import DefinitionWork, QueryCheck
from lodestar.application.definitions.shapes import (
    DefinitionChange,
    DefinitionFields,
    DefinitionList,
    DefinitionQuery,
    DefinitionView,
)
from lodestar.application.definitions.versions import start_of
from lodestar.application.pages import read_page_and_commit
from lodestar.application.work import AuditObject
from lodestar.domain.definitions import Category, Definition, Thresholds
from lodestar.domain.permissions import KPIS_CREATE, KPIS_DELETE, Actor, may_edit_kpi, may_read_definitions
from lodestar.domain.refusals import Conflict, Detail, Forbidden, InvalidContent
from lodestar.domain.sources import UnreadableSource
from lodestar.wire.changes import given_fields
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit

NEEDS_MORE_THAN_A_GRANT = ("category", "data_source", "is_active")
"""What a grant on one KPI does not let change: who else sees it, what of the company it reads, its life."""


def get_definition(definition_id: int, caller: Caller, work: DefinitionWork) -> Json[DefinitionView]:
    """A KPI with how it is calculated.

    Raises:
        NotFound: the company has no such KPI.
        Forbidden: it has, but the caller neither assigns nor defines nor sees KPIs, and has no grant on it.
    """
    require_readable_definition(work.definitions.get(definition_id), caller)
    return committed_definition(definition_id, work)


def list_definitions(query: DefinitionQuery, caller: Caller, work: DefinitionWork) -> Json[DefinitionList]:
    """A page of the company's KPIs.

    Raises:
        Forbidden: the caller neither assigns nor defines nor sees all KPIs.
    """
    if not may_read_definitions(caller.actor):
        raise Forbidden("Only those who assign, define or see all KPIs can list how they are calculated.")
    return Json(read_page_and_commit("definitions", query, work))


def new_definition(
    draft: DefinitionFields, category: Category, author: int | None, now: datetime
) -> Definition:
    """The definition of a draft: active, in its first version, not saved yet.

    Raises:
        InvalidContent: a field is out of its bounds, thresholds do not descend, or a rule of the source is
            broken, such as bounds that are the wrong way round.
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


def copied_definition(
    original: Definition, key: str, fields: Mapping[str, Any], author: int | None, now: datetime
) -> Definition:
    """A definition as another one but for some fields of a body: active, in its first version, not saved yet.

    Raises:
        InvalidContent: as `new_definition`.
    """
    copy = replace(original.back(now), id=0, key=key, version=1, created_by=author, created_at=now)
    return replace(copy, **_of_domain(fields), updated_at=now)


def require_definable(
    definition: Definition,
    others: Sequence[Definition],
    caller: Caller,
    query_check: QueryCheck,
    before: Definition | None = None,
) -> None:
    """Let a definition pass that can be calculated, and reads nothing that is locked for the caller.

    `others` are the active ones beside it, which its formula may use; `before` is what it is now, if it is
    there already.

    Raises:
        InvalidContent: its source cannot be read, or a formula or a query is refused.
        Forbidden: its formula uses a KPI that is locked for the caller.
    """
    if isinstance(definition.data_source, UnreadableSource):
        raise InvalidContent.of("data_source", definition.data_source.message)
    # An unchanged source shows nobody more than before: who may not see its inputs may still rename the KPI.
    if before is None or definition.data_source != before.data_source:
        require_unlocked_inputs(definition, others, caller.actor)
    require_computable_formula(definition, others)
    query_check.check(definition)  # last: it asks the database, and the others cost nothing


def add_definition(definition: Definition, work: DefinitionWork) -> Definition:
    """Insert a definition that has passed its checks, with its audit entry.

    Raises:
        Conflict: the company has that key already.
    """
    added = work.definitions.add(definition)
    work.audit.record("definition.created", AuditObject("definition", added.id), None, added)
    return added


def save_definition(before: Definition, after: Definition, actor: Actor, work: DefinitionWork) -> None:
    """Write a change with its audit entry; what changes nothing leaves no trace.

    Raises:
        Forbidden: the KPI is locked for the actor, or would be: who moves it sees both categories.
    """
    for definition in (before, after):
        require_unlocked(definition, actor)
    if replace(after, updated_at=before.updated_at) == before:
        return
    work.definitions.save(after, start_of(before, after, work))
    work.audit.record("definition.changed", AuditObject("definition", after.id), before, after)


def change_definition(
    definition_id: int,
    edit: Edit[DefinitionChange],
    caller: Caller,
    work: DefinitionWork,
    query_check: QueryCheck,
) -> tuple[Definition, Definition]:
    """Change some fields of a KPI, and tell what it was and is; the caller commits.

    What changes how it measures makes a version, which counts from the running period on.

    Raises:
        NotFound: the company has no such KPI.
        Forbidden: it is locked for the caller, or would be in its new category; they have no right to change
            it, or not this of it; or its new formula uses a KPI that is locked for them.
        Conflict: it was changed since the edit's precondition, or would have another `aggregation_period`
            than its measurements.
        InvalidContent: a field is out of its bounds, or a formula or a query is refused; nothing is saved.
    """
    # Locked before anything is compared: what the precondition and the audit log call "before" stays so.
    work.definitions.lock_all()
    before = require_definition(work.definitions.get_for_update(definition_id))
    require_unlocked(before, caller.actor)
    if not may_edit_kpi(caller.actor, definition_id, before.known_category):
        raise Forbidden("Only those who define KPIs, or have a grant to edit this one, can change it.")
    edit.precondition.require_met(lambda: _view(definition_id, work))
    _require_whole_mend(before, edit.change)
    after = _changed(before, edit.change, caller.company.calendar.local_date(work.now), work.now)
    if before.is_active and not after.is_active:
        require_unused(before, work)
    _require_same_cadence(before, after, work)
    _require_right_beyond_grant(before, after, caller)
    _require_right_to_retire(before, after, caller)
    require_definable(after, active_others(after, work), caller, query_check, before)
    save_definition(before, after, caller.actor, work)
    return before, after


def require_unused(definition: Definition, work: DefinitionWork) -> None:
    """InvalidContent for a KPI that the formula of another one uses: it would fail from now on."""
    # One that uses itself loses no input.
    for other in active_others(definition, work):
        if definition.key in (used.key for used in kpi_inputs(other)):
            raise InvalidContent(f'The formula of "{other.key}" uses this KPI: change that formula first.')


def active_others(definition: Definition, work: DefinitionWork) -> list[Definition]:
    """The active definitions beside one, which its formula may use."""
    return [other for other in work.definitions.all() if other.id != definition.id and other.is_active]


def committed_definition(definition_id: int, work: DefinitionWork) -> Json[DefinitionView]:
    """The definition as the API shows it; the transaction is committed with it."""
    return Json(
        require_found(work.views.read_and_commit("definition", {"id": definition_id}), "KPI definition")
    )


def _changed(before: Definition, change: DefinitionChange, today: date, now: datetime) -> Definition:
    changed = replace(before, **_of_domain(given_fields(change)), updated_at=now)
    if changed.is_active is not before.is_active:
        changed = changed.back(now) if changed.is_active else changed.retired(today, now)
    return before.changed_to(changed)


def _of_domain(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields of a body, of which some are bodies themselves, as a definition holds them."""
    values = dict(fields)
    if "data_source" in values:
        values["data_source"] = source_from_json(values["data_source"].model_dump())
    # Sent whole, not merged: three limits have to descend, and each default is one of a good whole.
    if "thresholds" in values:
        values["thresholds"] = Thresholds(**values["thresholds"].model_dump())
    return values


def _require_whole_mend(before: Definition, change: DefinitionChange) -> None:
    """Let nobody save what only stands in for what cannot be read: all that is faulty comes anew."""
    source = before.data_source
    if isinstance(source, UnreadableSource):
        sent = given_fields(change)
        for name in source.to_be_sent:
            if name not in sent:
                raise InvalidContent.of(name, source.message)


def _require_same_cadence(before: Definition, after: Definition, work: DefinitionWork) -> None:
    """Let no weeks stand beside days: what has been measured stays readable under its own KPI."""
    if after.aggregation_period is before.aggregation_period or not work.definitions.is_measured(before.id):
        return
    message = (
        f"This KPI has been measured {before.aggregation_period}, and stays so: make a new one with "
        f'"copy_of": {before.id} and "aggregation_period": "{after.aggregation_period}", and retire this one.'
    )
    raise Conflict(message, [Detail("aggregation_period", message)], code="already_measured")


def _require_right_beyond_grant(before: Definition, after: Definition, caller: Caller) -> None:
    if caller.actor.may(KPIS_CREATE):
        return
    # By what changes, not by what is sent: a client may send back all that it has read.
    for name in NEEDS_MORE_THAN_A_GRANT:
        if getattr(after, name) != getattr(before, name):
            raise Forbidden(f"Changing {name} needs the permission {KPIS_CREATE}: a grant is not enough.")


def _require_right_to_retire(before: Definition, after: Definition, caller: Caller) -> None:
    if before.is_active and not after.is_active and not caller.actor.may(KPIS_DELETE):
        raise Forbidden(f"Retiring a KPI needs the permission {KPIS_DELETE}.")


def _view(definition_id: int, work: DefinitionWork) -> str:
    return require_found(work.views.read("definition", {"id": definition_id}), "KPI definition")
