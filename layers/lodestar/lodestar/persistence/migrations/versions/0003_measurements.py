"""Records, measurements by month with their revisions, and snapshots of scores."""

from alembic import op

from lodestar.persistence.migrations.functions import sql_function
from lodestar.persistence.migrations.isolation import isolate

revision = "0003"
down_revision = "0002"

RECORDS = """
create table lodestar.records (
  company_id bigint not null references lodestar.companies,
  source text not null,
  external_id text not null,
  occurred_at timestamptz not null,
  user_id bigint,
  value numeric(18, 4),
  attributes jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  primary key (company_id, source, external_id),
  foreign key (company_id, user_id) references lodestar.users (company_id, id)
);
create index records_by_user on lodestar.records (company_id, source, user_id, occurred_at);
create index records_by_time on lodestar.records (company_id, source, occurred_at);
"""

# One index only: a second one that begins with the company would tempt the planner to read a whole period
# for each measurement where statistics lag behind. Those of a KPI are found through its assignments.
MEASUREMENTS = """
create table lodestar.measurements (
  company_id bigint not null,
  assignment_id bigint not null,
  period_start date not null,
  period_end date not null,
  definition_id bigint not null,
  definition_version integer not null,
  value numeric(18, 4),
  no_data_reason text,
  target_low numeric(18, 4),
  target_high numeric(18, 4),
  target_origin text not null default 'none',
  achievement numeric(5, 2),
  status text not null,
  state text not null check (state in ('open', 'final', 'restated')),
  entered_by bigint,
  notes text not null default '',
  run_id bigint,
  revision integer not null default 1,
  first_calculated_at timestamptz not null,
  calculated_at timestamptz not null,
  primary key (company_id, assignment_id, period_start),
  foreign key (company_id, assignment_id) references lodestar.assignments (company_id, id),
  check ((value is null) = (no_data_reason is not null)),
  check (period_end >= period_start)
) partition by range (period_start);
create table lodestar.revisions (
  company_id bigint not null,
  assignment_id bigint not null,
  period_start date not null,
  revision integer not null,
  old_value numeric(18, 4),
  new_value numeric(18, 4),
  old_target_low numeric(18, 4),
  old_target_high numeric(18, 4),
  old_achievement numeric(5, 2),
  reason text not null,
  run_id bigint,
  author_id bigint,
  definition_version integer not null,
  created_at timestamptz not null,
  primary key (company_id, assignment_id, period_start, revision),
  foreign key (company_id, assignment_id) references lodestar.assignments (company_id, id)
);
create table lodestar.snapshots (
  company_id bigint not null,
  user_id bigint not null,
  on_date date not null,
  score numeric(6, 2),
  coverage numeric(5, 2),
  parts jsonb not null,
  primary key (company_id, user_id, on_date),
  foreign key (company_id, user_id) references lodestar.users (company_id, id)
);
"""

PARTITIONS = """
create table lodestar.measurements_default partition of lodestar.measurements default;
select lodestar.ensure_partitions('2020-01-01', '2027-12-01');
"""


def upgrade() -> None:
    op.execute(RECORDS)
    op.execute(MEASUREMENTS)
    op.execute(sql_function("two_decimals"))
    op.execute(sql_function("change_in_words"))
    isolate("records", "measurements", "snapshots")
    isolate("revisions", grants="select, insert")
    op.execute(sql_function("ensure_partitions"))
    op.execute(PARTITIONS)
    isolate("measurements_default", grants="select, insert, update")
