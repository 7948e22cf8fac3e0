"""KPI definitions as the API shows them."""

from lodestar.persistence.views.shapes import listed

_SUMMARY = """'id', d.id, 'key', d.key, 'name', d.name, 'description', d.description, 'category', d.category,
  'calculation_type', d.calculation_type, 'unit', d.unit, 'aggregation_period', d.aggregation_period,
  'target_type', d.target_type, 'is_active', d.is_active, 'version', d.version"""

_DEFINITION = f"""select json_build_object({_SUMMARY}, 'data_source', d.data_source, 'precision', d.precision,
  'thresholds', d.thresholds, 'missing_data', d.missing_data, 'rollup', d.rollup,
  'lookback_periods', d.lookback_periods, 'created_by', d.created_by, 'created_at', d.created_at,
  'updated_at', d.updated_at)
from lodestar.definitions d where d.company_id = :company and d.id = :id"""

# `q` looks for its text anywhere in key or name; % and _ are taken literally.
_LIST = f"""select d.id, json_build_object({_SUMMARY}) as json
from lodestar.definitions d where d.company_id = :company
  and (cast(:category as text) is null or d.category = cast(:category as text))
  and (cast(:aggregation_period as text) is null or d.aggregation_period = cast(:aggregation_period as text))
  and (cast(:calculation_type as text) is null or d.calculation_type = cast(:calculation_type as text))
  and (cast(:is_active as boolean) is null or d.is_active = cast(:is_active as boolean))
  and (cast(:q as text) is null or position(lower(cast(:q as text)) in lower(d.key || ' ' || d.name)) > 0)"""

DEFINITIONS = {"definition": _DEFINITION, "definitions": listed("definitions", _LIST)}
