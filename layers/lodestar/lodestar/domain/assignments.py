"""A definition given to somebody: whom, and on which dated terms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from lodestar.domain.periods import Period
from lodestar.domain.refusals import Conflict, InvalidContent, InvalidRequest
from lodestar.domain.targets import Target

_ONE_DAY = timedelta(days=1)


class SubjectType(StrEnum):
    """What a KPI is measured for."""

    USER = "user"
    TEAM = "team"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class UserKpiIds:
    """Which KPI of which user: an assignment, asked for under the user that it has to belong to."""

    user_id: int
    assignment_id: int


@dataclass(frozen=True, slots=True)
class KpiAssignmentIds:
    """Which assignment of which KPI, to a team or to the company itself."""

    kpi_id: int
    assignment_id: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for an assignment over inclusive dates; without an `end_date`, until further notice.

    `weight` is 0–100. The target is the default where no dated one counts. `for_people`, of terms of the
    company: the target is a goal for each person and team too, even where their values add up.
    """

    start_date: date
    end_date: date | None
    weight: Decimal
    target: Target | None
    for_people: bool = False

    def has_day_in(self, first: date, last: date) -> bool:
        """Whether any day of `first`..`last` (both inclusive) lies in these terms."""
        return last >= self.start_date and (self.end_date is None or first <= self.end_date)

    def overlaps(self, other: "Terms") -> bool:
        """Whether both have a day in common."""
        return self.has_day_in(other.start_date, other.end_date or date.max)

    def days_in(self, period: Period) -> int:
        """How many days of a period lie in these terms."""
        first, last = max(self.start_date, period.start), min(self.end_date or date.max, period.end)
        return max((last - first).days + 1, 0)

    def until(self, last_day: date) -> "Terms":
        """These terms, ended on a day; those that have ended before stay as they are."""
        return replace(self, end_date=min(self.end_date or date.max, last_day))


