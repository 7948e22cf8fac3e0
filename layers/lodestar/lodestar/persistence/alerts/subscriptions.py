"""Who outside the company gets its alerts, and whose KPI an alert is about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lodestar.application.alerts.ports import Subscription
from lodestar.domain.alerts import NotificationChannel
from lodestar.domain.definitions import Category
from lodestar.domain.permissions import WatchedSubject
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import TODAY, team_on

# Binds: company, channel, address, made_by, at. An ended one begins anew; one that is not gives no row.
_ADD = """
insert into lodestar.subscriptions as s (company_id, channel, address, created_by, created_at)
values (:company, :channel, :address, :made_by, :at)
on conflict (company_id, channel, address) do update
  set created_by = excluded.created_by, created_at = excluded.created_at, ended_at = null
  where s.ended_at is not null
returning s.id"""

# Binds: company.
_ALL = """
select id, channel, address, subscription_arn, created_by from lodestar.subscriptions
where company_id = :company and ended_at is null"""

# Binds: company, now, alert_id.
_WATCHED = f"""
select x.definition_id, d.category, a.user_id,
  coalesce(a.team_id, {team_on("a.user_id", TODAY)}) as team_id
from lodestar.alerts x
join lodestar.definitions d on d.company_id = x.company_id and d.id = x.definition_id
join lodestar.assignments a on a.company_id = x.company_id and a.id = x.assignment_id
where x.company_id = :company and x.id = :alert_id"""


class SqlSubscriptions(SqlStore):
    """Subscriptions of the bound company."""

    def add_subscription(
        self, channel: NotificationChannel, address: str, made_by: int, at: datetime
    ) -> int | None:
        """Insert a subscription, or begin an ended one of the address anew; its id, None: there is one."""
        wanted = {"channel": channel, "address": address, "made_by": made_by, "at": at}
        row = self._session.row(_ADD, **wanted)
        return None if row is None else int(row["id"])

    def name_subscription(self, subscription_id: int, arn: str) -> None:
        """Remember by which name the topic knows a subscription."""
        self._session.run(
            "update lodestar.subscriptions set subscription_arn = :arn "
            "where company_id = :company and id = :id",
            id=subscription_id,
            arn=arn,
        )

    def subscriptions(self) -> list[Subscription]:
        """All that are not ended, in the order of their ids."""
        return [_subscription(row) for row in self._session.rows(f"{_ALL} order by id")]

    def subscription_for_update(self, subscription_id: int) -> Subscription | None:
        """The one of that id, unless it is ended; its row is locked."""
        row = self._session.row(f"{_ALL} and id = :id for update", id=subscription_id)
        return None if row is None else _subscription(row)

    def end_subscription(self, subscription_id: int, at: datetime) -> None:
        """Let an address have no more."""
        self._session.run(
            "update lodestar.subscriptions set ended_at = :at where company_id = :company and id = :id",
            id=subscription_id,
            at=at,
        )

    def watched_subject(self, alert_id: int) -> WatchedSubject:
        """Whose KPI an alert is about; a person in their team of today."""
        row = self._session.one(_WATCHED, alert_id=alert_id)
        category = row["category"]
        known = Category(category) if category in Category else None
        return WatchedSubject(row["definition_id"], known, row["user_id"], row["team_id"])


def _subscription(row: Mapping[str, Any]) -> Subscription:
    return Subscription(**{**row, "channel": NotificationChannel(row["channel"])})
