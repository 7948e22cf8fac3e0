"""Who may what, as guards: each answers what was asked for, or raises why the caller cannot have it.

The rules are `domain.permissions`; here they meet what the database found, where None is nothing.
"""

from typing import Protocol

from lodestar.application.caller import Caller
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.people import Person, Team
from lodestar.domain.permissions import (
    Actor,
    TeamVisibility,
    may_assign,
    may_manage_user,
    may_read_definition,
    may_view_kpi,
    may_view_team,
    may_view_user,
    visible_kpis,
)
from lodestar.domain.refusals import Forbidden, InvalidContent, NotFound


class FindsPeople(Protocol):
    """Where people are looked up."""

    def person(self, user_id: int) -> Person | None:
        """The user of that id in the caller's company."""


def require_found(text: str | None, what: str) -> str:
    """The text of a view.

    Raises:
        NotFound: there is none. The sentence is the same for an unknown id and another company's.
    """
    if text is None:
        raise NotFound(f"There is no such {what}.")
    return text


def require_visible_person(user_id: int, caller: Caller, people: FindsPeople) -> Person:
    """The person of that id, if the caller may see their KPIs.

    Raises:
        NotFound: the company has no such user.
        Forbidden: it has, but the caller is neither that person nor their manager nor an admin.
    """
    actor = caller.actor
    if user_id == actor.user_id:  # known since the sign-in: a person's own list saves the look-up
        return Person(user_id, actor.role, actor.team_id, is_active=True)
    return require_visible(people.person(user_id), caller)


def require_visible(person: Person | None, caller: Caller) -> Person:
    """The person, if the caller may see their KPIs.

    Raises:
        NotFound: there is none.
        Forbidden: the caller is neither that person nor their manager nor an admin.
    """
    if person is None:
        raise NotFound("There is no such user.")
    if not may_view_user(caller.actor, person.id, person.team_id):
        raise Forbidden("Only this person, their manager and admins can see these KPIs.")
    return person


def require_found_team(team: Team | None) -> Team:
    """The team; NotFound where there is none."""
    if team is None:
        raise NotFound("There is no such team.")
    return team


def require_visible_team(team_id: int, caller: Caller) -> None:
    """Forbidden, unless the caller may see a team's KPIs in full: members see averages only."""
    if may_view_team(caller.actor, team_id) is not TeamVisibility.FULL:
        raise Forbidden("Only the manager of this team and admins can see its KPIs.")


def require_managed(person: Person | None, caller: Caller) -> Person:
    """The person, if the caller may change their KPIs: a person does not set their own goals.

    Raises:
        NotFound: there is none.
        Forbidden: the caller is neither their manager nor an admin.
    """
    if person is not None and not may_manage_user(caller.actor, person.id, person.team_id):
        raise Forbidden("Only the manager of this person and admins can assign their KPIs.")
    return require_visible(person, caller)


def require_assignable(person: Person | None, caller: Caller) -> Person:
    """The person, if the caller may give them a KPI.

    Raises:
        NotFound, Forbidden: as for a person whose KPIs are changed.
        InvalidContent: they are deactivated.
    """
    person = require_managed(person, caller)
    if not person.is_active:
        raise InvalidContent("This user is deactivated: activate them before you assign a KPI.")
    return person


def require_assigner(caller: Caller) -> None:
    """Forbidden for a caller who may change nobody's KPIs."""
    if not may_assign(caller.actor):
        raise Forbidden("Only managers and admins can assign KPIs.")


def require_assignment_of(user_id: int, assignment: Assignment | None) -> Assignment:
    """The assignment, if it is that user's.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    if assignment is None or assignment.user_id != user_id:
        raise NotFound("This user has no KPI with that id: take the id from the list of their KPIs.")
    return assignment


def require_definition(definition: Definition | None) -> Definition:
    """The definition; NotFound where there is none."""
    if definition is None:
        raise NotFound("There is no such KPI definition.")
    return definition


def require_readable_definition(definition: Definition | None, caller: Caller) -> Definition:
    """The definition, if the caller may read how it is calculated.

    Raises:
        NotFound: the company has no such KPI.
        Forbidden: it has, but the caller neither assigns nor defines nor sees KPIs, and has no grant on it.
    """
    definition = require_definition(definition)
    if not may_read_definition(caller.actor, definition.id):
        raise Forbidden("Only those who assign, define or see KPIs can read how this one is calculated.")
    return definition


def require_visible_company_kpi(definition: Definition | None, caller: Caller) -> Definition:
    """The definition of a KPI of the company, retired or not, if its numbers are for the caller.

    Raises:
        NotFound: there is none, or it was never assigned to the company.
        Forbidden: it is locked for the caller.
    """
    if definition is None:
        raise NotFound(
            "There is no such KPI of the company: a KPI is one once it is assigned to the company."
        )
    require_unlocked(definition, caller.actor)
    return definition


def require_unlocked(definition: Definition, actor: Actor) -> None:
    """Forbidden, unless the numbers of a KPI of the company are for the actor."""
    if not may_view_kpi(actor, definition.id, definition.known_category):
        raise Forbidden(
            f'"{definition.name}" is locked for you: ask an admin for a grant on it, '
            f"or for a role that sees {definition.category} KPIs."
        )


def visibility_parameters(actor: Actor) -> dict[str, object]:
    """What a view binds to show numbers of the company's KPIs only to those who may see them."""
    scope = visible_kpis(actor)
    return {
        "everything": scope.everything,
        "categories": sorted(scope.categories),
        "granted": sorted(scope.definition_ids),
    }