@dataclass(frozen=True, slots=True)
class TermsChange:
    """What terms from a day on have that the terms before did not; what is None stays."""

    weight: Decimal | None = None
    has_target: bool = False
    target: Target | None = None
    for_people: bool | None = None

    def applied_to(self, terms: Terms) -> Terms:
        """The terms with what the change names."""
        return replace(
            terms,
            weight=terms.weight if self.weight is None else self.weight,
            target=self.target if self.has_target else terms.target,
            for_people=terms.for_people if self.for_people is None else self.for_people,
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a definition is assigned to: a user, a team, or neither for the company itself."""

    user_id: int | None = None
    team_id: int | None = None

    @property
    def type(self) -> SubjectType:
        """What kind of subject it is."""
        if self.user_id is not None:
            return SubjectType.USER
        return SubjectType.COMPANY if self.team_id is None else SubjectType.TEAM


THE_COMPANY = Subject()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Definition × subject: one for each pair, for ever. `terms`, oldest first, never overlap.

    A gap between terms means: not assigned then. An assignment without terms was a mistake.
    """

    id: int
    definition_id: int
    subject: Subject
    terms: tuple[Terms, ...] = ()

    @property
    def subject_type(self) -> SubjectType:
        """What kind of subject is measured."""
        return self.subject.type

    @property
    def user_id(self) -> int | None:
        """The user that is measured; None for a team and the company."""
        return self.subject.user_id

    @property
    def team_id(self) -> int | None:
        """The team that is measured; None for a user and the company."""
        return self.subject.team_id

    def terms_of(self, period: Period) -> Terms | None:
        """The terms of a period: those in force on its last day, else the last ones that touch it."""
        return next((terms for terms in reversed(self.terms) if terms.days_in(period)), None)

    def covers(self, period: Period) -> bool:
        """Whether any day of `period` lies in some terms."""
        return self.terms_of(period) is not None

    def days_in(self, period: Period) -> int:
        """How many days of a period the terms cover together."""
        return sum(terms.days_in(period) for terms in self.terms)

    def has_day_in(self, first: date, last: date) -> bool:
        """Whether any day of `first`..`last` (both inclusive) lies in some terms."""
        return any(terms.has_day_in(first, last) for terms in self.terms)

    def terms_on(self, day: date) -> Terms | None:
        """The terms in force on a day."""
        return next((terms for terms in self.terms if terms.has_day_in(day, day)), None)

    @property
    def last_day(self) -> date:
        """The last day that has terms; `date.max`: they have no end, `date.min`: there are none."""
        return max((terms.end_date or date.max for terms in self.terms), default=date.min)

    def goes_on_after(self, day: date) -> bool:
        """Whether there are terms after that day."""
        return any(terms.end_date is None or terms.end_date > day for terms in self.terms)

    def with_terms(self, new: Terms) -> "Assignment":
        """With further terms; unchanged where they are there already.

        Raises:
            Conflict: other terms have some of their days.
        """
        if new in self.terms:
            return self
        for terms in self.terms:
            if terms.overlaps(new):
                raise _overlap(terms)
        return self._with([*self.terms, new])

    def renewed(self, new: Terms) -> "Assignment":
        """With new terms in place of older ones, which end the day before.

        Raises:
            Conflict: terms that begin later have some of the new ones' days.
        """
        later = [terms for terms in self.terms if terms.start_date > new.start_date]
        for terms in later:
            if terms.overlaps(new):
                raise _overlap(terms)
        return self._with([*self.cut_before(new.start_date).terms, new, *later])

    def changed_from(self, day: date, change: TermsChange) -> "Assignment":
        """With other terms from a day on, to where those of that day end.

        Raises:
            InvalidContent: no terms are in force on that day.
        """
        old = self.terms_on(day)
        if old is None:
            raise InvalidContent.of(
                "effective_from",
                f"effective_from {day} lies in no terms of this assignment: assign the KPI from that day on.",
            )
        new = change.applied_to(old)
        if new == old:
            return self
        others = [terms for terms in self.terms if terms != old]
        if old.start_date < day:
            others.append(old.until(day - _ONE_DAY))
        return self._with([*others, replace(new, start_date=day)])

    def cut_before(self, day: date) -> "Assignment":
        """Without any terms from a day on."""
        earlier = (terms for terms in self.terms if terms.start_date < day)
        return self._with(terms.until(day - _ONE_DAY) for terms in earlier)

    def without_terms(self) -> "Assignment":
        """As if the subject had never had the KPI."""
        return self._with(())

    def ended_on(self, last_day: date) -> "Assignment":
        """Until a day, and not beyond: the last terms before it go on to it, or are cut short there.

        Raises:
            InvalidContent: it has no terms that could end.
            InvalidRequest: it begins after that day.
        """
        if not self.terms:
            raise InvalidContent.of("end_date", "This assignment has no terms: assign the KPI again.")
        kept = self.cut_before(last_day + _ONE_DAY)
        if not kept.terms:
            first = self.terms[0].start_date
            raise InvalidRequest(
                f"end_date {last_day} must not lie before start_date {first} of this assignment."
            )
        return kept._with([*kept.terms[:-1], replace(kept.terms[-1], end_date=last_day)])

    def opened(self) -> "Assignment":
        """Until further notice: the last terms have no end."""
        return self._with([*self.terms[:-1], *(replace(terms, end_date=None) for terms in self.terms[-1:])])

    def begun_again_on(self, day: date) -> "Assignment":
        """On the last terms from a day on, until further notice; unchanged where they go on after it."""
        if not self.terms or self.goes_on_after(day):
            return self
        last = self.terms[-1]
        if last.end_date is not None and last.end_date >= day - _ONE_DAY:
            return self.opened()
        return self._with([*self.terms, replace(last, start_date=day, end_date=None)])

    def _with(self, terms: Iterable[Terms]) -> "Assignment":
        return replace(self, terms=tuple(sorted(terms, key=lambda terms: terms.start_date)))


def _overlap(terms: Terms) -> Conflict:
    until = terms.end_date or "an open end"
    return Conflict(
        f"This KPI is assigned from {terms.start_date} to {until} already: change the assignment, "
        "choose dates beside it, or set renew to true, which ends the older terms the day before.",
        code="assignment_overlap",
    )
