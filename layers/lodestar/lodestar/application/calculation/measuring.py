"""From a value to a measurement: the target in force, and the achievement against it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lodestar.application.calculation.batches import Measured
from lodestar.domain import values
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.scoring import achievement, status
from lodestar.domain.targets import Targets, target_in_force


@dataclass(frozen=True, slots=True)
class Frame:
    """What is measured when: an assignment of a definition in a period, seen from an instant."""

    assignment_id: int
    definition: Definition
    period: Period
    is_open: bool
    is_news: bool

    @classmethod
    def seen(cls, assignment_id: int, definition: Definition, period: Period, view: "Viewpoint") -> "Frame":
        """The frame as of an instant: only the running and the newest closed period are news."""
        newest = view.calendar.last_closed(period.cadence, view.at)
        return cls(
            assignment_id, definition, period, period.start > newest.start, period.start >= newest.start
        )


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A company's calendar at an instant."""

    calendar: Calendar
    at: datetime


def measured(frame: Frame, value: Decimal | values.NoData, own: Targets, wide: Targets) -> Measured:
    """The measurement of a value, with the target in force and the achievement against it."""
    definition = frame.definition
    number = None if isinstance(value, values.NoData) else value
    target, origin = target_in_force(frame.period, own, wide)
    achieved = achievement(number, target, definition.target_type)
    return Measured(
        assignment_id=frame.assignment_id,
        definition=definition,
        period=frame.period,
        value=number,
        no_data_reason=value.reason if isinstance(value, values.NoData) else None,
        target=target,
        target_origin=origin,
        achievement=achieved,
        status=status(achieved, number is not None, target is not None, definition.thresholds),
        is_open=frame.is_open,
        is_news=frame.is_news,
    )
