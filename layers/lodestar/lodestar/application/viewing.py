"""Small helps for use cases that only read."""

from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import Actor, may_view_kpi, visible_kpis
from lodestar.domain.refusals import Forbidden, NotFound


def found(text: str | None, what: str) -> str:
    """The view's text.

    Raises:
        NotFound: there is none. The sentence is the same for an unknown id and another company's.
    """
    if text is None:
        raise NotFound(f"There is no such {what}.")
    return text


def scope_parameters(actor: Actor) -> dict[str, object]:
    """What a view binds to show numbers of the company's KPIs only to those who may see them."""
    scope = visible_kpis(actor)
    return {
        "everything": scope.everything,
        "categories": sorted(scope.categories),
        "granted": sorted(scope.definition_ids),
    }


def refuse_locked(definition: Definition, actor: Actor) -> None:
    """Forbidden, unless the numbers of a KPI of the company are for the actor."""
    if not may_view_kpi(actor, definition.id, definition.category):
        raise Forbidden(
            f'"{definition.name}" is locked for you: ask an admin for a grant on it, '
            f"or for a role that sees {definition.category} KPIs."
        )
