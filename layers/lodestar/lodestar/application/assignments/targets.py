"""Targets in bodies and answers, and what a KPI takes as one."""

from datetime import date
from typing import Annotated

from pydantic import Field

from lodestar.domain.definitions import Definition, TargetType
from lodestar.domain.periods import Calendar
from lodestar.domain.refusals import InvalidContent, InvalidRequest
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Target
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Number, Value


class TargetRange(Body):
    """The band of a KPI of target_type range, both bounds included."""

    min: Value
    max: Value


type TargetBody = Value | TargetRange


class TargetRangeView(View):
    """The band of a KPI of target_type range."""

    min: Number
    max: Number


type TargetValue = Annotated[
    Number | TargetRangeView,
    Field(description="The value to reach: a number, or the band of a KPI of target_type range."),
]


def target_to_view(target: Target | None, target_type: TargetType) -> TargetValue | None:
    """A target as answers show it: one number, or a band where the KPI has a range, or had one then."""
    if target is None:
        return None
    if target_type is TargetType.RANGE or target.low != target.high:
        return TargetRangeView(min=target.low, max=target.high)
    return target.low


def target_for(definition: Definition, body: TargetBody, field: str = "target_value") -> Target:
    """The target of a body, checked against the KPI that it is for; `field` is where the body has it.

    Raises:
        InvalidContent: a band for a KPI that wants one value or the other way round, bounds out of
            order, or a manual KPI's target outside its allowed_range.
    """
    if (definition.target_type is TargetType.RANGE) != isinstance(body, TargetRange):
        shape = '{"min": …, "max": …}' if definition.target_type is TargetType.RANGE else "one number"
        raise InvalidContent.of(field, f"{field} of a {definition.target_type} KPI must be {shape}.")
    if isinstance(body, TargetRange):
        if body.min > body.max:
            raise InvalidContent.of(field, f"{field}.min must not be above {field}.max.")
        target = Target(body.min, body.max)
    else:
        target = Target.point(body)
    _require_reachable(definition, target, field)
    return target


def require_holds_a_period(first: date, last: date, definition: Definition, calendar: Calendar) -> None:
    """InvalidRequest for a range that no period of the KPI ends in: a target of it could never count."""
    cadence = definition.aggregation_period
    begun = calendar.containing(cadence, first)
    if begun.end > last:
        raise InvalidRequest(
            f"{first}..{last} holds the last day of no {cadence} period, so the target could never count: "
            f"choose {begun} or {calendar.previous(begun)}."
        )


def _require_reachable(definition: Definition, target: Target, field: str) -> None:
    """Refuse a target that no value could meet, as none beyond the range may ever be entered."""
    source = definition.data_source
    if isinstance(source, ManualSource) and not source.allows(target.low, target.high):
        raise InvalidContent.of(
            field, f"{field} must lie in the KPI's allowed_range of {source.allowed_range}."
        )
