"""GET /api/audit/verify: whether the audit log is as it was written."""

from lodestar.application.operations.auditing import check_audit
from lodestar.application.operations.shapes import AnchorQuery, AuditCheck
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/audit/verify", needs="audit.view")
def handler(query: FromQuery[AnchorQuery], work: UnitOfWork) -> Json[AuditCheck]:
    """Compute the chain of hashes again, and compare an entry with its hash that was noted outside."""
    return check_audit(query, work)
