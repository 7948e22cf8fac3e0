"""What cost-rate snapshots add up to, as JSON text whose decimals are texts.

The views bind `units` (the basis units that count) and the period `first` to `last`. The database adds up,
`cost_figures` makes rates and shares of the sums.
"""

# A snapshot that lies wholly inside also starts inside, which the index finds.
_INSIDE = """from lodestar.fleet_cost_rate_snapshots s
where s.company_id = :company and s.basis_unit = any(cast(:units as text[]))
  and s.period_start between cast(:first as date) and cast(:last as date)
  and s.period_end <= cast(:last as date)"""

# The fields of cost_arithmetic.Sums.
_SUMS = """'cost', cast(coalesce(sum(s.total_cost), 0) as text),
  'units', cast(coalesce(sum(s.total_units), 0) as text),
  'rates', cast(coalesce(sum(s.rate), 0) as text), 'rated', count(s.rate)"""

_SUMMARY = f"""select json_build_object('sums', json_build_object({_SUMS}),
  'snapshot_count', count(*),
  'missing_activity_count', count(*) filter (where s.status = 'MISSING_ACTIVITY'),
  'missing_rate_count', count(*) filter (where s.status = 'MISSING_RATE'))
{_INSIDE}"""

_COST_STRUCTURE = f"""
with center as (
  select s.cost_center as name, sum(s.total_cost) as cost {_INSIDE} group by s.cost_center
)
select coalesce(json_agg(json_build_object('group_id', c.id, 'group_name', c.name,
  'total_cost', cast(center.cost as text)) order by center.cost desc, c.id), '[]')
from center
join lodestar.fleet_cost_centers c on c.company_id = :company and c.name = center.name"""

# `starts` are the first days of the buckets, in order: a snapshot is in the last one that has begun, from 1.
_TREND = f"""
with bucket as (
  select width_bucket(s.period_start, cast(:starts as date[])) as number,
    json_build_object({_SUMS}) as sums
  {_INSIDE} group by number
)
select coalesce(json_object_agg(number, sums), '{{}}') from bucket"""

VIEWS = {"summary": _SUMMARY, "cost_structure": _COST_STRUCTURE, "trend": _TREND}
