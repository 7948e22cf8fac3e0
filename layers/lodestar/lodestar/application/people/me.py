"""The caller about themselves."""

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import CompanyOfMe, MeView


def who_am_i(caller: Caller) -> MeView:
    """The caller, as the token and the database tell."""
    return MeView(
        id=caller.user_id,
        name=caller.name,
        email=caller.email,
        role=caller.actor.role,
        permissions=sorted(caller.actor.permissions),
        company=CompanyOfMe(
            id=caller.company.id, name=caller.company.name, timezone=caller.company.calendar.timezone
        ),
        teams_managed=sorted(caller.actor.managed_team_ids),
    )
