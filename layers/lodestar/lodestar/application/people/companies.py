"""Companies of the platform: whose they are to read and change, and how they are shown."""

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.people.ports import PeopleWork
from lodestar.application.people.shapes import CompanyView
from lodestar.domain.permissions import COMPANIES_MANAGE, COMPANY_EDIT, may_edit_company
from lodestar.domain.refusals import Forbidden, NotFound
from lodestar.wire.json_view import Json


def get_company(company_id: int, caller: Caller, work: PeopleWork) -> Json[CompanyView]:
    """A company, for the platform and the company's own admins.

    Raises:
        Forbidden, NotFound: as `require_editable_company`.
    """
    require_editable_company(company_id, caller, work)
    return committed_company(company_id, work)


def committed_company(company_id: int, work: PeopleWork) -> Json[CompanyView]:
    """The company as the API shows it; the transaction is committed with it."""
    text = work.views.read_and_commit("company", {"id": company_id, "at": work.now})
    return Json(require_found(text, "company"))


def require_editable_company(company_id: int, caller: Caller, work: PeopleWork) -> None:
    """Bind the transaction to a company whose settings are the caller's to change.

    Raises:
        Forbidden: the caller changes no company's settings.
        NotFound: there is none of that id that is theirs; the platform's own is nobody's.
    """
    actor = caller.actor
    if not (actor.may(COMPANIES_MANAGE) or actor.may(COMPANY_EDIT)):
        raise Forbidden(f"This needs the permission {COMPANY_EDIT}, which your role does not have.")
    # Rows of another company than the bound one are out of reach: a superuser has to go there first.
    if not may_edit_company(actor, company_id) or not work.enter_company(company_id):
        raise NotFound("There is no such company.")
