from collections.abc import Iterator
from typing import Any

import pytest

from local.demo.kpis import SALES_GOALS, SUPPORT_GOALS, Goal
from local.demo.table import aligned
from lodestar.application.definitions.data_sources import source_from_json
from lodestar.application.definitions.formulas import compiled
from lodestar.application.workflows.shapes import DefinitionDraft
from lodestar.domain.definitions import CalculationType, Unit
from lodestar.domain.sources import DatabaseSource, DataSource, FormulaSource, ManualSource
from lodestar.sources.sql.check import check_query

GOALS = SUPPORT_GOALS + SALES_GOALS
UNITS = {each.definition["key"]: Unit(each.definition["unit"]) for each in GOALS}


def draft_of(goal: Goal) -> DefinitionDraft:
    return DefinitionDraft.model_validate(goal.definition)


def source_of(goal: Goal) -> DataSource:
    return source_from_json(draft_of(goal).data_source.model_dump())


def type_of(goal: Goal) -> CalculationType:
    source: Any = source_of(goal)
    return {"database": CalculationType.QUERY}.get(source.kind) or CalculationType(source.kind)


def queries() -> Iterator[str]:
    for goal in GOALS:
        source = source_of(goal)
        if isinstance(source, DatabaseSource):
            yield source.query
        if isinstance(source, FormulaSource):
            yield from (
                each.source.query for each in source.inputs if isinstance(each.source, DatabaseSource)
            )


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.definition["key"])
def test_the_api_takes_every_definition(goal: Goal) -> None:
    source = source_of(goal)

    if isinstance(source, FormulaSource):
        compiled(source, UNITS)


@pytest.mark.parametrize("query", list(queries()))
def test_every_query_passes_the_check(query: str) -> None:
    assert "user_id" in check_query(query).parameters


def test_the_sales_kpis_alone_cover_every_calculation_type_that_needs_no_account_elsewhere() -> None:
    assert {type_of(goal) for goal in SALES_GOALS} == set(CalculationType) - {CalculationType.API}


@pytest.mark.parametrize("goals", [SUPPORT_GOALS, SALES_GOALS], ids=["support", "sales"])
def test_five_kpis_share_the_whole_weight(goals: tuple[Goal, ...]) -> None:
    assert (len(goals), sum(goal.weight for goal in goals)) == (5, 100)


def test_a_manual_target_may_be_entered() -> None:
    manual = [(goal, source) for goal in GOALS if isinstance(source := source_of(goal), ManualSource)]

    assert len(manual) == 2
    for goal, source in manual:
        assert source.allowed_min is not None
        assert source.allowed_min <= goal.target <= goal.most


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_to_the_right() -> None:
    rows = [("name", "score"), ("Lena Fischer", "–"), ("Al", "105 %")]

    assert list(aligned(rows)) == ["name          score", "Lena Fischer      –", "Al            105 %"]
