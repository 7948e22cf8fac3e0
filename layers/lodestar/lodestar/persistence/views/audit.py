"""The audit log and the check of its chain, as the API shows them."""

from lodestar.persistence.views.shapes import listed

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

AUDIT = {
    # Binds :company, :actor_id, :object_type, :object_id, :action, :since, :until, :cursor, :limit.
    "audit": listed("entries", _ENTRY, key="seq", order="desc"),
    # Binds :company, :anchor_seq, :anchor_hash.
    "audit_check": _CHECK,
}
