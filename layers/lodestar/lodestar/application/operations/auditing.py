"""Reading the audit log and checking its chain."""

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.operations.ports import OperationsWork
from lodestar.application.operations.shapes import AnchorQuery, AuditCheck, AuditList, AuditQuery
from lodestar.application.pages import read_page_and_commit
from lodestar.domain.refusals import InvalidRequest
from lodestar.wire.json_view import Json


def audit_log(query: AuditQuery, caller: Caller, work: OperationsWork) -> Json[AuditList]:
    """A page of the company's audit log, newest first.

    Raises:
        InvalidRequest: the dates are out of order, the cursor was never given.
    """
    since, until = query.instants(caller.company.calendar)
    return Json(read_page_and_commit("audit", query, work, since=since, until=until))


def check_audit(query: AnchorQuery, work: OperationsWork) -> Json[AuditCheck]:
    """Compute the chain of the company's audit log again and compare.

    Raises:
        InvalidRequest: half an anchor.
    """
    if (query.anchor_seq is None) != (query.anchor_hash is None):
        missing = "anchor_seq" if query.anchor_seq is None else "anchor_hash"
        raise InvalidRequest.of(missing, "Give anchor_seq and anchor_hash together, or neither.")
    return Json(require_found(work.views.read_and_commit("audit_check", query.model_dump()), "audit log"))
