"""GET /api/audit: who changed what."""

from lodestar.application.caller import Caller
from lodestar.application.operations.auditing import audit_log
from lodestar.application.operations.shapes import AuditList, AuditQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/audit", needs="audit.view")
def handler(query: FromQuery[AuditQuery], caller: Caller, work: UnitOfWork) -> Json[AuditList]:
    """A page of the audit log, newest first: who changed what, with its state before and after."""
    return audit_log(query, caller, work)
