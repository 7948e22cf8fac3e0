"""The audit log as a chain of hashes: a changed, removed or inserted entry is found."""

from alembic import op

from lodestar.persistence.migrations.isolation import COMPANY, isolate

revision = "0008"
down_revision = "0007"

# The entries that are there already are told again, oldest first, to the function that all new ones pass.
SET_ASIDE = """
alter table lodestar.audit no force row level security;
alter table lodestar.audit rename to unchained;
alter table lodestar.unchained rename constraint audit_pkey to unchained_pkey;
drop index lodestar.audit_by_object;
"""

# `seq` counts a company's entries without gaps. The head is what the newest entry has to be; its row is
# the lock that makes the entries of one company follow one another.
CHAIN = """
create table lodestar.audit (
  company_id bigint not null references lodestar.companies,
  seq bigint not null check (seq > 0),
  at timestamptz not null,
  actor_id bigint,
  action text not null,
  object_type text not null,
  object_id bigint not null,
  before jsonb,
  after jsonb,
  request_id text not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (company_id, seq)
);
create index audit_by_object on lodestar.audit (company_id, object_type, object_id, seq);
create index audit_by_actor on lodestar.audit (company_id, actor_id, seq);
create table lodestar.audit_heads (
  company_id bigint not null references lodestar.companies,
  seq bigint not null,
  hash bytea not null,
  primary key (company_id)
);
"""

# Each field stands behind its length in bytes, and NULL is a dash, so that no two entries read the same.
# jsonb has one text form, and an instant is told in microseconds: neither depends on a setting.
HASH = """
create function lodestar.audit_hash(entry lodestar.audit) returns bytea
language sql immutable parallel safe set search_path = '' as $$
  select sha256(convert_to(string_agg(
    coalesce(octet_length(t.field)::text || ':' || t.field, '-'), '' order by t.position), 'UTF8'))
  from unnest(array[
    encode(entry.previous_hash, 'hex'), entry.company_id::text, entry.seq::text,
    (extract(epoch from entry.at) * 1000000)::bigint::text, entry.actor_id::text, entry.action,
    entry.object_type, entry.object_id::text, entry.before::text, entry.after::text, entry.request_id
  ]) with ordinality as t(field, position)
$$;
"""

# The only way in: the application's role may call it and may write neither table. The company is the
# bound one; number and hashes are made here. `p_changes` are objects with action, object_type, object_id,
# before and after, in their order.
APPEND = f"""
create function lodestar.append_audit(
  p_at timestamptz, p_actor_id bigint, p_request_id text, p_changes jsonb
) returns void language plpgsql security definer set search_path = '' as $$
declare
  bound_company constant bigint := {COMPANY};
  head lodestar.audit_heads;
  entry lodestar.audit;
begin
  insert into lodestar.audit_heads (company_id, seq, hash) values (bound_company, 0, '')
    on conflict (company_id) do nothing;
  select * into head from lodestar.audit_heads where company_id = bound_company for update;
  for entry in
    select bound_company, null, p_at, p_actor_id, t.action, t.object_type, t.object_id, t.before, t.after,
      p_request_id, null, null
    from rows from (jsonb_to_recordset(p_changes) as (
        action text, object_type text, object_id bigint, before jsonb, after jsonb))
      with ordinality as t(action, object_type, object_id, before, after, number)
    order by t.number
  loop
    entry.seq := head.seq + 1;
    entry.previous_hash := head.hash;
    entry.hash := lodestar.audit_hash(entry);
    insert into lodestar.audit values (entry.*);
    head.seq := entry.seq;
    head.hash := entry.hash;
  end loop;
  update lodestar.audit_heads set seq = head.seq, hash = head.hash where company_id = bound_company;
end $$;
revoke execute on function lodestar.append_audit(timestamptz, bigint, text, jsonb) from public;
grant execute on function lodestar.append_audit(timestamptz, bigint, text, jsonb) to lodestar_app;
"""

# `set_config` is local to the migration's transaction, which binds one company after the other.
TELL_AGAIN = """
do $$
declare
  told lodestar.unchained;
begin
  for told in select * from lodestar.unchained order by company_id, id loop
    perform set_config('lodestar.company_id', told.company_id::text, true);
    perform lodestar.append_audit(told.at, told.actor_id, told.request_id, jsonb_build_array(
      jsonb_build_object('action', told.action, 'object_type', told.object_type,
        'object_id', told.object_id, 'before', told.before, 'after', told.after)));
  end loop;
  perform set_config('lodestar.company_id', '', true);
end $$;
drop table lodestar.unchained;
"""

# GET /api/health tells an admin which version the database has.
VERSION = "grant select on lodestar.alembic_version to lodestar_app"


def upgrade() -> None:
    op.execute(SET_ASIDE)
    op.execute(CHAIN)
    isolate("audit", "audit_heads", grants="select")
    op.execute(HASH)
    op.execute(APPEND)
    op.execute(TELL_AGAIN)
    op.execute(VERSION)
