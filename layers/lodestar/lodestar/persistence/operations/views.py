"""The audit log, the check of its chain and the health of a company's work, as the API shows them."""

from importlib import resources

from lodestar.domain.companies import Retention
from lodestar.persistence.kernel.sql_parts import listed

NEWEST_VERSION = max(
    file.name[:4]
    for file in resources.files("lodestar.persistence.migrations.versions").iterdir()
    if file.name[:4].isdigit()
)
"""Of the database, as this code wants it."""

_KEPT = Retention()
"""For how long a company keeps things that has not said otherwise."""

_ENTRY = """select a.seq, json_build_object('seq', a.seq, 'at', a.at,
  'actor', case when a.actor_id is not null then json_build_object('id', a.actor_id, 'name', u.name) end,
  'action', a.action, 'object_type', a.object_type, 'object_id', a.object_id, 'before', a.before,
  'after', a.after, 'request_id', a.request_id, 'hash', encode(a.hash, 'hex')) as json
from lodestar.audit a
left join lodestar.users u on u.company_id = a.company_id and u.id = a.actor_id
where a.company_id = :company
  and (cast(:actor_id as bigint) is null or a.actor_id = cast(:actor_id as bigint))
  and (cast(:object_type as text) is null or a.object_type = cast(:object_type as text))
  and (cast(:object_id as bigint) is null or a.object_id = cast(:object_id as bigint))
  and (cast(:action as text) is null or a.action = cast(:action as text))
  and a.at >= :since and a.at < :until"""

# Every entry is compared with its number, its own content and the entry before it, and the newest one with
# the head: one pass, whichever way the chain was broken. The first trouble in the order of the chain is told.
_CHECK = """
with entry as (
  select a.seq, a.hash, a.previous_hash, lodestar.audit_hash(a) as computed,
    lag(a.seq, 1, cast(0 as bigint)) over chain as seq_before,
    lag(a.hash, 1, cast('' as bytea)) over chain as hash_before
  from lodestar.audit a where a.company_id = :company
  window chain as (order by a.seq)
),
head as (select seq, hash from lodestar.audit_heads where company_id = :company),
newest as (
  select coalesce((select max(seq) from entry), 0) as seq, coalesce((select seq from head), 0) as head_seq
),
trouble(seq, reason) as (
  select case when seq > seq_before + 1 then seq_before + 1 else seq end,
    case when seq > seq_before + 1 then 'removed'
         when seq <= seq_before then 'inserted'
         when hash <> computed then 'changed'
         else 'unlinked' end
  from entry where seq <> seq_before + 1 or hash <> computed or previous_hash <> hash_before
  union all
  select n.seq + 1, 'removed' from newest n where n.head_seq > n.seq
  union all
  select n.head_seq + 1, 'inserted' from newest n where n.head_seq < n.seq
  union all
  select h.seq, 'unlinked' from head h join entry e on e.seq = h.seq where e.hash <> h.hash
),
anchor as (
  select cast(:anchor_seq as bigint) as seq, exists (
    select from entry
    where seq = cast(:anchor_seq as bigint) and hash = decode(cast(:anchor_hash as text), 'hex')) as valid
  where cast(:anchor_seq as bigint) is not null
)
select json_build_object(
  'valid', not exists (select from trouble) and not exists (select from anchor where not valid),
  'entries', (select count(*) from entry),
  'head', (select json_build_object('seq', seq, 'hash', encode(hash, 'hex')) from head),
  'first_broken', (
    select json_build_object('seq', seq, 'reason', reason) from trouble order by seq, reason limit 1),
  'anchor', (select json_build_object('seq', seq, 'valid', valid) from anchor))"""

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
        and not_before > cast(:now as timestamptz) - interval '24 hours'),
      'last_error', (array_agg(error order by not_before desc, id desc)
        filter (where error is not null and state = 'waiting'))[1])
    from lodestar.notifications where company_id = :company),
  'failed_tasks', coalesce((
    select json_agg(json_build_object('kind', kind, 'in_a_row', in_a_row, 'failed_at', failed_at,
      'error', error) order by failed_at desc, kind)
    from lodestar.task_failures where company_id = :company), '[]'),
  'retention', (
    select json_build_object('outcome_days', coalesce(t.outcome_days, {_KEPT.outcome_days}),
      'answer_days', coalesce(t.answer_days, {_KEPT.answer_days}),
      'last_deletion', case when t.deleted_at is not null then json_build_object('at', t.deleted_at,
        'outcomes', t.deleted_outcomes, 'refreshes', t.deleted_refreshes,
        'answers', t.deleted_answers) end)
    from (select cast(:company as bigint) as id) as c
    left join lodestar.retention t on t.company_id = c.id),
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

OPERATIONS = {
    # Binds :company, :actor_id, :object_type, :object_id, :action, :since, :until, :cursor, :limit.
    "audit": listed("entries", _ENTRY, key="seq", order="desc"),
    # Binds :company, :anchor_seq, :anchor_hash.
    "audit_check": _CHECK,
    # Binds :company, :now.
    "health": _HEALTH,
}
