"""GET /api/users/{user_id}/scores: a person's overall score, day by day."""

from lodestar.application.caller import Caller
from lodestar.application.insight.scores import scores_of
from lodestar.application.insight.shapes import Scores, ScoresQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users/{user_id}/scores")
def handler(user_id: PathId, query: FromQuery[ScoresQuery], caller: Caller, work: UnitOfWork) -> Json[Scores]:
    """A page of score snapshots, oldest first, each with the parts that it was made of."""
    return scores_of(user_id, query, caller, work)
