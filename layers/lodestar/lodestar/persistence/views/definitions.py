"""KPI definitions as the API shows them."""

from lodestar.persistence.views.shapes import listed


def _summary(row: str) -> str:
    """What a list shows of a definition."""
    return f"""'id', {row}.id, 'key', {row}.key, 'name', {row}.name, 'description', {row}.description,
  'category', {row}.category, 'calculation_type', {row}.calculation_type, 'unit', {row}.unit,
  'aggregation_period', {row}.aggregation_period, 'target_type', {row}.target_type,
  'is_active', {row}.is_active, 'version', {row}.version"""


_DEFINITION = f"""select json_build_object({_summary(row="d")},
  'data_source', d.data_source, 'precision', d.precision, 'thresholds', d.thresholds,
  'missing_data', d.missing_data, 'rollup', d.rollup, 'lookback_periods', d.lookback_periods,
  'created_by', d.created_by, 'created_at', d.created_at, 'updated_at', d.updated_at)
from lodestar.definitions d where d.company_id = :company and d.id = :id"""

# `q` looks for its text anywhere in key or name; % and _ are taken literally.
_LIST = f"""select d.id, json_build_object({_summary(row="d")}) as json
from lodestar.definitions d where d.company_id = :company
  and (cast(:category as text) is null or d.category = cast(:category as text))
  and (cast(:aggregation_period as text) is null or d.aggregation_period = cast(:aggregation_period as text))
  and (cast(:calculation_type as text) is null or d.calculation_type = cast(:calculation_type as text))
  and (cast(:is_active as boolean) is null or d.is_active = cast(:is_active as boolean))
  and (cast(:q as text) is null or position(lower(cast(:q as text)) in lower(d.key || ' ' || d.name)) > 0)"""

DEFINITIONS = {
    # Binds :company, :id.
    "definition": _DEFINITION,
    # Binds :company, :category, :aggregation_period, :calculation_type, :is_active, :q, :cursor, :limit.
    "definitions": listed("definitions", _LIST),
}
