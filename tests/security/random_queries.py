"""Random admin SQL over the allowed grammar, typed, and with as few brackets as chance leaves."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

type Make = Callable[[int], str]
"""Writes an expression of one type; the number bounds how deep it may still go."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table with the columns of each type that expressions may name."""

    name: str
    owner: str
    time: str
    numbers: Sequence[str]
    texts: Sequence[str]
    truths: Sequence[str] = ()
    attributes: str | None = None


SOURCES = (
    Source(
        "records", "user_id", "occurred_at", ["value"], ["source", "external_id"], attributes="attributes"
    ),
    Source("time_entries", "user_id", "worked_at", ["hours"], ["project", "external_id"], ["billable"]),
    Source(
        "support_cases",
        "assigned_to",
        "opened_at",
        ["satisfaction", "resolution_minutes"],
        ["status", "priority", "channel"],
        ["reopened"],
    ),
)
INTERVALS = (
    *(
        "1 day",
        "1 day ago",
        "- 1 day",
        ".5 day",
        "1.5 days",
        "1 day 12:00",
        "20 days 12:00:00",
        "1 min",
        "1 mon",
    ),
    *("P1D", "PT36H", "@ 2 hours", "90 minutes", "1-2", "3 4:05:06", "1 week", "-1 day +2 hours"),
)
TEXTS = (
    "'deals'",
    "'open'",
    "''",
    "'it''s'",
    "'a b'",
    "'A'",
    "'100%'",
    "'--'",
    "'/*'",
    "';'",
    "'NOT'",
    "'1'",
)
NUMBERS = ("0", "1", "2", "3.5", ".5", "5.", "1e2", "1.5E-1", "007", "1000000")
TIMES = (":start_date", ":end_date", "TIMESTAMPTZ '2026-03-03 04:05:06+02'", "'2026-03-05'::timestamptz")
PATTERNS = ("'%e%'", "'d%'", "'_pen'", "'%\\%'", "''", "'%'")
_SPACE = re.compile(r"('(?:[^']|'')*'|ORDER BY)| ")  # ORDER and BY are one word to the parser


