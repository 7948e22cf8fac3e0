"""What a new KPI may be given at once: a target, alert rules, rights of roles."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from pydantic import ConfigDict, Field

from lodestar.application.alerts.alert_rules import AlertRuleDraft, add_alert_rule
from lodestar.application.assignments.assigning import TargetBody, assignment_to_json, target_for
from lodestar.application.assignments.company_targets import add_company_target
from lodestar.application.caller import Caller
from lodestar.application.definitions.granting import RoleGrants, grant_to_roles
from lodestar.application.ports import UnitOfWork
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.permissions import ALERTS_MANAGE, KPIS_ASSIGN_ALL, Actor, may_set_targets
from lodestar.domain.refusals import Detail, Forbidden, InvalidContent
from lodestar.domain.targets import DatedTarget, refuse_reversed
from lodestar.wire.bodies import Body

_SHORT_NAMES = {
    "alert_type": "type",
    "threshold_percentage": "threshold",
    "notification_channels": "channels",
}
ONE_YEAR = timedelta(days=366)
"""How far back values of a KPI with a target for every period may be entered."""


class TargetDates(Body):
    """A range of dates, both inclusive."""

    start: date
    end: date


class FirstTarget(Body):
    """What the company wants to reach. It makes the KPI one of the company's own.

    Without a `period`, or with the KPI's own `aggregation_period` as one, the value is the default target
    of every period; the company has the KPI since a year ago, so that past values can be entered. With
    dates, or the date of one period, it is the target for these, and the company has the KPI from then on.
    """

    value: TargetBody
    period: TargetDates | date | Cadence | None = None


class FirstAlert(AlertRuleDraft):
    """An alert rule, with `type`, `threshold` and `channels` for its longer names."""

    model_config = ConfigDict(
        alias_generator=lambda name: _SHORT_NAMES.get(name, name),
        validate_by_name=True,
        validate_by_alias=True,
    )


class Furnishing(Body):
    """What a new KPI comes with."""

    target: FirstTarget | None = None
    alerts: list[FirstAlert] = Field(default_factory=list, max_length=20)
    permissions: RoleGrants | None = None


def furnish(definition: Definition, wanted: Furnishing, caller: Caller, work: UnitOfWork) -> None:
    """Give a definition that was just added what it comes with, in the same transaction.

    Raises:
        Forbidden: the caller may not make that alone either.
        InvalidContent: as making it alone, with the field's path in this body.
        InvalidRequest: the target's dates are out of order.
    """
    _refuse_unentitled(definition, wanted, caller.actor)
    if wanted.target is not None:
        _set_first_target(definition, wanted.target, caller, work)
    for position, each in enumerate(wanted.alerts):
        with _inside(f"alerts.{position}"):
            add_alert_rule(definition.id, each, caller, work)
    if wanted.permissions is not None:
        grant_to_roles(definition, wanted.permissions, caller, work)


def _refuse_unentitled(definition: Definition, wanted: Furnishing, actor: Actor) -> None:
    if wanted.target is not None and not (
        may_set_targets(actor, definition.id) and actor.may(KPIS_ASSIGN_ALL)
    ):
        raise Forbidden("Only who assigns KPIs to the company and edits targets can send a target.")
    if wanted.alerts and not actor.may(ALERTS_MANAGE):
        raise Forbidden(f"Alerts need the permission {ALERTS_MANAGE}, which your role does not have.")


def _set_first_target(definition: Definition, first: FirstTarget, caller: Caller, work: UnitOfWork) -> None:
    target = target_for(definition, first.value, "target.value")
    assert target is not None  # noqa: S101 — the body has one
    start, end = _dates(first.period, definition, caller.company.calendar, work.now)
    default = target if end is None else None
    assignment = Assignment(0, definition.id, SubjectType.COMPANY, None, None, Decimal(1), default, start)
    about = ("assignment", work.assignments.add(assignment))
    work.audit.record("assignment.created", about, None, assignment_to_json(assignment))
    if end is not None:
        add_company_target(definition, DatedTarget(target, start, end, work.now), "", work)


def _dates(
    wanted: TargetDates | date | Cadence | None, definition: Definition, calendar: Calendar, now: datetime
) -> tuple[date, date | None]:
    """The first day of a first target, and the last one where it has any."""
    if isinstance(wanted, TargetDates):
        refuse_reversed(wanted.start, wanted.end)
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
def _inside(part: str) -> Iterator[None]:
    """Let a refusal name its fields by their path in the whole body."""
    try:
        yield
    except InvalidContent as refused:
        details = [
            Detail(each.field.replace("body.", f"body.{part}.", 1), each.message) for each in refused.details
        ]
        raise InvalidContent(refused.message, details, code=refused.code) from refused
