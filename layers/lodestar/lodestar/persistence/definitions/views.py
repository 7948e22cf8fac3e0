"""KPI definitions, their versions and the grants on them, as the API shows them."""

from lodestar.persistence.kernel.sql_parts import listed


def _summary(row: str) -> str:
    """What a list shows of a definition."""
    return f"""'id', {row}.id, 'key', {row}.key, 'name', {row}.name, 'description', {row}.description,
  'category', {row}.category, 'calculation_type', {row}.calculation_type, 'unit', {row}.unit,
  'aggregation_period', {row}.aggregation_period, 'target_type', {row}.target_type,
  'is_active', {row}.is_active, 'version', {row}.version"""


def _definition(more: str = "") -> str:
    """A definition with how it is calculated, and `more` fields. Binds `:company`, `:id`."""
    return f"""select json_build_object({_summary(row="d")},
  'data_source', d.data_source, 'precision', d.precision, 'thresholds', d.thresholds,
  'missing_data', d.missing_data, 'rollup', d.rollup, 'lookback_periods', d.lookback_periods,
  'retired_on', d.retired_on, 'created_by', d.created_by, 'created_at', d.created_at,
  'updated_at', d.updated_at{more})
from lodestar.definitions d where d.company_id = :company and d.id = :id"""


# `q` looks for its text anywhere in key or name; % and _ are taken literally.
_LIST = f"""select d.id, json_build_object({_summary(row="d")}) as json
from lodestar.definitions d where d.company_id = :company
  and (cast(:category as text) is null or d.category = cast(:category as text))
  and (cast(:aggregation_period as text) is null or d.aggregation_period = cast(:aggregation_period as text))
  and (cast(:calculation_type as text) is null or d.calculation_type = cast(:calculation_type as text))
  and (cast(:is_active as boolean) is null or d.is_active = cast(:is_active as boolean))
  and (cast(:q as text) is null or position(lower(cast(:q as text)) in lower(d.key || ' ' || d.name)) > 0)"""

# A version keeps the whole definition; these fields of it differ in every one, or never.
_NO_NEWS = "'id', 'key', 'version', 'created_by', 'created_at', 'updated_at'"

_VERSIONS = f"""select v.version, json_build_object('version', v.version, 'author_id', v.author_id,
  'author_name', u.name, 'created_at', v.created_at, 'effective_from', v.effective_from,
  'is_current', v.version = d.version,
  'diff', coalesce((
    select json_agg(json_build_object('field', c.field, 'before', c.before, 'after', c.after)
      order by c.field)
    from (
      select field, b.value as before, a.value as after
      from jsonb_each(p.body) as b(field, value) full join jsonb_each(v.body) as a(field, value) using (field)
    ) as c
    where p.body is not null and c.field not in ({_NO_NEWS}) and c.before is distinct from c.after
  ), '[]')) as json
from lodestar.definition_versions v
join lodestar.definitions d on d.company_id = v.company_id and d.id = v.definition_id
left join lodestar.definition_versions p on p.company_id = v.company_id
  and p.definition_id = v.definition_id and p.version = v.version - 1
left join lodestar.users u on u.company_id = v.company_id and u.id = v.author_id
where v.company_id = :company and v.definition_id = :id"""

_GRANTS = """select g.id, json_build_object('kpi_id', g.definition_id, 'user_id', g.user_id,
  'user_name', u.name, 'role', g.role, 'can_view', g.can_view, 'can_edit', g.can_edit,
  'can_set_targets', g.can_set_targets) as json
from lodestar.grants g
left join lodestar.users u on u.company_id = g.company_id and u.id = g.user_id
where g.company_id = :company and g.definition_id = :kpi_id"""

DEFINITIONS = {
    # Binds :company, :id.
    "definition": _definition(),
    # Binds :company, :id, :created_roles.
    "new_definition": _definition(", 'created_roles', to_json(cast(:created_roles as text[]))"),
    # Binds :company, :id, :withdrawn.
    "retired_definition": _definition(", 'withdrawn', cast(:withdrawn as integer)"),
    # Binds :company, :category, :aggregation_period, :calculation_type, :is_active, :q, :cursor, :limit.
    "definitions": listed("definitions", _LIST),
    # Binds :company, :id, :cursor, :limit.
    "versions": listed("versions", _VERSIONS, key="version", order="desc"),
    # Binds :company, :kpi_id, :cursor, :limit.
    "grants": listed("permissions", _GRANTS),
}
