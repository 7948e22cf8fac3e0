"""Making a company, with all that has to be there before its people come."""

from lodestar.application.alerts.ports import Topics
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.people.companies import committed_company
from lodestar.application.people.ports import Directory
from lodestar.application.people.shapes import CompanyDraft, CompanyView
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import Role
from lodestar.wire.json_view import Json


def create_company(
    draft: CompanyDraft, work: CalculationWork, directory: Directory, topics: Topics
) -> Json[CompanyView]:
    """Make a company with its sandbox login, its alert topic and its first admin.

    Raises:
        InvalidContent: an unknown timezone.
        Conflict: nobody can be invited to the admin's address.
    """
    # The only refusal that needs no database comes first: a sandbox and a sign-in cost more.
    Calendar(draft.timezone, draft.week_start, draft.fiscal_year_start_month)
    fields = draft.model_dump(exclude={"admin"})
    company_id = work.add_company(fields)
    work.people.make_sandbox()
    admin = {"name": draft.admin.name, "email": draft.admin.email, "role": Role.ADMIN}
    admin_id = work.people.add_user(admin, directory.invite(draft.admin.email, draft.admin.name))
    work.people.set_topic(topics.make(company_id))  # last: a refused company leaves no topic behind
    work.audit.record_many(
        [
            AuditedChange("company.created", AuditObject("company", company_id), None, fields),
            AuditedChange("user.created", AuditObject("user", admin_id), None, admin),
        ]
    )
    return committed_company(company_id, work)
