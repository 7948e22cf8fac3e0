"""Targets in bodies and answers, and what a KPI takes as one."""

from typing import Annotated

from pydantic import Field

from lodestar.domain.definitions import Definition, TargetType
from lodestar.domain.refusals import InvalidContent
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
    """A target as answers show it: one number, or a band where the KPI has a range."""
    if target is None:
        return None
    return TargetRangeView(min=target.low, max=target.high) if target_type is TargetType.RANGE else target.low


def target_for(definition: Definition, body: TargetBody | None, name: str = "target_value") -> Target | None:
    """The target of a body, checked against the KPI that it is for; `name` is its field.

    Raises:
        InvalidContent: a band for a KPI that wants one value or the other way round, bounds out of
            order, or a manual KPI's target outside its allowed_range.
    """
    if body is None:
        return None
    if (definition.target_type is TargetType.RANGE) != isinstance(body, TargetRange):
        shape = '{"min": …, "max": …}' if definition.target_type is TargetType.RANGE else "one number"
        raise InvalidContent.of(name, f"{name} of a {definition.target_type} KPI must be {shape}.")
    if isinstance(body, TargetRange):
        if body.min > body.max:
            raise InvalidContent.of(name, f"{name}.min must not be above {name}.max.")
        target = Target(body.min, body.max)
    else:
        target = Target.point(body)
    _refuse_unreachable(definition, target, name)
    return target


def _refuse_unreachable(definition: Definition, target: Target, name: str) -> None:
    source = definition.data_source
    if not isinstance(source, ManualSource):
        return
    low, high = source.allowed_min, source.allowed_max
    if (low is not None and target.low < low) or (high is not None and target.high > high):
        bounds = f"{'−∞' if low is None else low} to {'∞' if high is None else high}"
        raise InvalidContent.of(name, f"{name} must lie in the KPI's allowed_range of {bounds}.")
