"""Which of several targets is in force in a period."""

from collections.abc import Sequence
from dataclasses import dataclass

from lodestar.domain.assignments import THE_COMPANY, Assignment, Terms
from lodestar.domain.periods import Period
from lodestar.domain.targets import DatedTarget, Target, TargetOrigin


@dataclass(frozen=True, slots=True)
class Targets:
    """All targets of one assignment: those with dates of their own, and the default of its terms."""

    dated: Sequence[DatedTarget] = ()
    assignment: Assignment | None = None

    def dated_for(self, period: Period) -> Target | None:
        """The target whose range holds the period's last day: the narrowest, then the newest."""
        best = self.dated_target_for(period)
        return best.target if best else None

    def dated_target_for(self, period: Period) -> DatedTarget | None:
        """The narrowest target whose range holds the period's last day, with its dates; then the newest."""
        holding = [dated for dated in self.dated if dated.holds(period.end)]
        return max(holding, key=lambda dated: (dated.first - dated.last, dated.created_at), default=None)

    def default_for(self, period: Period) -> Target | None:
        """The target of the terms of the period."""
        terms = self.terms_of(period)
        return None if terms is None else terms.target

    def terms_of(self, period: Period) -> Terms | None:
        """The assignment's terms of the period."""
        return None if self.assignment is None else self.assignment.terms_of(period)


@dataclass(frozen=True, slots=True)
class Goal:
    """The company's own targets of a KPI, as a goal for its people and teams.

    What adds up over people is the company's to reach: 10,000 in all is no goal of 10,000 for each. Such a
    target is theirs only where the company's terms say so (`for_people`).
    """

    targets: Targets = Targets()
    adds_up: bool = False

    def target_for(self, period: Period) -> Target | None:
        """The goal of a person or a team in a period."""
        terms = self.targets.terms_of(period)
        if self.adds_up and not (terms is not None and terms.for_people):
            return None
        dated = self.targets.dated_for(period)
        return self.targets.default_for(period) if dated is None else dated


def target_in_force(period: Period, own: Targets, goal: Goal) -> tuple[Target | None, TargetOrigin]:
    """The target that counts for an assignment in a period, and the rule that chose it."""
    candidates = (
        (own.dated_for(period), TargetOrigin.RANGE),
        (own.default_for(period), TargetOrigin.ASSIGNMENT_DEFAULT),
        (goal.target_for(period), TargetOrigin.COMPANY),
    )
    return next((found for found in candidates if found[0] is not None), (None, TargetOrigin.NONE))


def is_dated_target(assignment: Assignment, origin: TargetOrigin, *, is_company_target: bool) -> bool:
    """Whether a target of this origin is a dated one of the company, or one of the assignment's own.

    To the company itself its target is what a person's own is to that person.
    """
    if assignment.subject == THE_COMPANY:
        return is_company_target and origin is TargetOrigin.RANGE
    return origin is (TargetOrigin.COMPANY if is_company_target else TargetOrigin.RANGE)
