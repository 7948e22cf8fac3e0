"""What the system answers, in few statements: lists and histories of everybody at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lodestar.application.access import visibility_parameters
from lodestar.application.insight.company_kpis import company_kpi_parameters
from lodestar.application.insight.people_kpis import PERIODS_FOR_TREND
from lodestar.persistence.all_views import VIEWS
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.values.score_parts import calendar_parameters
from tests.histories.days import HORIZON
from tests.histories.facts import Band, Slot, Who
from tests.histories.numbers import Measured, Standard
from tests.histories.world import World, who_of

_MEASUREMENTS = """
select a.definition_id, a.user_id, a.team_id, m.period_start, m.period_end, m.value, m.definition_version,
  m.target_low, m.target_high, m.target_origin, m.weight, m.score_cap, m.achievement, m.status,
  m.covered_days, m.is_partial, m.notes, m.state
from lodestar.measurements m join lodestar.assignments a on a.company_id = m.company_id
  and a.id = m.assignment_id
where m.company_id = :company"""

_TERMS = """
select a.definition_id, a.user_id, a.team_id, t.*
from lodestar.terms t join lodestar.assignments a on a.company_id = t.company_id and a.id = t.assignment_id
where t.company_id = :company order by t.assignment_id, t.start_date"""

# Each person's list, by the view of one person.
_PEOPLE = f"""
select person.id, cast(shown.v as text) as v from lodestar.users person
cross join lateral ({VIEWS["user_kpis"].replace(":users", "array[person.id]")}) as shown(v)
where person.company_id = :company and person.role = 'user'"""

# Each team's list; its members are those of the day.
_TEAMS = f"""
select asked.id, cast(shown.v as text) as v from lodestar.teams asked
cross join lateral (
  select array_agg(m.user_id) as ids from lodestar.memberships m
  where m.company_id = :company and m.team_id = asked.id and m.start_date <= cast(:on as date)
    and (m.end_date is null or m.end_date >= cast(:on as date))) as present
cross join lateral (
  {VIEWS["team_kpis"].replace(":users", "present.ids").replace(":team", "asked.id")}) as shown(v)
where asked.company_id = :company"""

# The history of each assignment, as it was believed at each of some instants.
_HISTORIES = f"""
select asked.definition_id, asked.user_id, asked.team_id, instant.at, cast(shown.v as text) as v
from unnest(cast(:instants as timestamptz[])) as instant(at)
cross join lodestar.assignments asked
cross join lateral (
  {VIEWS["history"].replace(":id", "asked.id").replace(":as_of", "instant.at")}) as shown(v)
where asked.company_id = :company"""

_SCORES = f"""
select asked.id, instant.at, cast(shown.v as text) as v
from unnest(cast(:instants as timestamptz[])) as instant(at)
cross join lodestar.users asked
cross join lateral (
  {VIEWS["scores"].replace(":id", "asked.id").replace(":as_of", "instant.at")}) as shown(v)
