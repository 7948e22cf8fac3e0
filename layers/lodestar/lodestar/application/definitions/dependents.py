"""What is made of KPIs: how many periods on a changed value is carried, and how far back each looks again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from lodestar.application.definitions.formulas import kpi_inputs
from lodestar.domain.definitions import Definition
from lodestar.domain.sources import KpiInput

MAX_PERIODS_LATER = 400
"""How many periods on a changed value is carried by those that look back at it."""


def periods_later(definition_ids: Collection[int], definitions: Iterable[Definition]) -> dict[int, int]:
    """These KPIs with every active formula over them, over those, and so on, by id.

    Each with the longest way from a changed value to it: how many periods after the changed one still look
    back at it. A formula that looks back at what is made of it has no longest way: its value is carried on
    for ever, or to MAX_PERIODS_LATER.
    """
    return _carried(
        dict.fromkeys(definition_ids, 0),
        definitions,
        lambda later, kpi: min(later - kpi.offset, MAX_PERIODS_LATER),
    )


def least_lookbacks(definitions: Collection[Definition]) -> Mapping[int, int]:
    """How many closed periods each active KPI looks at again at least, by id, because data comes late.

    Its own `lookback_periods`, or more where it is a formula: an input that looks further back may change a
    period that the formula looks back at from as many periods later as its offset says.
    """
    own = {each.id: each.lookback_periods for each in definitions if each.is_active}
    return _carried(own, definitions, lambda lookback, kpi: lookback + kpi.offset)


def uses_of(definitions: Iterable[Definition]) -> Iterator[tuple[Definition, Definition, KpiInput]]:
    """Each use of an active KPI by an active formula: the formula, the KPI, and how it is used."""
    active = [definition for definition in definitions if definition.is_active]
    by_key = {definition.key: definition for definition in active}
    for formula in active:
        for kpi in kpi_inputs(formula):
            if kpi.key in by_key:
                yield formula, by_key[kpi.key], kpi


def _carried(
    start: Mapping[int, int], definitions: Iterable[Definition], step: Callable[[int, KpiInput], int]
) -> dict[int, int]:
    """The greatest number that reaches each KPI over the formulas, where each use changes it by a step.

    No use may make it greater without end.
    """
    uses = list(uses_of(definitions))
    found = dict(start)
    frontier = set(start)
    while frontier:
        reached: set[int] = set()
        for formula, used, kpi in uses:
            if used.id not in frontier:
                continue
            number = step(found[used.id], kpi)
            if number > found.get(formula.id, -1):
                found[formula.id] = number
                reached.add(formula.id)
        frontier = reached
    return found
