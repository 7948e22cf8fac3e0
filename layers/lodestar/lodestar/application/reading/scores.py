"""A person's overall score, day by day."""

from datetime import date

from lodestar.application.assignments.assigning import visible_person
from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found
from lodestar.wire.bodies import View
from lodestar.wire.fields import Number
from lodestar.wire.json_view import Json
from lodestar.wire.paging import DatesPageQuery


class ScoredKpi(View):
    """The KPI of a part."""

    id: int
    key: str
    name: str


class ScorePart(View):
    """What one assignment brought to a score; an achievement of null stayed out of it."""

    assignment_id: int
    kpi: ScoredKpi
    weight: Number
    achievement_percentage: Number | None


class ScoreView(View):
    """The score at the end of a day, and how much of the weight it rests on, both in percent."""

    on_date: date
    overall_score: Number | None
    coverage: Number | None
    parts: list[ScorePart]


class Scores(View):
    """One page of snapshots, oldest first."""

    scores: list[ScoreView]
    next_cursor: str | None


class ScoresQuery(DatesPageQuery):
    """Which days."""


def scores_of(user_id: int, query: ScoresQuery, caller: Caller, work: UnitOfWork) -> Json[Scores]:
    """A page of a person's score snapshots.

    Raises:
        NotFound, Forbidden: as `visible_person`.
        InvalidRequest: `from` behind `to`, or a cursor that we never gave.
    """
    visible_person(user_id, caller, work)
    return Json(found(work.views.last("scores", {**query.parameters, "id": user_id}), "user"))