where asked.company_id = :company and asked.role = 'user'"""


@dataclass(frozen=True)
class Stored:
    """A measurement as it is stored."""

    measured: Measured
    state: str


class Answers:
    """What a company's system answers at this moment."""

    def __init__(self, world: World) -> None:
        self._world = world

    def measurements(self) -> dict[Slot, Stored]:
        return {
            Slot(row["definition_id"], who_of(row), row["period_start"], row["period_end"]): _stored(row)
            for row in self._world.rows(_MEASUREMENTS)
        }

    def terms(self) -> dict[tuple[int, Who], list[tuple[Any, ...]]]:
        """The terms of everybody, in the order of their days."""
        found: dict[tuple[int, Who], list[tuple[Any, ...]]] = {}
        for row in self._world.rows(_TERMS):
            target = None if row["target_low"] is None else (row["target_low"], row["target_high"])
            last = min(row["end_date"] or HORIZON, HORIZON)
            terms = row["start_date"], last, row["weight"], target, row["for_people"]
            found.setdefault((row["definition_id"], who_of(row)), []).append(terms)
        return found

    def teams_of(self) -> dict[int, list[tuple[date, date, int]]]:
        """In which team everybody is from when until when."""
        found: dict[int, list[tuple[date, date, int]]] = {}
        for row in self._world.rows(
            "select user_id, team_id, start_date, end_date from lodestar.memberships "
            "where company_id = :company order by user_id, start_date"
        ):
            last = min(row["end_date"] or HORIZON, HORIZON)
            found.setdefault(row["user_id"], []).append((row["start_date"], last, row["team_id"]))
        return found

    def snapshots(self) -> dict[tuple[int, date], tuple[Any, Any]]:
        rows = self._world.rows(
            "select user_id, on_date, score, coverage from lodestar.snapshots where company_id = :company"
        )
        return {(row["user_id"], row["on_date"]): (row["score"], row["coverage"]) for row in rows}

    def alerts(self) -> list[Mapping[str, Any]]:
        return self._world.rows(
            "select a.user_id, a.team_id, l.* from lodestar.alerts l join lodestar.assignments a "
            "on a.company_id = l.company_id and a.id = l.assignment_id "
            "where l.company_id = :company order by l.id"
        )

    def people(self, on: date) -> dict[int, Any]:
        rows = self._world.rows(_PEOPLE, **self._list_parameters(on))
        return {row["id"]: _exact(row["v"]) for row in rows}

    def teams(self, on: date) -> dict[int, Any]:
        caller = self._world.caller()
        parameters = {
            **self._list_parameters(on),
            **_arrays(visibility_parameters(caller.actor)),
            "me": caller.user_id,
            "with_members": True,
            "min_group_size": 3,
        }
        return {row["id"]: _exact(row["v"]) for row in self._world.rows(_TEAMS, **parameters)}

    def company(self) -> Any:
        query = {"period": None, "category": None, "limit": None, "cursor": None}
        text = self._world.read(
            lambda caller, work: work.views.read("company_kpis", query | company_kpi_parameters(caller, work))
        )
        return _exact(text or "")["kpis"]

    def histories(self, instants: list[datetime | None]) -> dict[datetime | None, dict[tuple[int, Who], Any]]:
        found: dict[datetime | None, dict[tuple[int, Who], Any]] = {instant: {} for instant in instants}
        for row in self._world.rows(_HISTORIES, **_pages(instants)):
            found[row["at"]][row["definition_id"], who_of(row)] = _exact(row["v"])["measurements"]
        return found

    def scores(self, instants: list[datetime | None]) -> dict[datetime | None, dict[int, Any]]:
        found: dict[datetime | None, dict[int, Any]] = {instant: {} for instant in instants}
        for row in self._world.rows(_SCORES, **_pages(instants)):
            found[row["at"]][row["id"]] = _exact(row["v"])["scores"]
        return found

    def _list_parameters(self, on: date) -> dict[str, Any]:
        calendar = self._world.company.calendar
        yesterday = calendar.previous(calendar.containing("daily", calendar.local_date(self._world.now)))
        closed = calendar_parameters(calendar, [min(on, yesterday.start)], PERIODS_FOR_TREND)
        return {"on": on, **closed}


def band_of(shown: Any) -> Band | None:
    """A target as a list shows it."""
    if isinstance(shown, dict):
        return shown["min"], shown["max"]
    return None if shown is None else (shown, shown)


def _stored(row: Mapping[str, Any]) -> Stored:
    target = None if row["target_low"] is None else (row["target_low"], row["target_high"])
    standard = Standard(
        row["definition_version"], target, row["target_origin"], row["weight"], row["score_cap"]
    )
    return Stored(
        Measured(
            row["value"],
            standard,
            row["achievement"],
            row["status"],
            row["covered_days"],
            row["is_partial"],
            row["notes"],
        ),
        row["state"],
    )


def _pages(instants: list[datetime | None]) -> dict[str, Any]:
    return {
        "instants": array(instants),
        "from": date(2000, 1, 1),
        "to": date(2100, 1, 1),
        "cursor": None,
        "limit": 200,
    }


def _exact(answer: str) -> Any:
    return json.loads(answer, parse_float=Decimal, parse_int=Decimal)


def _arrays(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: array(value) if isinstance(value, list) else value for name, value in parameters.items()}
