"""How the work of a company stands, as an admin sees it."""

from importlib import resources

NEWEST_VERSION = max(
    each.name[:4]
    for each in resources.files("lodestar.persistence.migrations.versions").iterdir()
    if each.name[:4].isdigit()
)
"""Of the database, as this code wants it."""

# A notification has no instant of its own: what counts is how long it is due. A dead one was last due
# when it was given up. A source is as fresh as the newest finished batch with a KPI of it.
_HEALTH = f"""
with recent as (
  select id from lodestar.runs
  where company_id = :company and created_at > cast(:now as timestamptz) - interval '24 hours'
),
failed as (
  select d.data_source ->> 'type' as type, o.run_id, coalesce(o.message, o.reason) as message
  from recent r
  join lodestar.outcomes o on o.company_id = :company and o.run_id = r.id and o.outcome = 'error'
  join lodestar.assignments a on a.company_id = o.company_id and a.id = o.assignment_id
  join lodestar.definitions d on d.company_id = a.company_id and d.id = a.definition_id
),
source as (
  select data_source ->> 'type' as type, array_agg(id) as definition_ids from lodestar.definitions
  where company_id = :company and is_active and data_source ->> 'type' <> 'manual' group by 1
)
select json_build_object(
  'database', (
    select json_build_object('ok', version_num = '{NEWEST_VERSION}', 'version', version_num)
    from lodestar.alembic_version),
  'ledger', (
    select json_build_object(
      'batches_waiting', count(*) filter (where state in ('planned', 'sent')),
      'oldest_batch_seconds', cast(extract(epoch from cast(:now as timestamptz)
        - min(sent_at) filter (where state = 'sent')) as bigint),
      'batches_failed', count(*) filter (where state = 'failed'
        and finished_at > cast(:now as timestamptz) - interval '24 hours'))
    from lodestar.batches where company_id = :company),
  'outbox', (
    select json_build_object(
      'waiting', count(*) filter (where state = 'waiting'),
      'oldest_seconds', cast(extract(epoch from cast(:now as timestamptz)
        - min(not_before) filter (where state = 'waiting' and not_before <= cast(:now as timestamptz)))
        as bigint),
      'dead', count(*) filter (where state = 'dead'
        and not_before > cast(:now as timestamptz) - interval '24 hours'))
    from lodestar.notifications where company_id = :company),
  'last_runs', (
    select json_object_agg(c.cadence, (
      select json_build_object('period_start', r.period_start, 'period_end', r.period_end,
        'state', r.state, 'finished_at', r.finished_at)
      from lodestar.runs r
      where r.company_id = :company and r.kind = 'scheduled' and r.cadence = c.cadence
      order by r.period_start desc limit 1))
    from unnest(array['daily', 'weekly', 'monthly', 'quarterly']) as c(cadence)),
  'sources', coalesce((
    select json_agg(json_build_object('type', s.type,
      'last_computed_at', (
        select max(b.finished_at) from lodestar.batches b
        where b.company_id = :company and b.state = 'done' and b.definition_ids && s.definition_ids),
      'errors_24h', (select count(*) from failed f where f.type = s.type),
      'last_error', (
        select f.message from failed f where f.type = s.type order by f.run_id desc limit 1))
      order by s.type)
    from source s), '[]'))"""

HEALTH = {
    # Binds :company, :now.
    "health": _HEALTH,
}
