"""Cost centers and their cost-rate snapshots."""

from alembic import op

from lodestar.persistence.migrations.isolation import isolate
from lodestar.persistence.migrations.sandboxes import add_sandbox_views

revision = "fleet_0001"
down_revision = None

FLEET = """
create table lodestar.fleet_cost_centers (
  company_id bigint not null references lodestar.companies (id),
  id bigint generated always as identity,
  name text not null,
  updated_at timestamptz not null default now(),
  primary key (company_id, id),
  unique (company_id, name)
);

create table lodestar.fleet_cost_rate_snapshots (
  company_id bigint not null,
  id bigint generated always as identity,
  cost_center text not null,
  basis_unit text not null check (basis_unit in ('KM', 'HOUR', 'TRIP', 'REVENUE')),
  period_start date not null,
  period_end date not null check (period_end >= period_start),
  total_cost numeric(14, 2) not null check (total_cost >= 0),
  total_units numeric(14, 3) not null check (total_units >= 0),
  rate numeric(14, 6) check (rate >= 0),
  status text not null check (status in ('OK', 'MISSING_ACTIVITY', 'MISSING_RATE')),
  updated_at timestamptz not null default now(),
  primary key (company_id, id),
  unique (company_id, cost_center, basis_unit, period_start, period_end),
  foreign key (company_id, cost_center) references lodestar.fleet_cost_centers (company_id, name)
);
create index on lodestar.fleet_cost_rate_snapshots (company_id, basis_unit, period_start, period_end);
"""

SNAPSHOTS = """select s.company_id, s.cost_center, s.basis_unit, s.period_start, s.period_end,
  s.total_cost, s.total_units, s.rate, s.status
from lodestar.fleet_cost_rate_snapshots s where s.company_id = {company}"""


def upgrade() -> None:
    op.execute(FLEET)
    isolate("fleet_cost_centers", "fleet_cost_rate_snapshots")
    add_sandbox_views(fleet_cost_rate_snapshots=SNAPSHOTS)
