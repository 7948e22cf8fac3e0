"""Records, measurements with their revisions, and snapshots of scores."""

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

# What a measurement says; a past version of it says the same. `weight`, `score_cap` and the target are what
# it is judged by; `missing_data` is what its absence does to a score, where it has no value.
MEASUREMENT = """
  company_id bigint not null,
  assignment_id bigint not null,
  period_start date not null,
  period_end date not null,
  definition_version integer not null,
  value numeric(18, 4),
  no_data_reason text,
  missing_data text,
  target_low numeric(18, 4),
  target_high numeric(18, 4),
  target_origin text not null default 'none',
  weight numeric(5, 2) not null,
  score_cap numeric(5, 2),
  covered_days smallint not null,
  is_partial boolean not null,
  achievement numeric(5, 2),
  status text not null,
  state text not null check (state in ('open', 'final', 'restated')),
  entered_by bigint,
  notes text not null default '',
  meta_data jsonb not null default '{}',
  run_id bigint,
  revision integer not null default 1,
  first_calculated_at timestamptz not null,
  calculated_at timestamptz not null,
  foreign key (company_id, assignment_id) references lodestar.assignments (company_id, id),
  check ((value is null) = (no_data_reason is not null)),
  check (period_end >= period_start)
"""

# One table, and not one for each month: reads are of a company's assignments, which the primary key finds
# among any number of rows, nothing deletes whole months, and to plan a read over a hundred partitions takes
# longer than the read. No second index may begin with the company: it would tempt the planner to read a whole
# period for each measurement where statistics lag behind. Those of a KPI are found through its assignments.
# `measurements` has what is in force, `revisions` every version that no longer is, with what ended it.
MEASUREMENTS = f"""
create table lodestar.measurements ({MEASUREMENT},
  primary key (company_id, assignment_id, period_start, period_end)
);
create table lodestar.revisions ({MEASUREMENT},
  reason text not null check (reason in ('recalculated', 'corrected', 'withdrawn', 'superseded')),
  replaced_by_run bigint,
  author_id bigint,
  replaced_at timestamptz not null,
  primary key (company_id, assignment_id, period_start, period_end, replaced_at, revision)
);
"""

SNAPSHOT = """
  company_id bigint not null,
  user_id bigint not null,
  on_date date not null,
  score numeric(6, 2),
  coverage numeric(5, 2),
  parts jsonb not null,
  written_at timestamptz not null,
  foreign key (company_id, user_id) references lodestar.users (company_id, id)
"""

SNAPSHOTS = f"""
create table lodestar.snapshots ({SNAPSHOT},
  primary key (company_id, user_id, on_date)
);
create table lodestar.past_snapshots ({SNAPSHOT},
  replaced_at timestamptz not null,
  primary key (company_id, user_id, on_date, replaced_at)
);
"""


def upgrade() -> None:
    op.execute(RECORDS)
    op.execute(MEASUREMENTS)
    op.execute(SNAPSHOTS)
    op.execute(sql_function("two_decimals"))
    op.execute(sql_function("achievement"))
    op.execute(sql_function("version_in_force"))
    op.execute(sql_function("target_in_force"))
    op.execute(sql_function("change_in_words"))
    isolate("records", "measurements", "snapshots")
    isolate("revisions", "past_snapshots", grants="select, insert")
