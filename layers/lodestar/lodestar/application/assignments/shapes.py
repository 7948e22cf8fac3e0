"""The bodies and answers of this room."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from lodestar.application.assignments.targets import TargetBody, TargetValue
from lodestar.domain.assignments import SubjectType
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Id, Number, Text, Weight
from lodestar.wire.paging import QueryModel


class CompanyTargetDraft(Body):
    """A target for a range of dates, both inclusive: it counts for every period whose last day lies inside.

    Closed periods that have another target keep that; with `restate` they take what is in force now.
    """

    target_value: TargetBody
    period_start: date
    period_end: date
    notes: Text = ""
    restate: bool = False


class CompanyTargetChange(Body):
    """What to change of a target; what is left out stays. Its dates stay: delete it, and set another one.

    Closed periods that have another target keep that; with `restate` they take what is in force now.
    """

    target_value: TargetBody | None = None
    notes: Text | None = None
    restate: bool = False


class CompanyTargetView(View):
    """A target of the company for a range of dates."""

    id: int
    kpi_id: int
    target_value: TargetValue
    period_start: date
    period_end: date
    notes: str
    created_by: int | None
    created_at: datetime


class SetTargetView(CompanyTargetView):
    """A target that was set, changed or deleted, and what that does to what is measured.

    `run_id` is the run that judges the running period, and closed ones that had no target or are restated;
    `follow_up_run_id` the one behind it over what is made of values that are restated by another version of
    the KPI. The others that are held against another target than the one in force now keep it: they are
    counted, for everybody whose target it is.
    """

    closed_periods_with_another_target: int
    run_id: int | None
    follow_up_run_id: int | None


class CompanyTargetList(View):
    """One page of targets."""

    targets: list[CompanyTargetView]
    next_cursor: str | None


class TermsDraft(Body):
    """On which terms a KPI is given. Dates are inclusive.

    `renew` ends older terms the day before these begin; without it, terms that share a day are refused.
    """

    target_value: TargetBody | None = None
    weight: Weight = Decimal(1)
    start_date: date
    end_date: date | None = None
    renew: bool = False


class AssignmentDraft(TermsDraft):
    """A KPI for a user."""

    kpi_definition_id: Id


class GroupAssignmentDraft(TermsDraft):
    """A KPI for a team, or without `team_id` for the company itself.

    `for_people`: the company's target is a goal for each person and team too. Without it, it is one only
    where values do not add up.
    """

    team_id: Id | None = None
    for_people: bool = False


class AssignmentChange(Body):
    """What to change; a field that is left out stays as it is.

    Target and weight count from `effective_from` on (the first day of the running period unless given), to
    where the terms of that day end. `end_date` ends the assignment and drops later terms; null opens the
    last. `is_active` false ends it today, true begins the last terms again today. `dry_run` changes
    nothing, and answers what the change would do.
    """

    target_value: TargetBody | None = None
    weight: Weight | None = None
    for_people: bool | None = None
    effective_from: date | None = None
    end_date: date | None = None
    is_active: bool | None = None
    dry_run: bool = False

    @property
    def terms_change_is_asked(self) -> bool:
        """Whether terms get another target or weight."""
        return (
            "target_value" in self.model_fields_set or self.weight is not None or self.for_people is not None
        )


class WithdrawalQuery(QueryModel):
    """From which day on an assignment was a mistake; without one, all of it was."""

    first: date | None = Field(default=None, alias="from", description="First day of what is taken back.")
    dry_run: bool = Field(default=False, description="Change nothing, and answer what would follow.")


class TermsView(View):
    """What holds for an assignment over a range of dates, both inclusive."""

    start_date: date
    end_date: date | None
    weight: Number
    target_value: TargetValue | None
    for_people: bool


class AssignmentView(View):
    """An assignment with all its terms, oldest first.

    Beside them stand those in force today, else the next ones, else the last. `is_active`: it goes on after
    today. Of its last change, `withdrawn` is how many measurements that took out of sight, and `run_id` the
    run that calculates what it touched.
    """

    id: int
    kpi_definition_id: int
    subject_type: SubjectType
    user_id: int | None
    team_id: int | None
    target_value: TargetValue | None
    weight: Number | None
    start_date: date | None
    end_date: date | None
    is_active: bool
    terms: list[TermsView]
    version: int
    withdrawn: int
    run_id: int | None


class AssignmentList(View):
    """One page of assignments of a KPI."""

    assignments: list[AssignmentView]
    next_cursor: str | None


class BulkOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    ERROR = "error"


class BulkAssignmentRow(View):
    """What became of one person; `code` and `error` tell why there is no assignment."""

    user_id: int
    outcome: BulkOutcome
    assignment_id: int | None = None
    code: str | None = None
    error: str | None = None


class BulkAssignmentView(View):
    """What became of everybody, in the order asked; `run_id` calculates the closed periods touched."""

    created: int
    renewed: int
    unchanged: int
    errors: int
    results: list[BulkAssignmentRow]
    run_id: int | None = None


class BulkTarget(Body):
    """The value that one person has to reach."""

    user_id: Id
    target_value: TargetBody
    notes: Text = ""


class BulkTargetDraft(Body):
    """Targets of one KPI for the same inclusive dates.

    `replace` lets another value take the place of a target for just these dates; without it such a row is
    refused. Closed periods that have another target keep that; with `restate` they take what is in force now.
    `dry_run` changes nothing, and answers what would be done.
    """

    kpi_definition_id: Id
    period_start: date
    period_end: date
    targets: Annotated[list[BulkTarget], Field(min_length=1)]
    replace: bool = False
    restate: bool = False
    dry_run: bool = False


class TargetOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ERROR = "error"


class BulkTargetRow(View):
    """What became of one person's target; `code` and `error` tell why it was not set."""

    user_id: int
    outcome: TargetOutcome
    target_id: int | None = None
    assignment_id: int | None = None
    code: str | None = None
    error: str | None = None


class BulkTargetView(View):
    """What became of every row, in the order sent.

    `run_id` is the run that judges running periods, and closed ones that had no target or are restated,
    `follow_up_run_id` the one over what is made of values that are restated by another version of the KPI;
    the others that are held against another target than the one in force now are counted.
    """

    dry_run: bool
    created: int
    updated: int
    unchanged: int
    errors: int
    results: list[BulkTargetRow]
    closed_periods_with_another_target: int
    run_id: int | None
    follow_up_run_id: int | None


class BulkAssignmentDraft(AssignmentDraft):
    """A KPI for many: for the people of `user_ids`, or for the active members of a team."""

    user_ids: Annotated[list[Id], Field(min_length=1)] | None = None
    team_id: Id | None = None
