"""Formulas among the company's KPIs: their inputs, their units, and whether they run in circles."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from lodestar.domain.definitions import Definition, Unit
from lodestar.domain.permissions import Actor, may_view_kpi
from lodestar.domain.refusals import Forbidden, InvalidContent
from lodestar.domain.sources import FormulaSource, KpiInput
from lodestar.engine.formula import Formula, compile_formula
from lodestar.engine.graph import find_cycle


def kpi_inputs(definition: Definition) -> list[KpiInput]:
    """The other KPIs that a definition is computed from; none unless it is a formula."""
    if not isinstance(definition.data_source, FormulaSource):
        return []
    return [each.source for each in definition.data_source.inputs if isinstance(each.source, KpiInput)]


def refuse_locked_inputs(definition: Definition, others: Iterable[Definition], actor: Actor) -> None:
    """Let nobody read a KPI through a formula over it: Forbidden for one that is locked for the actor."""
    known = {each.key: each for each in others}
    for each in kpi_inputs(definition):
        used = known.get(each.key)
        if used is not None and not may_view_kpi(actor, used.id, used.category):
            raise Forbidden(f'"{used.key}" is locked for you, so your formula cannot use it: leave it out.')


def compiled(source: FormulaSource, units: Mapping[str, Unit]) -> Formula:
    """The formula ready to evaluate. `units` has the unit of each KPI key; other inputs have none.

    Raises:
        InvalidContent: the formula is refused, or an input names a KPI that is not there.
    """
    variables: list[tuple[str, Unit | None]] = []
    for position, each in enumerate(source.inputs):
        unit = None
        if isinstance(each.source, KpiInput):
            if each.source.key not in units:
                raise InvalidContent.of(
                    f"data_source.inputs.{position}.source.key",
                    f'There is no KPI with the key "{each.source.key}": create it first or mend the key.',
                )
            unit = units[each.source.key]
        variables.append((each.variable, unit))
    return _compiled(source.formula, tuple(variables))


def _refuse_other_cadences(definition: Definition, known: Mapping[str, Definition]) -> None:
    for each in kpi_inputs(definition):
        cadence = known[each.key].aggregation_period
        if cadence is not definition.aggregation_period:
            raise InvalidContent.of(
                "data_source.inputs",
                f'"{each.key}" is {cadence}, this KPI is {definition.aggregation_period}: '
                "a formula and the KPIs in it must have the same aggregation_period.",
            )


@lru_cache(maxsize=512)
def _compiled(text: str, variables: tuple[tuple[str, Unit | None], ...]) -> Formula:
    return compile_formula(text, dict(variables))


def check_formula(definition: Definition, others: Iterable[Definition]) -> None:
    """Refuse a formula that cannot be computed.

    Raises:
        InvalidContent: as `compiled`; or the KPI would depend on itself, with the path of the cycle.
    """
    if not isinstance(definition.data_source, FormulaSource):
        return
    known = {each.key: each for each in others} | {definition.key: definition}
    compiled(definition.data_source, {key: each.unit for key, each in known.items()})
    _refuse_other_cadences(definition, known)
    # A KPI's own earlier period is no circle: it is calculated before.
    edges = {key: [i.key for i in kpi_inputs(each) if i.offset == 0] for key, each in known.items()}
    cycle = find_cycle(edges)
    if cycle:
        raise InvalidContent.of(
            "data_source.inputs",
            f"These KPIs would be computed from one another in a circle: {' → '.join(cycle)}.",
        )
