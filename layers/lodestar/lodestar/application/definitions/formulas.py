"""Formulas among the company's KPIs: their inputs, their units, and whether they run in circles."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from lodestar.domain.definitions import Definition, Unit
from lodestar.domain.permissions import Actor, may_view_kpi
from lodestar.domain.refusals import Forbidden, InvalidContent
from lodestar.domain.sources import FormulaSource, KpiInput
from lodestar.engine.formula import Formula, compile_formula
from lodestar.engine.graph import cycle_through, strongly_connected


def kpi_inputs(definition: Definition) -> list[KpiInput]:
    """The other KPIs that a definition is computed from; none unless it is a formula."""
    if not isinstance(definition.data_source, FormulaSource):
        return []
    return [given.source for given in definition.data_source.inputs if isinstance(given.source, KpiInput)]


def require_unlocked_inputs(definition: Definition, others: Iterable[Definition], actor: Actor) -> None:
    """Let nobody read a KPI through a formula over it: Forbidden for one that is locked for the actor."""
    # One that is not known is refused with the formula, by the name of its field.
    known = {other.key: other for other in others}
    for kpi in kpi_inputs(definition):
        used = known.get(kpi.key)
        if used is not None and not may_view_kpi(actor, used.id, used.known_category):
            raise Forbidden(f'"{used.key}" is locked for you, so your formula cannot use it: leave it out.')


def compiled(source: FormulaSource, units: Mapping[str, Unit]) -> Formula:
    """The formula ready to evaluate. `units` has the unit of each KPI key; other inputs have none.

    Raises:
        InvalidContent: the formula is refused, or an input names a KPI that is not there.
    """
    variables: list[tuple[str, Unit | None]] = []
    for position, given in enumerate(source.inputs):
        unit = None
        if isinstance(given.source, KpiInput):
            if given.source.key not in units:
                raise InvalidContent.of(
                    f"data_source.inputs.{position}.source.key",
                    f'There is no KPI with the key "{given.source.key}": create it first or mend the key.',
                )
            unit = units[given.source.key]
        variables.append((given.variable, unit))
    return _compiled(source.formula, tuple(variables))


# A batch asks for the same formula in every period and for every kind of subject.
@lru_cache(maxsize=512)
def _compiled(text: str, variables: tuple[tuple[str, Unit | None], ...]) -> Formula:
    return compile_formula(text, dict(variables))


def require_computable_formula(definition: Definition, others: Iterable[Definition]) -> None:
    """Let a definition pass that is no formula, or one that can be computed from the others.

    Raises:
        InvalidContent: the formula is refused, an input names a KPI that is not there or of another
            cadence, or the KPI would depend on itself, with the path of the circle.
    """
    if not isinstance(definition.data_source, FormulaSource):
        return
    # The definition itself is among them, in its new form: a formula may look back at its own past.
    known = {other.key: other for other in others} | {definition.key: definition}
    compiled(definition.data_source, {key: kpi.unit for key, kpi in known.items()})
    _require_same_cadence(definition, known)
    cycle = cycle_through(definition.key, _used_in_the_same_period(known.values()))
    if cycle:
        raise InvalidContent.of(
            "data_source.inputs",
            f"These KPIs would be computed from one another in a circle: {' → '.join(cycle)}. "
            "A look at an earlier period (an offset of -1 or less) in one of them opens it.",
        )


def same_period_cycles(definitions: Iterable[Definition]) -> Mapping[str, list[str]]:
    """The KPIs, by key, that are computed from their own value of the same period, each with the path to it.

    None is ever saved; a row that says so all the same (written past the API) is a fault of its own slots.
    """
    edges = _used_in_the_same_period(definitions)
    groups = strongly_connected(edges)
    suspects = (key for group in groups for key in group if len(group) > 1 or key in edges.get(key, ()))
    return {key: cycle_through(key, edges) or [] for key in suspects}


def _used_in_the_same_period(definitions: Iterable[Definition]) -> Mapping[str, list[str]]:
    """What each KPI needs first. Its inputs of earlier periods are not among it: those were calculated."""
    return {kpi.key: [used.key for used in kpi_inputs(kpi) if used.offset == 0] for kpi in definitions}


def _require_same_cadence(definition: Definition, known: Mapping[str, Definition]) -> None:
    for kpi in kpi_inputs(definition):
        cadence = known[kpi.key].aggregation_period
        if cadence is not definition.aggregation_period:
            raise InvalidContent.of(
                "data_source.inputs",
                f'"{kpi.key}" is {cadence}, this KPI is {definition.aggregation_period}: '
                "a formula and the KPIs in it must have the same aggregation_period.",
            )
