"""Runs with their progress, as the API shows them."""

from lodestar.persistence.kernel.sql_parts import listed, where


def _runs(condition: str) -> str:
    """The runs of `:company` that meet the condition on `r`, each with the progress of its batches."""
    return f"""select r.id, json_build_object(
  'id', r.id, 'kind', r.kind, 'state', r.state, 'reason', r.reason, 'judge', r.judge,
  'period_start', r.period_start, 'period_end', r.period_end, 'created_at', r.created_at,
  'finished_at', r.finished_at,
  'batches', json_build_object('total', b.total, 'done', b.done, 'failed', b.failed),
  'outcomes', json_build_object('computed', o.computed, 'no_data', o.no_data, 'error', o.error,
    'skipped', o.skipped),
  'progress', case when b.total = 0 then 100 else 100 * (b.done + b.failed) / b.total end,
  'failures', coalesce((
    select json_agg(json_build_object('reason', f.reason, 'count', f.count)
      order by f.count desc, f.reason)
    from (
      select reason, count(*) as count from lodestar.outcomes
      where company_id = :company and run_id = r.id and outcome = 'error' group by reason
      union all
      select failure, count(*) from lodestar.batches
      where company_id = :company and run_id = r.id and state = 'failed'
      group by failure) as f), '[]')) as json
from lodestar.runs r,
lateral (
  select count(*) as total, count(*) filter (where state = 'done') as done,
    count(*) filter (where state = 'failed') as failed
  from lodestar.batches where company_id = :company and run_id = r.id) as b,
lateral (
  select r.unlisted_computed + count(*) filter (where outcome = 'computed') as computed,
    r.unlisted_no_data + count(*) filter (where outcome = 'no_data') as no_data,
    r.unlisted_error + count(*) filter (where outcome = 'error') as error,
    r.unlisted_skipped + count(*) filter (where outcome = 'skipped') as skipped
  from lodestar.outcomes where company_id = :company and run_id = r.id) as o
{where("r.company_id = :company", condition)}"""


RUNS = {
    # Binds :company, :id.
    "run": f"select json from ({_runs('r.id = :id')}) as r",
    # Binds :company, :state, :cursor, :limit.
    "runs": listed(
        "runs",
        _runs("(cast(:state as text) is null or r.state = cast(:state as text))"),
        order="desc",
    ),
}
