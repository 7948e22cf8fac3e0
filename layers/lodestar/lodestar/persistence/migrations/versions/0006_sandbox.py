"""What admins' SQL runs in: a login and a schema of the offered views for each company."""

from alembic import op

from lodestar.persistence.migrations.functions import sql_function

revision = "0006"
down_revision = "0005"

# Each row is a view in every company's schema, so that a pack can add its own.
OFFERED = """
create table lodestar.sandbox_views (
  name text primary key check (name ~ '^[a-z_]{1,40}$'),
  query text not null check (query like '%{company}%')
);
"""


def upgrade() -> None:
    op.execute(OFFERED)
    op.execute(sql_function("make_sandbox_views"))
    op.execute(sql_function("make_sandbox"))
