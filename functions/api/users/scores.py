"""GET /api/users/{user_id}/scores: a person's overall score, day by day."""

from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading.scores import Scores, ScoresQuery, scores_of
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users/{user_id}/scores")
def handler(user_id: PathId, query: FromQuery[ScoresQuery], caller: Caller, work: UnitOfWork) -> Json[Scores]:
    """A page of score snapshots, oldest first, each with the parts that it was made of."""
    return scores_of(user_id, query, caller, work)
