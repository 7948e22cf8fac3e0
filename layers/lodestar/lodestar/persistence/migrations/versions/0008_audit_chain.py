"""The audit log as a chain of hashes: a changed, removed or inserted entry is found."""

from alembic import op

from lodestar.persistence.migrations.functions import sql_function
from lodestar.persistence.migrations.isolation import isolate

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
    op.execute(sql_function("audit_hash"))
    op.execute(sql_function("append_audit"))
    op.execute(TELL_AGAIN)
    op.execute(VERSION)