class RandomQueries:
    """Writes queries; the same seed writes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._source = SOURCES[0]

    def query(self) -> str:
        """A query of one row and one number about :user_id."""
        self._source = self._one_of(SOURCES)
        shape = self._one_of([self._aggregate, self._aggregate, self._aggregate, self._inner, self._first])
        return self._spaced(shape())

    def _aggregate(self) -> str:
        return f"SELECT {self._aggregated(2)} FROM {self._source.name} WHERE {self._about()}"

    def _inner(self) -> str:
        number, owner = self._number(2), self._source.owner
        inner = f"SELECT {number} AS v, {owner} FROM {self._source.name} WHERE {self._truth(2)}"
        outer = f"{self._one_of(['SUM(v)', 'MAX(t.v)', 'COUNT(*) - COUNT(v)', 'AVG(v * 2)'])}"
        if self._chance(0.5):
            return f"WITH t AS ({inner}) SELECT {outer} FROM t WHERE {owner} = :user_id"
        return f"SELECT {outer} FROM ({inner}) AS t WHERE t.{owner} = :user_id"

    def _first(self) -> str:
        where, way = self._about(), self._one_of(["", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST"])
        order = f"{self._number(1)}{way}, external_id"
        return (
            f"SELECT {self._number(2)} AS n FROM {self._source.name} WHERE {where} ORDER BY {order} LIMIT 1"
        )

    def _about(self) -> str:
        """Conditions with the subject anywhere among them."""
        mine = self._one_of([f"{self._source.owner} = :user_id", f":user_id = {self._source.owner}"])
        if self._chance(0.15):
            return f"({mine} OR {self._truth(1)}) AND {self._truth(2)}"
        conditions = [self._truth(3) for _ in range(self._random.randint(0, 2))]
        conditions = [each if " OR " not in each else f"({each})" for each in conditions]
        conditions.insert(self._random.randint(0, len(conditions)), mine)
        return " AND ".join(conditions)

    def _aggregated(self, depth: int) -> str:
        makes: list[Callable[[], str]] = [
            lambda: "COUNT(*)",
            lambda: f"COUNT(DISTINCT {self._any(1)})",
            lambda: f"{self._one_of(['SUM', 'AVG', 'MIN', 'max', 'Count'])}({self._number(2)})",
            lambda: f"COUNT(*) FILTER (WHERE {self._truth(2)})",
            lambda: f"COALESCE(SUM({self._number(1)}), {self._one_of(NUMBERS)})",
            lambda: f"SUM(CASE WHEN {self._truth(2)} THEN {self._number(1)} ELSE 0 END)",
            lambda: f"PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY {self._number(1)})",
        ]
        first = self._one_of(makes)()
        if depth == 0 or self._chance(0.5):
            return first
        operator = self._one_of(["+", "-", "*", "/", "%"])
        second = self._aggregated(depth - 1)
        divisor = f"NULLIF({second}, 0)" if operator in "/%" and self._chance(0.7) else second
        return self._bracketed(f"{first} {operator} {divisor}")

    def _any(self, depth: int) -> str:
        return self._one_of([self._number, self._text, self._time])(depth)

    def _number(self, depth: int) -> str:
        if depth == 0:
            return self._one_of([*NUMBERS, *self._source.numbers, *self._source.numbers])
        return self._one_of([*[self._number_of_numbers] * 2, self._number_of_others, self._leaf_number])(
            depth - 1
        )

    def _leaf_number(self, _: int) -> str:
        return self._number(0)

    def _number_of_numbers(self, depth: int) -> str:
        one, other = self._number(depth), self._number(depth)
        forms = [
            *(f"{one} {operator} {other}" for operator in ("+", "-", "*", "-", "+")),
            *(f"- {one}", f"ABS({one})", f"ROUND({one}, 1)", f"FLOOR({one})", f"SIGN({one})"),
            *(f"COALESCE({one}, {other})", f"NULLIF({one}, {other})", f"GREATEST({one}, {other}, 1)"),
            *(f"CAST({one} AS numeric(12, 2))", f"({one})::numeric", f"{one} / NULLIF({other}, 0)"),
        ]
        return self._bracketed(self._one_of(forms))

    def _number_of_others(self, depth: int) -> str:
        makes: list[Callable[[], str]] = [
            lambda: f"LENGTH({self._text(depth)})",
            lambda: f"EXTRACT(EPOCH FROM {self._time(depth)} - {self._time(depth)}) / 60",
            lambda: f"date_part('day', {self._time(depth)})",
            lambda: f"EXTRACT(HOUR FROM {self._time(depth)})",
            lambda: f"CASE WHEN {self._truth(depth)} THEN {self._number(depth)} ELSE {self._number(0)} END",
            lambda: f"CASE {self._text(0)} WHEN {self._text(0)} THEN 1 END",
            lambda: f"(SELECT COUNT(*) FROM records AS o WHERE o.user_id = {self._source.owner})",
        ]
        return self._one_of(makes)()

    def _text(self, depth: int) -> str:
        if depth == 0 or self._chance(0.4):
            return self._one_of([*TEXTS, *self._source.texts, *self._source.texts, *self._of_attributes()])
        one, other = self._text(depth - 1), self._text(depth - 1)
        forms = [f"{one} || {other}", f"UPPER({one})", f"lower({one})", f"TRIM({one})", f"BTRIM({one}, 'e ')"]
        forms += [f"COALESCE({one}, {other})", f"TRIM(LEADING 'o' FROM {one})", f"{one}::text"]
        return self._bracketed(self._one_of(forms))

    def _of_attributes(self) -> list[str]:
        keys = ("''", "'stage'", "'n'", "'it''s'") if self._source.attributes else ()
        return [f"attributes ->> {key}" for key in keys] + ["attributes -> 'in' ->> 'n'" for _ in keys[:1]]

    def _time(self, depth: int) -> str:
        if depth == 0 or self._chance(0.5):
            return self._one_of([*TIMES, self._source.time, self._source.time])
        time = self._time(depth - 1)
        forms = [
            f"{time} {self._one_of('+-')} INTERVAL '{self._one_of(INTERVALS)}'",
            f"DATE_TRUNC('day', {time})",
        ]
        return self._bracketed(self._one_of(forms))

    def _truth(self, depth: int) -> str:
        if depth == 0:
            return self._compared(0)
        return self._one_of([self._compared, self._within, self._named, self._joined, self._joined])(
            depth - 1
        )

    def _compared(self, depth: int) -> str:
        make = self._one_of([self._number, self._text, self._time])
        operator = self._one_of(["=", "<>", "!=", "<", "<=", ">", ">=", "IS DISTINCT FROM"])
        return self._bracketed(f"{make(depth)} {operator} {make(depth)}")

    def _within(self, depth: int) -> str:
        negated = self._one_of(["", "NOT "])
        one, two, three = (self._number(depth) for _ in range(3))
        text, other = self._text(depth), self._text(0)
        forms = [
            *(f"{one} {negated}BETWEEN {two} AND {three}", f"{one} {negated}IN ({two}, {three})"),
            *(f"{text} {negated}IN ({other}, 'a b')", f"{text} {negated}LIKE {self._one_of(PATTERNS)}"),
            *(f"{text} {negated}ILIKE {self._one_of(PATTERNS)}", f"{one} IS {negated}NULL"),
            *(f"{text} IS {negated}NULL", f"({self._truth(depth)}) IS {negated}TRUE"),
            f"{negated}EXISTS (SELECT 1 FROM records AS o WHERE o.user_id = {self._source.owner})",
        ]
        return self._bracketed(self._one_of(forms))

    def _named(self, depth: int) -> str:
        """Truth values that are compared, which is where precedence shows."""
        truths = [*self._source.truths, "TRUE", "false"]
        operator = self._one_of(["=", "<", "<=", ">", ">=", "<>"])
        return self._bracketed(f"{self._within(depth)} {operator} {self._one_of(truths)}")

    def _joined(self, depth: int) -> str:
        one, other = self._truth(depth), self._truth(depth)
        return self._bracketed(self._one_of([f"{one} AND {other}", f"{one} OR {other}", f"NOT {one}"]))

    def _bracketed(self, text: str) -> str:
        return f"({text})" if self._chance(0.4) else text

    def _spaced(self, text: str) -> str:
        """With other blanks between the words, and comments, now and then."""
        return _SPACE.sub(lambda found: found[0] if found[1] or self._chance(0.9) else self._blank(), text)

    def _blank(self) -> str:
        return self._one_of(["\n", "\t", "  ", " /* one /* 'two */ ; */ ", " -- it's so\n"])

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _one_of[T](self, things: Sequence[T]) -> T:
        return self._random.choice(things)
