"""What may happen to a company, as often as it changes what closed periods are judged by."""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.histories.company import CHANGES, DAILY, KPIS, OF_COMPANY

type Step = tuple[Any, ...]
"""A method of a story, and what it is called with."""

ENTERED = ("mood", "plan")


class Chance:
    """What a number decides. Hypothesis itself draws some steps far too often, and steps of its own twice."""

    def __init__(self, number: int) -> None:
        self._random = Random(number)
        self.one_of = self._random.choice
        self.between = self._random.randint
        # Most of a history is about one person, one KPI and one day: what happens apart meets nowhere.
        self._person = self.one_of([0, 1, 2])
        self._kpi = self.one_of(list(KPIS))
        self._day = self.between(-7, -1)

    def weighted[Choice](self, *choices: tuple[int, Choice]) -> Choice:
        often, things = zip(*choices, strict=True)
        return self._random.choices(things, often)[0]

    def is_so(self, percent: int = 50) -> bool:
        return self._random.random() * 100 < percent

    def person(self) -> int:
        return self._person if self.is_so(60) else self.one_of([0, 0, 1, 1, 2])

    def kpi(self) -> str:
        return self._kpi if self.is_so() else self.one_of([*DAILY, *KPIS])

    def of_company(self) -> str:
        is_his = self._kpi in OF_COMPANY and self.is_so()
        return self._kpi if is_his else self.one_of([*OF_COMPANY, "sold", "mood", "handling"])

    def of_entered(self) -> str:
        is_his = self._kpi in ENTERED and self.is_so()
        return self._kpi if is_his else self.one_of(["mood", "mood", "plan"])

    def of_watched(self) -> str:
        return self.one_of(["sold", "sold", "mood", "weekly", "deals"])

    def back(self) -> int:
        if self.is_so(40):
            return self._day
        return self.between(-7, 0) if self.is_so(60) else self.between(-40, 0)

    def around(self) -> int:
        if self.is_so(25):
            return self._day
        return self.between(-8, 4) if self.is_so(70) else self.between(-40, 3)

    def length(self) -> int | None:
        return self.one_of([None, self.between(0, 9), self.between(10, 60)])

    def target(self) -> int | None:
        return self.one_of([None, None, 50, 100, 0, -20])

    def weight(self) -> int:
        return self.one_of([10, 1, 50, 0])

    def notes(self) -> str | None:
        return self.one_of([None, None, "", "because"])

    def value(self) -> int:
        return self.between(0, 120)


def _terms(c: Chance) -> tuple[Any, ...]:
    return c.around(), c.length(), c.target(), c.weight(), c.is_so()


def _fields(c: Chance) -> dict[str, Any]:
    """Weight, target or both, from a day on."""
    fields: dict[str, Any] = {}
    if c.is_so(60):
        fields["weight"] = c.weight()
    if c.is_so(60) or not fields:
        fields["target_value"] = c.target()
    if c.is_so(80):
        fields["effective_from"] = c.around()
    return fields


def _end(c: Chance) -> dict[str, Any]:
    return c.one_of([{"end_date": c.around()}, {"end_date": None}, {"is_active": c.is_so()}])


def _of_group(c: Chance) -> dict[str, Any]:
    return c.one_of([_fields(c), _fields(c), _end(c), _fields(c) | {"for_people": c.is_so(70)}])


def _group(c: Chance) -> tuple[int, str]:
    who = c.one_of([0, 1, 2, 2, 2])
    return who, c.of_company()


def _line(c: Chance) -> tuple[int | None, str, int, int]:
    who = None if c.is_so(25) else c.person()
    return who, c.of_entered(), c.back(), c.value()


def _version(c: Chance) -> Step:
    key = c.one_of([*KPIS, "mood", "handling"])
    return "define", key, c.one_of(CHANGES[key])


def _calendar(c: Chance) -> Step:
    """From a day ahead, or corrected from one in the past."""
    since = c.one_of([1, 1, 2, 3, 5, c.between(-12, 0)])
    if c.is_so():
        return "calendar", "week_start", c.one_of(["sunday", "sunday", "monday"]), since
    return "calendar", "timezone", c.one_of(["Asia/Tokyo", "America/New_York", "Europe/Berlin"]), since


