"""Methods: teams. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.teams import TeamChange, TeamDraft, TeamKpis, TeamList, TeamView


class TeamsApi:
    """The operations of the tag `teams`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> TeamList:
        """A page of teams: all for admins, those that they manage for a manager."""
        request = Request("GET", "/api/teams", query={"limit": limit, "cursor": cursor})
        found: TeamList = self._core.call(request, TeamList)
        return found

    def all(self, *, limit: int | None = None) -> Iterator[TeamView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(limit=limit, cursor=cursor), "teams")

    def create(self, body: TeamDraft, *, idempotency_key: str | None = None) -> TeamView:
        """Make a team."""
        request = Request("POST", "/api/teams", headers={"Idempotency-Key": idempotency_key}, body=body)
        found: TeamView = self._core.call(request, TeamView)
        return found

    def remove(self, team_id: int) -> TeamView:
        """Dissolve a team: its people are in it until the end of today; its numbers stay."""
        request = Request("DELETE", f"/api/teams/{quoted(team_id)}")
        found: TeamView = self._core.call(request, TeamView)
        return found

    def get(self, team_id: int) -> TeamView:
        """A team; for its members, its manager and admins."""
        request = Request("GET", f"/api/teams/{quoted(team_id)}")
        found: TeamView = self._core.call(request, TeamView)
        return found

    def update(self, team_id: int, body: TeamChange) -> TeamView:
        """Change a team's name or manager; what is left out stays."""
        request = Request("PUT", f"/api/teams/{quoted(team_id)}", body=body)
        found: TeamView = self._core.call(request, TeamView)
        return found

    def kpis(self, team_id: int, *, on: dt.date | None = None) -> TeamKpis:
        """Members and averages for the team's manager and admins; averages alone for a member."""
        request = Request("GET", f"/api/teams/{quoted(team_id)}/kpis", query={"on": on})
        found: TeamKpis = self._core.call(request, TeamKpis)
        return found
