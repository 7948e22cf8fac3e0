"""Defining a new KPI, with what it may be given at once: a target, alert rules, rights of roles."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from lodestar.application.access import require_found, require_unlocked
from lodestar.application.alerts.rules import add_alert_rule
from lodestar.application.assignments.assigning import given_terms
from lodestar.application.assignments.company_targets import add_company_target
from lodestar.application.assignments.targets import target_for
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import (
    active_others,
    add_definition,
    copied_definition,
    new_definition,
    require_definable,
)
from lodestar.application.definitions.granting import grant_to_roles
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.definitions.shapes import DefinitionChange, DefinitionFields, NewDefinitionView
from lodestar.application.workflows.shapes import DefinitionDraft, FirstSettings, FirstTarget, TargetDates
from lodestar.domain.assignments import THE_COMPANY, Terms
from lodestar.domain.dates import require_order
from lodestar.domain.definitions import Definition
from lodestar.domain.keys import key_of_name
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.permissions import ALERTS_MANAGE, KPIS_ASSIGN_ALL, Actor, may_set_targets
from lodestar.domain.refusals import Detail, Forbidden, InvalidContent
from lodestar.domain.targets import DatedTarget
from lodestar.wire.changes import given_fields
from lodestar.wire.json_view import Json

ONE_YEAR = timedelta(days=366)
"""How far back values of a KPI with a target for every period may be entered."""


_COPIED = frozenset(DefinitionChange.model_fields) - {"is_active"}
"""What a copy has of the KPI that it is made of, unless its draft says otherwise."""


def define_kpi(
    draft: DefinitionDraft, caller: Caller, work: CalculationWork, query_check: QueryCheck
) -> Json[NewDefinitionView]:
    """Save a new KPI, with its first settings, after checking that it can be calculated.

    Raises:
        InvalidContent: a field is out of its bounds, a formula or a query is refused, or a setting would be
            refused alone too; nothing is saved.
        InvalidRequest: the dates of the first target are out of order.
        Forbidden: its formula uses, or it copies, a KPI that is locked for the caller, or the caller may not
            make one of the settings alone either.
        Conflict: the company has that key already, or somebody makes one of the roles at the same time.
    """
    work.definitions.lock_all()  # before a key is chosen: it must not be taken meanwhile
    definition = _drafted(draft, caller, work)
    _require_same_calculation_type(draft, definition)
    require_definable(definition, active_others(definition, work), caller, query_check)
    added = add_definition(definition, work)  # first: the settings refer to its id
    created_roles = _make_first_settings(added, draft, caller, work)
    state = work.views.read("definition", {"id": added.id})
    parameters = {"id": added.id, "created_roles": list(created_roles)}
    text = work.views.read_and_commit("new_definition", parameters)
    return Json(require_found(text, "KPI definition"), state)


def _drafted(draft: DefinitionDraft, caller: Caller, work: CalculationWork) -> Definition:
    given = {name: value for name, value in given_fields(draft).items() if name in _COPIED}
    if draft.copy_of is not None:
        original = work.definitions.get(draft.copy_of)
        if original is None:
            raise InvalidContent.of("copy_of", "copy_of must be the id of a KPI of your company.")
        require_unlocked(original, caller.actor)  # a copy may have another category, and is to be seen there
        key = _key(draft, draft.name or original.name, work)
        return copied_definition(original, key, given, caller.user_id, work.now)
    missing = [name for name in ("name", "data_source") if name not in given]
    if missing:
        details = [Detail(name, "This field is required without copy_of.") for name in missing]
        raise InvalidContent(f"body.{missing[0]}: {details[0].message}", details)
    given.pop("category", None)
    given.setdefault("aggregation_period", Cadence.MONTHLY)
    key = _key(draft, given["name"], work)
    fields = DefinitionFields.model_construct(key=key, **given)  # each has been validated in the draft
    return new_definition(fields, draft.category, caller.user_id, work.now)


def _key(draft: DefinitionDraft, name: str, work: CalculationWork) -> str:
    if draft.key is not None:
        return draft.key
    return key_of_name(name, {definition.key for definition in work.definitions.all()})


def _require_same_calculation_type(draft: DefinitionDraft, definition: Definition) -> None:
    if draft.calculation_type not in (None, definition.calculation_type):
        raise InvalidContent.of(
            "calculation_type",
            f'A data source of type "{definition.data_source.kind}" is calculated as '
            f'"{definition.calculation_type}": leave calculation_type out or mend it.',
        )


def _make_first_settings(
    definition: Definition, settings: FirstSettings, caller: Caller, work: CalculationWork
) -> Sequence[str]:
    """Give a definition that was just added what it comes with, in the same transaction.

    The answer is the names of the roles that were made for it.
    """
    _require_right_to_settings(definition, settings, caller.actor)
    if settings.target is not None:
        _set_first_target(definition, settings.target, caller, work)
    for position, alert in enumerate(settings.alerts):
        with _fields_inside(f"alerts.{position}"):
            add_alert_rule(definition, alert, caller, work)
    if settings.permissions is None:
        return ()
    return grant_to_roles(definition, settings.permissions, caller, work)


def _require_right_to_settings(definition: Definition, settings: FirstSettings, actor: Actor) -> None:
    # The right to define KPIs is none to do with them whatever else one may not do.
    if settings.target is not None or settings.alerts:
        require_unlocked(definition, actor)
    if settings.target is not None and not (
        may_set_targets(actor, definition.id, definition.known_category) and actor.may(KPIS_ASSIGN_ALL)
    ):
        raise Forbidden("Only who assigns KPIs to the company and edits targets can send a target.")
    if settings.alerts and not actor.may(ALERTS_MANAGE):
        raise Forbidden(f"Alerts need the permission {ALERTS_MANAGE}, which your role does not have.")


def _set_first_target(
    definition: Definition, first: FirstTarget, caller: Caller, work: CalculationWork
) -> None:
    target = target_for(definition, first.value, "target.value")
    start, end = _dates(first.period, definition, caller.company.calendar, work.now)
    default = target if end is None else None
    terms = Terms(start, None, weight=Decimal(1), target=default)
    given_terms(definition, THE_COMPANY, terms, work, renew=False)
    if end is not None:
        add_company_target(definition, DatedTarget(target, start, end, work.now), "", work)


def _dates(
    wanted: TargetDates | date | Cadence | None, definition: Definition, calendar: Calendar, now: datetime
) -> tuple[date, date | None]:
    """The first day of a first target, and the last one where it has any."""
    if isinstance(wanted, TargetDates):
        require_order(wanted.start, wanted.end)
        return wanted.start, wanted.end
    if isinstance(wanted, date):
        period = calendar.containing(definition.aggregation_period, wanted)
        return period.start, period.end
    if wanted not in (None, definition.aggregation_period):
        rule = (
            f"target.period must be {definition.aggregation_period} as the KPI is, a date, or start and end."
        )
        raise InvalidContent.of("target.period", rule)
    running = calendar.containing(definition.aggregation_period, calendar.local_date(now))
    return running.start - ONE_YEAR, None


@contextmanager
def _fields_inside(part: str) -> Iterator[None]:
    """Let a refusal name its fields by their path in the whole body: the client has sent no other one."""
    try:
        yield
    except InvalidContent as refused:
        details = [Detail(f"{part}.{detail.field}", detail.message) for detail in refused.details]
        raise InvalidContent(refused.message, details, code=refused.code) from refused
