"""Kites."""

from alembic import op

from lodestar.persistence.migrations.isolation import isolate
from lodestar.persistence.migrations.sandboxes import add_sandbox_views

revision = "made_up_0001"
down_revision = None

KITES = """
create table lodestar.made_up_kites (
  company_id bigint not null references lodestar.companies (id),
  id bigint generated always as identity,
  external_id text not null,
  meters integer not null,
  updated_at timestamptz not null default now(),
  primary key (company_id, id),
  unique (company_id, external_id)
)"""


def upgrade() -> None:
    op.execute(KITES)
    isolate("made_up_kites")
    add_sandbox_views(
        made_up_kites="select company_id, meters, updated_at as loaded_at "
        "from lodestar.made_up_kites where company_id = {company}"
    )
