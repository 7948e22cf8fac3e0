-- Each field stands behind its length in bytes, and NULL is a dash, so that no two entries read the same.
-- jsonb has one text form, and an instant is told in microseconds: neither depends on a setting.
create or replace function lodestar.audit_hash(entry lodestar.audit) returns bytea
language sql immutable parallel safe set search_path = '' as $$
  select sha256(convert_to(string_agg(
    coalesce(octet_length(t.field)::text || ':' || t.field, '-'), '' order by t.position), 'UTF8'))
  from unnest(array[
    encode(entry.previous_hash, 'hex'), entry.company_id::text, entry.seq::text,
    (extract(epoch from entry.at) * 1000000)::bigint::text, entry.actor_id::text, entry.action,
    entry.object_type, entry.object_id::text, entry.before::text, entry.after::text, entry.request_id
  ]) with ordinality as t(field, position)
$$;
