"""Whether the system says what the model says: every number, list, alert, and past belief."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.histories.answers import Answers, Stored, band_of
from tests.histories.days import DAY
from tests.histories.facts import Slot, Terms, Who
from tests.histories.lists import OPEN, Lists
from tests.histories.numbers import Numbers
from tests.histories.story import Story
from tests.histories.world import who_of

type Beliefs = dict[Slot, Stored]
type Scores = dict[tuple[int, date], tuple[Any, Any]]


@dataclass
class Comparison:
    """A story beside what its system answers; `believed` is what it said after each step."""

    story: Story
    believed: list[tuple[datetime, Beliefs, Scores]] = field(default_factory=list)

    def now(self, back: int = 0) -> None:
        """Compare all that is stored, and the lists of a day."""
        story, answers = self.story, Answers(self.story.world)
        numbers = story.settled
        stored = {
            slot: found
            for slot, found in answers.measurements().items()
            if slot.last < numbers.today or found.state != OPEN
        }
        states = {slot: known_state(found.value, state) for slot, (found, state) in story.states.items()}
        assert_same(
            {
                slot: (each.measured, known_state(each.measured.value, each.state))
                for slot, each in stored.items()
            },
            {slot: (found, states[slot]) for slot, found in numbers.measured.items()},
            "measurements",
        )
        snapshots = answers.snapshots()
        self._compare_snapshots(snapshots, numbers)
        self._compare_alerts(answers)
        self._compare_lists(Lists(numbers, story.day(-back), states), answers)
        self.believed.append((story.world.now, stored, snapshots))

    def then(self) -> None:
        """Compare who has what from when until when, and what was believed after each step."""
        answers, facts = Answers(self.story.world), self.story.facts
        assert_same(
            answers.terms(), {key: _terms(days) for key, days in facts.terms.items() if days}, "terms"
        )
        teams = {user: list(_stretches(days)) for user, days in facts.teams.items() if days}
        assert_same(answers.teams_of(), teams, "teams")
        instants: list[datetime | None] = [at for at, _, _ in self.believed]
        histories, scores = answers.histories(instants), answers.scores(instants)
        for at, stored, snapshots in self.believed:
            told = {
                slot: entry
                for (kpi, who), entries in histories[at].items()
                for slot, entry in (_told(kpi, who, entry) for entry in entries)
                if entry["state"] != OPEN
            }
            assert_same(told, {slot: _as_told(found) for slot, found in stored.items()}, f"as of {at}")
            assert_same(
                {
                    (user, date.fromisoformat(each["on_date"])): (each["overall_score"], each["coverage"])
                    for user, entries in scores[at].items()
                    for each in entries
                },
                snapshots,
                f"scores as of {at}",
            )

    def _compare_snapshots(self, snapshots: Scores, numbers: Numbers) -> None:
        expected = {key: numbers.score(*key) for key in snapshots if numbers.closes(*key)}
        assert_same(snapshots, expected, "scores")
        closed = {(slot.who.id, slot.last) for slot in numbers.measured if slot.who.kind == "user"}
        missing = [key for key in closed if key not in snapshots and numbers.score(*key) is not None]
        assert not missing, f"days without a score: {missing}"

    def _compare_alerts(self, answers: Answers) -> None:
        found: dict[tuple[int, Who], list[Any]] = {}
        for row in answers.alerts():
            episode = (
                (row["period_start"], row["period_end"], row["value"]),
                (row["target_low"], row["target_high"]),
                row["severity"],
                row["close_reason"] or row["state"],
            )
            found.setdefault((row["rule_id"], who_of(row)), []).append(episode)
        expected = {
            key: [
                ((each.slot.first, each.slot.last, each.value), each.target, each.severity, each.state)
                for each in watch.alerts
            ]
            for key, watch in self.story.alerts.watches.items()
            if watch.alerts
        }
        assert_same(found, expected, "alerts")

    def _compare_lists(self, lists: Lists, answers: Answers) -> None:
        for user, shown in answers.people(lists.on).items():
            expected = lists.of_person(Who("user", user))
            assert_same(_person(shown, expected, lists), expected, f"list of {user} on {lists.on}")
        for team, shown in answers.teams(lists.on).items():
            expected = lists.of_team(team)
            assert_same(_team(shown, expected, lists), expected, f"list of team {team} on {lists.on}")
        if lists.on == lists.numbers.today:
            expected = lists.of_company()
            shown = {each["key"]: _company_entry(each) for each in answers.company()}
            assert_same(_like(shown, expected), expected, "list of the company")


def _stretches[What](days: Mapping[date, What]) -> Iterator[tuple[date, date, What]]:
    """Days in a row with the same thing: the first and the last of them."""
    in_order = sorted(days)
    first = in_order[0]
    for day, following in zip(in_order, [*in_order[1:], None], strict=True):
        if following != day + DAY or days[following] is not days[day]:
            yield first, day, days[day]
            first = following or day


def _terms(days: Mapping[date, Terms]) -> list[tuple[Any, ...]]:
    stretches = _stretches(days)
    return [(first, last, each.weight, each.target, each.for_people) for first, last, each in stretches]


def assert_same(found: Any, expected: Any, what: str) -> None:
    """Both say the same; else it is told where they differ."""
    if found != expected:
        lines = list(_differences(found, expected, ""))
        raise AssertionError("\n".join([f"{what}: {len(lines)} differ", *lines[:12]]))


def _differences(found: Any, expected: Any, where: str) -> Iterator[str]:
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            if found.get(key, "nothing") != expected.get(key, "nothing"):
                yield from _differences(
                    found.get(key, "nothing"), expected.get(key, "nothing"), f"{where} {key}"
                )
    else:
        yield f"{where}:\n    is      {found}\n    must be {expected}"


def known_state(value: Any, state: str) -> str:
    """The state of what has a value: the model does not know why there is none, and when the reason changes."""
    return "any" if value is None and state != OPEN else state


def _told(kpi: int, who: Who, entry: Mapping[str, Any]) -> tuple[Slot, dict[str, Any]]:
    slot = Slot(kpi, who, *(date.fromisoformat(entry[name]) for name in ("period_start", "period_end")))
    kept = {
        name: value
        for name, value in entry.items()
        if name not in ("period_start", "period_end", "calculated_at")
    }
    return slot, kept | {"target_value": band_of(entry["target_value"])}


def _as_told(stored: Stored) -> dict[str, Any]:
    found = stored.measured
    return {
        "actual_value": found.value,
        "target_value": found.standard.target,
        "target_origin": found.standard.origin,
        "weight": found.standard.weight,
        "achievement_percentage": found.achievement,
        "status": found.status,
        "state": stored.state,
        "covered_days": found.covered_days,
        "is_partial": found.is_partial,
        "notes": found.notes,
    }


def _person(shown: Any, expected: Any, lists: Lists) -> dict[str, Any]:
    kpis = _entries(shown["kpis"], lists)
    return {
        "kpis": _like(kpis, expected["kpis"]),
        "overall_score": shown["overall_score"],
        "coverage": shown["coverage"],
    }


def _team(shown: Any, expected: Any, lists: Lists) -> dict[str, Any]:
    averages = shown["team_averages"]
    members = {int(each["user_id"]): each for each in shown["team_members"]}
    return {
        "team_kpis": _like(_entries(shown["team_kpis"], lists), expected["team_kpis"]),
        "members": {
            user: _person(each, expected["members"].get(user, {"kpis": {}}), lists)
            for user, each in members.items()
        },
        "overall_score": averages["overall_score"],
        "averages": {
            key: average for key, average in averages["kpi_averages"].items() if key in expected["averages"]
        },
    }


def _entries(shown: list[Any], lists: Lists) -> dict[str, Any]:
    keys = {kpi.id: kpi.key for kpi in lists.facts.kpis.values()}
    return {keys[int(each["kpi_definition"]["id"])]: _entry(each) for each in shown}


def _entry(shown: Any) -> dict[str, Any]:
    measurement = shown["current_measurement"]
    if measurement is not None:
        measurement = {**measurement, "state": known_state(measurement["actual_value"], measurement["state"])}
    return {
        "trend": shown["trend"],
        "change": shown["change"],
        "measurement": OPEN if measurement is None or measurement["state"] == OPEN else measurement,
        "target": band_of(shown["target_value"]),
        "origin": shown["target_origin"],
        "weight": shown["weight"],
        "status": shown["status"],
    }


def _company_entry(shown: Any) -> dict[str, Any]:
    is_open = shown["state"] in (None, OPEN)
    dates = {name: shown[name] for name in ("period_start", "period_end")}
    change = None if shown["change"] is None else {**shown["change"]}
    if change is not None:
        del change["text"]
    return {
        "measurement": OPEN if is_open else dates,
        "value": shown["value"],
        "target": band_of(shown["target"]),
        "progress": shown["progress"],
        "status": shown["status"],
        "state": known_state(shown["value"], shown["state"]),
        "change": change,
    }


def _like(shown: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """The same entries with those fields that the model tells of."""
    return {
        key: {name: value for name, value in entry.items() if name in expected.get(key, entry)}
        for key, entry in shown.items()
    }
