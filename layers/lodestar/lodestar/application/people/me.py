"""The caller about themselves."""

from datetime import datetime

from lodestar.application.caller import Caller
from lodestar.application.people.shapes import CompanyOfMe, MeView


def who_am_i(caller: Caller, now: datetime) -> MeView:
    """The caller, as the token and the database tell; the company's timezone is the one of now."""
    timezone = caller.company.calendar.at(now).timezone
    return MeView(
        id=caller.user_id,
        name=caller.name,
        email=caller.email,
        role=caller.actor.role,
        permissions=sorted(caller.actor.permissions),
        company=CompanyOfMe(id=caller.company.id, name=caller.company.name, timezone=timezone),
        teams_managed=sorted(caller.actor.managed_team_ids),
    )
