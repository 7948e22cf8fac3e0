"""Which ready-made KPIs a company has installed, and in which version."""

from alembic import op

from lodestar.persistence.migrations.isolation import isolate

revision = "0011"
down_revision = "0010"

# One definition comes of one entry, and keeps its key: so the key of the catalog is the row's.
INSTALLATIONS = """
create table lodestar.catalog_installations (
  company_id bigint not null references lodestar.companies,
  key text not null,
  version integer not null check (version >= 1),
  definition_id bigint not null,
  installed_at timestamptz not null,
  installed_by bigint not null,
  primary key (company_id, key),
  unique (company_id, definition_id),
  foreign key (company_id, definition_id) references lodestar.definitions (company_id, id),
  foreign key (company_id, installed_by) references lodestar.users (company_id, id)
);
"""


def upgrade() -> None:
    op.execute(INSTALLATIONS)
    isolate("catalog_installations", grants="select, insert, update")
