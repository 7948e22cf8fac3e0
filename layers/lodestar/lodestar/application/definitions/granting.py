"""What single users and roles may do with single KPIs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from lodestar.application.access import require_unlocked
from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import DefinitionWork, Grantee
from lodestar.application.definitions.shapes import GrantBody, GrantedView, GrantList, RoleGrants
from lodestar.application.pages import read_page_and_commit
from lodestar.application.people.roles import add_empty_role
from lodestar.application.work import AuditObject
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import NO_GRANT, Grant, GrantedKpi, Rights, Role, may_hand_out
from lodestar.domain.refusals import Forbidden, InvalidContent, NotFound
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery

_BUILT_IN = frozenset(Role)
"""Roles that need not be made; a body does not name that of the platform."""


def grant_to_user(
    kpi_id: int, user_id: int, body: GrantBody, caller: Caller, work: DefinitionWork
) -> GrantedView:
    """Give a user rights on one KPI, or take them away.

    Raises:
        NotFound: the company has no such KPI or user.
        InvalidContent: rights to change a KPI without the right to see it.
        Forbidden: the KPI is locked for the caller, or they may not do with it what they would let others do.
    """
    definition = _require_kpi(work.definitions.get(kpi_id))
    require_unlocked(definition, caller.actor)
    if work.people.person(user_id) is None:
        raise NotFound("There is no such user.")
    grant = Grant(**body.model_dump())
    if grant != NO_GRANT and not grant.can_view:
        name = "can_edit" if grant.can_edit else "can_set_targets"
        raise InvalidContent.of(name, f"{name} needs can_view: who changes a KPI has to see it.")
    save_grant(definition, Grantee(user_id=user_id), grant, caller, work)
    work.commit()
    return GrantedView(kpi_id=kpi_id, user_id=user_id, **body.model_dump())


def list_grants(kpi_id: int, query: PageQuery, work: DefinitionWork) -> Json[GrantList]:
    """A page of the grants on a KPI, to users and to roles.

    Raises:
        NotFound: the company has no such KPI.
    """
    _require_kpi(work.definitions.get(kpi_id))
    return Json(read_page_and_commit("grants", query, work, kpi_id=kpi_id))


def grant_to_roles(
    definition: Definition, wanted: RoleGrants, caller: Caller, work: DefinitionWork
) -> Sequence[str]:
    """Let everybody of some roles see a new KPI, or change it too; the names of the roles that this made.

    Raises:
        Forbidden: the caller may not do with this KPI what they would let others do.
        Conflict: somebody makes one of these roles at the same time.
    """
    named = {*wanted.view, *wanted.edit}
    # The roles are locked: one that is deleted meanwhile would leave a grant to nobody.
    lacking = sorted(named - _BUILT_IN - work.definitions.roles_for_share(named))
    for name in lacking:
        add_empty_role(name, work)
    for role, grant in _grants_by_role(wanted):
        save_grant(definition, Grantee(role=role), grant, caller, work)
    return lacking


def save_grant(
    definition: Definition, grantee: Grantee, grant: Grant, caller: Caller, work: DefinitionWork
) -> None:
    """Write a grant in place of the one before; NO_GRANT takes it away.

    Raises:
        Forbidden: the caller may not do with this KPI what they would let others do.
    """
    granted = GrantedKpi(definition.id, definition.known_category, grant)
    if not may_hand_out(caller.actor, Rights(frozenset(), (granted,))):
        raise Forbidden(f'On "{definition.name}" you can hand out only what you may do yourself.')
    # A grant that is not there yet has no row to lock: the KPI's row makes the second of two writers wait,
    # so that each tells the audit log what was there before.
    work.definitions.lock(definition.id)
    before = work.definitions.grant_for_update(definition.id, grantee)
    if grant == (before or NO_GRANT):
        return
    if grant == NO_GRANT:
        work.definitions.remove_grant(definition.id, grantee)
    else:
        work.definitions.put_grant(definition.id, grantee, grant)
    work.audit.record(
        "grant.changed",
        AuditObject("definition", definition.id),
        _for_audit(grantee, before or NO_GRANT),
        _for_audit(grantee, grant),
    )


def _grants_by_role(wanted: RoleGrants) -> Iterator[tuple[str, Grant]]:
    for role in sorted({*wanted.view, *wanted.edit}):
        yield role, Grant(can_view=True, can_edit=role in wanted.edit)


def _require_kpi(definition: Definition | None) -> Definition:
    if definition is None:
        raise NotFound("There is no such KPI.")
    return definition


def _for_audit(grantee: Grantee, grant: Grant) -> Mapping[str, object]:
    return {**asdict(grantee), **asdict(grant)}
