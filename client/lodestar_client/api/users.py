"""Methods: users. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.shared import AssignmentChange, AssignmentView, History, HistoryEntry
from lodestar_client.types.users import (
    AssignmentDraft,
    ChangedUser,
    EnteredValue,
    Explanation,
    MeasurementView,
    Scores,
    ScoreView,
    UserChange,
    UserDraft,
    UserKpis,
    UserList,
    UserView,
)


class UsersApi:
    """The operations of the tag `users`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        team_id: int | None = None,
        role: str | None = None,
        is_active: bool | None = None,
        q: str | None = None,
    ) -> UserList:
        """A page of users: all for admins, the people of their teams for a manager."""
        request = Request(
            "GET",
            "/api/users",
            query={
                "limit": limit,
                "cursor": cursor,
                "team_id": team_id,
                "role": role,
                "is_active": is_active,
                "q": q,
            },
        )
        found: UserList = self._core.call(request, UserList)
        return found

    def all(
        self,
        *,
        limit: int | None = None,
        team_id: int | None = None,
        role: str | None = None,
        is_active: bool | None = None,
        q: str | None = None,
    ) -> Iterator[UserView]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                limit=limit, cursor=cursor, team_id=team_id, role=role, is_active=is_active, q=q
            ),
            "users",
        )

    def create(self, body: UserDraft, *, idempotency_key: str | None = None) -> UserView:
        """Make a user."""
        request = Request("POST", "/api/users", headers={"Idempotency-Key": idempotency_key}, body=body)
        found: UserView = self._core.call(request, UserView)
        return found

    def remove(self, user_id: int) -> UserView:
        """Deactivate a user, who is let in no more and in no team from tomorrow on; what was measured stays."""
        request = Request("DELETE", f"/api/users/{quoted(user_id)}")
        found: UserView = self._core.call(request, UserView)
        return found

    def get(self, user_id: int) -> UserView:
        """A user; for themselves, their manager and admins."""
        request = Request("GET", f"/api/users/{quoted(user_id)}")
        found: UserView = self._core.call(request, UserView)
        return found

    def update(self, user_id: int, body: UserChange) -> ChangedUser:
        """Change a user; what is left out stays. A team counts from a day on, all else from the next request."""
        request = Request("PUT", f"/api/users/{quoted(user_id)}", body=body)
        found: ChangedUser = self._core.call(request, ChangedUser)
        return found

    def kpis(self, user_id: int, *, on: dt.date | None = None) -> UserKpis:
        """The person's KPIs with values, trends and the overall score; for themselves, their manager, admins."""
        request = Request("GET", f"/api/users/{quoted(user_id)}/kpis", query={"on": on})
        found: UserKpis = self._core.call(request, UserKpis)
        return found

    def assign(
        self, user_id: int, body: AssignmentDraft, *, idempotency_key: str | None = None
    ) -> AssignmentView:
        """Assign a KPI with target and weight: 201, or 200 when the person has it on these terms already."""
        request = Request(
            "POST",
            f"/api/users/{quoted(user_id)}/kpis/assign",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def remove_kpi(
        self, user_id: int, kpi_id: int, *, from_: dt.date | None = None, dry_run: bool | None = None
    ) -> AssignmentView:
        """Take back an assignment, or its terms from a day on; what was measured there goes out of sight."""
        request = Request(
            "DELETE",
            f"/api/users/{quoted(user_id)}/kpis/{quoted(kpi_id)}",
            query={"from": from_, "dry_run": dry_run},
        )
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def get_kpi(self, user_id: int, kpi_id: int) -> AssignmentView:
        """The assignment with its target, weight and dates; its ETag is what a change of it may name."""
        request = Request("GET", f"/api/users/{quoted(user_id)}/kpis/{quoted(kpi_id)}")
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def change_kpi(
        self, user_id: int, kpi_id: int, body: AssignmentChange, *, if_match: str | None = None
    ) -> AssignmentView:
        """Change an assignment from a day on, or end it; what is left out stays."""
        request = Request(
            "PUT",
            f"/api/users/{quoted(user_id)}/kpis/{quoted(kpi_id)}",
            headers={"If-Match": if_match},
            body=body,
        )
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def explain(
        self, user_id: int, kpi_id: int, *, period_start: dt.date, period_end: dt.date
    ) -> Explanation:
        """How the value of one period came about: version, source, inputs, target, revisions."""
        request = Request(
            "GET",
            f"/api/users/{quoted(user_id)}/kpis/{quoted(kpi_id)}/explain",
            query={"period_start": period_start, "period_end": period_end},
        )
        found: Explanation = self._core.call(request, Explanation)
        return found

    def history(
        self,
        user_id: int,
        kpi_id: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        as_of: dt.datetime | None = None,
    ) -> History:
        """A page of measurements, oldest first; `as_of` shows what was believed at that instant."""
        request = Request(
            "GET",
            f"/api/users/{quoted(user_id)}/kpis/{quoted(kpi_id)}/history",
            query={"limit": limit, "cursor": cursor, "from": from_, "to": to, "as_of": as_of},
        )
        found: History = self._core.call(request, History)
        return found

    def all_history(
        self,
        user_id: int,
        kpi_id: int,
        *,
        limit: int | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        as_of: dt.datetime | None = None,
    ) -> Iterator[HistoryEntry]:
        """Every row of `history`, page by page."""
        return pages(
            lambda cursor: self.history(
                user_id, kpi_id, limit=limit, cursor=cursor, from_=from_, to=to, as_of=as_of
            ),
            "measurements",
        )

    def measure(
        self, user_id: int, kpi_id: int, body: EnteredValue, *, idempotency_key: str | None = None
    ) -> MeasurementView:
        """Enter the value of a manual KPI for one period: 201, or 200 when it corrects one."""
        request = Request(
            "POST",
            f"/api/users/{quoted(user_id)}/kpis/{quoted(kpi_id)}/measure",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: MeasurementView = self._core.call(request, MeasurementView)
        return found

    def scores(
        self,
        user_id: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        as_of: dt.datetime | None = None,
    ) -> Scores:
        """A page of score snapshots, oldest first, each with the parts that it was made of."""
        request = Request(
            "GET",
            f"/api/users/{quoted(user_id)}/scores",
            query={"limit": limit, "cursor": cursor, "from": from_, "to": to, "as_of": as_of},
        )
        found: Scores = self._core.call(request, Scores)
        return found

    def all_scores(
        self,
        user_id: int,
        *,
        limit: int | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        as_of: dt.datetime | None = None,
    ) -> Iterator[ScoreView]:
        """Every row of `scores`, page by page."""
        return pages(
            lambda cursor: self.scores(user_id, limit=limit, cursor=cursor, from_=from_, to=to, as_of=as_of),
            "scores",
        )
