"""A person's overall score, day by day."""

from lodestar.application.access import require_found, require_visible_person
from lodestar.application.caller import Caller
from lodestar.application.insight.ports import InsightWork
from lodestar.application.insight.shapes import Scores, ScoresQuery
from lodestar.wire.json_view import Json


def scores_of(user_id: int, query: ScoresQuery, caller: Caller, work: InsightWork) -> Json[Scores]:
    """A page of a person's score snapshots.

    Raises:
        NotFound: the company has no such user.
        Forbidden: the caller is neither that person nor their manager nor an admin.
        InvalidRequest: `from` behind `to`, or a cursor that we never gave.
    """
    require_visible_person(user_id, caller, work.people)
    parameters = {**query.parameters, "id": user_id, "as_of": query.as_of}
    return Json(require_found(work.views.read_and_commit("scores", parameters), "user"))