def _dated(c: Chance) -> tuple[int, int, int, bool]:
    return c.around(), c.one_of([0, c.between(0, 9), c.between(0, 40)]), c.one_of([20, 90]), c.is_so(40)


OFTEN: list[tuple[int, Callable[[Chance], Step]]] = [
    (9, lambda c: ("pass_days", c.one_of([1, 1, 2, 3]))),
    (
        9,
        lambda c: (
            "record",
            c.person(),
            _source(c),
            c.back(),
            c.between(0, 2),
            c.value(),
            c.one_of([3, 12, 22]),
        ),
    ),
    (4, lambda c: ("late_record", c.person(), _source(c), c.between(0, 2), c.between(0, 2), c.value())),
    (9, lambda c: ("change", c.person(), c.kpi(), _fields(c))),
    (3, lambda c: ("change", c.person(), c.kpi(), _end(c))),
    (5, lambda c: ("change_group", *_group(c), _of_group(c))),
    (7, lambda c: ("assign", c.person(), c.kpi(), *_terms(c))),
    (5, lambda c: ("assign_group", *_group(c), *_terms(c), c.is_so())),
    (5, lambda c: ("withdraw", c.person(), c.kpi(), c.one_of([None, c.around(), c.back()]))),
    (2, lambda c: ("withdraw_group", *_group(c), c.one_of([None, c.around()]))),
    (7, lambda c: ("move", c.person(), c.one_of([None, 0, 1, 1]), c.around())),
    (2, lambda c: ("leave", c.person())),
    (2, lambda c: ("come_back", c.person())),
    (
        7,
        lambda c: (
            "enter",
            c.person(),
            c.of_entered(),
            c.back(),
            c.value(),
            c.notes(),
        ),
    ),
    (2, lambda c: ("enter_company", c.of_entered(), c.back(), c.value(), c.notes())),
    (3, lambda c: ("import_file", [_line(c) for _ in range(c.between(1, 4))], c.is_so())),
    (7, lambda c: ("target", c.person(), c.kpi(), *_dated(c))),
    (5, lambda c: ("company_target", c.of_company(), *_dated(c))),
    (4, lambda c: ("rerun", c.back(), c.between(0, 40), False)),
    (5, lambda c: ("rerun", c.back(), c.between(0, 40), True)),
    (8, _version),
    (
        2,
        lambda c: (
            "retire",
            c.one_of(["handling", "mood", "total", "deals", "plan", "quarter", "growth", "lift"]),
        ),
    ),
    (4, _calendar),
    (2, lambda c: ("cap", c.one_of([None, 100, 110]))),
    (3, lambda c: ("finish", c.person(), c.of_watched(), c.between(1, 3))),
    (
        2,
        lambda c: (
            "begin_late",
            c.person(),
            c.one_of(["weekly", "deals"]),
            c.between(-2, 0),
            c.one_of([50, 500]),
        ),
    ),
    (3, lambda c: ("give_again", c.person(), c.of_entered(), c.back())),
    (3, lambda c: ("target_inside", c.person(), c.kpi(), c.back(), c.between(0, 30))),
    (3, lambda c: ("import_over", c.person(), c.of_entered(), c.back(), c.one_of([50, c.value()]))),
    (2, lambda c: ("turn", *_calendar(c)[1:3], c.one_of([1, 1, 2]))),
]


def _source(c: Chance) -> str:
    return c.one_of(["sales", "sales", "calls", "deals"])


def history_of(number: int) -> list[tuple[Step, int]]:
    """Some steps, each with how many days back the lists are looked at behind it."""
    chance = Chance(number)
    length = chance.between(3, 6)
    return [(chance.weighted(*OFTEN)(chance), chance.one_of([0, 0, 1, 5])) for _ in range(length)]


HISTORIES = st.integers(0, 2**48).map(history_of)
