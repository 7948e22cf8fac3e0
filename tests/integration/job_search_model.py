"""Spec 5.3 in naive Python: every row is looked at, and its local day is read off the user's clock."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

type Row = Mapping[str, Any]
LOADED = (
    *("jobs", "contacts", "applications", "outreach", "follow-ups"),
    *("events", "growth-events", "boost-tasks", "growth-boost-tasks", "senior-reviews"),
)


@dataclass(frozen=True)
class Search:
    """What a user keeps, at an instant, in a timezone; `days` are the first and last day asked for."""

    rows: Mapping[str, Sequence[Row]]
    now: datetime
    zone: str
    week_start: str = "monday"
    targets: tuple[int, int] = (5, 5)
    days: tuple[date | None, date | None] = (None, None)

    def today(self) -> dict[str, Any]:
        asked = self._asked(self._date, self._date)
        heats = [active_job["heat"] for active_job in self._active_jobs]
        return {
            "cvSentToday": self._number("applications", "date_sent", asked),
            "cvTarget": self.targets[0],
            "outreachToday": self._number("outreach", "sent_at", asked),
            "outreachTarget": self.targets[1],
            "followupsDue": len(self._due(asked)),
            "seniorReviewsThisWeek": self._number("senior-reviews", "reviewed_at", self._is_this_week),
            "heatBreakdown": [{"heat": heat, "count": heats.count(heat)} for heat in range(4)],
            "nextBestAction": self._next_action(),
        }

    def week(self) -> dict[str, Any]:
        asked = self._asked(self._monday, self._monday + timedelta(days=6))
        attended = [each for each in self.rows["events"] if each["status"] == "ATTENDED"]
        grown = [each for each in self.rows["growth-events"] if each["attended"]]
        done = [each for each in self.rows["growth-boost-tasks"] if each["status"] == "completed"]
        return {
            "cvSent": self._number("applications", "date_sent", asked),
            "outreach": self._number("outreach", "sent_at", asked),
            "followupsSent": self._number("follow-ups", "sent_at", asked),
            "eventsAttended": self._dated(attended, "date", asked) + self._dated(grown, "date", asked),
            "boostTasksDone": self._dated(self.rows["boost-tasks"], "done_at", asked)
            + self._dated(done, "completed_at", asked),
            "seniorReviews": self._number("senior-reviews", "reviewed_at", asked),
            "targets": {"cvTarget": self.targets[0], "outreachTarget": self.targets[1]},
        }

    def _next_action(self) -> dict[str, Any] | None:
        """Without the sentences."""
        overdue = self._due(lambda day: day < self._date)
        for kind, due in (("overdue_follow_up", overdue), ("follow_up_due_today", self._due(self._is_today))):
            if due:
                first = min(due, key=lambda each: (each["due_at"], each["external_id"]))
                told = {"job_id": first["job"], "contact_id": first["contact"], "due_at": first["due_at"]}
                return {"type": kind, **{name: each for name, each in told.items() if each is not None}}
        silent = [
            (last.timestamp() if last else float("-inf"), job["external_id"])
            for job in self._active_jobs
            if job["heat"] == 3
            for last in [self._last_contact(job["external_id"])]
            if last is None or self.now - last > timedelta(days=7)
        ]
        if silent:
            return {"type": "hot_job_without_contact", "job_id": min(silent)[1]}
        if self._number("applications", "date_sent", self._is_today) < self.targets[0]:
            return {"type": "application_target"}
        if self._number("outreach", "sent_at", self._is_today) < self.targets[1]:
            return {"type": "outreach_target"}
        return None

    def _last_contact(self, job: str) -> datetime | None:
        contacts = [
            each[name]
            for table, name in (
                ("applications", "date_sent"),
                ("outreach", "sent_at"),
                ("follow-ups", "sent_at"),
            )
            for each in self._counted(table)
            if each["job"] == job and each[name] is not None
        ]
        return max(contacts, default=None)

    def _due(self, is_meant: Callable[[date], bool]) -> list[Row]:
        return [
            each
            for each in self._counted("follow-ups")
            if each["sent_at"] is None and is_meant(self._day(each["due_at"]))
        ]

    def _number(self, table: str, name: str, is_meant: Callable[[date], bool]) -> int:
        return self._dated(self._counted(table), name, is_meant)

    def _dated(self, rows: Iterable[Row], name: str, is_meant: Callable[[date], bool]) -> int:
        return sum(row[name] is not None and is_meant(self._day(row[name])) for row in rows)

    def _counted(self, table: str) -> list[Row]:
        jobs = {None, *(active_job["external_id"] for active_job in self._active_jobs)}
        contacts = {None, *(each["external_id"] for each in self.rows["contacts"] if not each["archived"])}
        return [
            each for each in self.rows[table] if each.get("job") in jobs and each.get("contact") in contacts
        ]

    @cached_property
    def _active_jobs(self) -> list[Row]:
        return [
            each
            for each in self.rows["jobs"]
            if not each["archived"] and each["stage"] not in ("REJECTED", "DORMANT")
        ]

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.zone)).date()

    @cached_property
    def _date(self) -> date:
        return self._day(self.now)

    @cached_property
    def _monday(self) -> date:
        """The first day of the week, whatever it is called."""
        names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        week = [self._date - timedelta(days=back) for back in range(7)]
        return next(each for each in week if names[each.weekday()] == self.week_start)

    def _is_today(self, day: date) -> bool:
        return day == self._date

    def _is_this_week(self, day: date) -> bool:
        return self._monday <= day <= self._monday + timedelta(days=6)

    def _asked(self, first: date, last: date) -> Callable[[date], bool]:
        start, end = self.days[0] or first, self.days[1] or last
        return lambda day: start <= day <= end
