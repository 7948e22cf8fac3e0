"""Vehicles, buyers and leads."""

from alembic import op

from lodestar.persistence.migrations.isolation import isolate
from lodestar.persistence.migrations.sandboxes import add_sandbox_views

revision = "vehicle_sales_0001"
down_revision = None

TABLES = """
create table lodestar.vehicle_sales_vehicles (
  company_id bigint not null references lodestar.companies (id),
  id bigint generated always as identity,
  external_id text not null,
  cost numeric(14, 2) not null check (cost >= 0),
  list_price numeric(14, 2) not null check (list_price >= 0),
  listed_at timestamptz not null,
  sold_at timestamptz check (sold_at >= listed_at),
  sold_price numeric(14, 2) check (sold_price >= 0),
  score numeric(6, 2) check (score >= 0),
  updated_at timestamptz not null default now(),
  primary key (company_id, id),
  unique (company_id, external_id),
  check (sold_price is null or sold_at is not null)
);

create table lodestar.vehicle_sales_buyers (
  company_id bigint not null references lodestar.companies (id),
  id bigint generated always as identity,
  external_id text not null,
  name text,
  last_active_at timestamptz not null,
  updated_at timestamptz not null default now(),
  primary key (company_id, id),
  unique (company_id, external_id)
);

create table lodestar.vehicle_sales_leads (
  company_id bigint not null,
  id bigint generated always as identity,
  external_id text not null,
  vehicle text not null,
  buyer text not null,
  created_at timestamptz not null,
  purchased_at timestamptz check (purchased_at >= created_at),
  outcome text not null check (outcome in ('open', 'purchased', 'lost')),
  updated_at timestamptz not null default now(),
  primary key (company_id, id),
  unique (company_id, external_id),
  foreign key (company_id, vehicle) references lodestar.vehicle_sales_vehicles (company_id, external_id),
  foreign key (company_id, buyer) references lodestar.vehicle_sales_buyers (company_id, external_id),
  check (purchased_at is null or outcome = 'purchased')
);

create index vehicle_sales_buyers_active on lodestar.vehicle_sales_buyers (company_id, last_active_at);
create index vehicle_sales_leads_created on lodestar.vehicle_sales_leads (company_id, created_at);
create index vehicle_sales_leads_vehicle on lodestar.vehicle_sales_leads (company_id, vehicle);
create index vehicle_sales_leads_buyer on lodestar.vehicle_sales_leads (company_id, buyer);
"""

VEHICLES = """select v.company_id, v.external_id, v.cost, v.list_price, v.listed_at,
  v.sold_at, v.sold_price, v.score
from lodestar.vehicle_sales_vehicles v where v.company_id = {company}"""

# A buyer is a number there, for its external_id may well be an address.
BUYERS = """select b.company_id, b.id as buyer, b.last_active_at
from lodestar.vehicle_sales_buyers b where b.company_id = {company}"""

LEADS = """select l.company_id, l.external_id, l.vehicle, b.id as buyer,
  l.created_at, l.purchased_at, l.outcome
from lodestar.vehicle_sales_leads l
left join lodestar.vehicle_sales_buyers b on b.company_id = l.company_id and b.external_id = l.buyer
where l.company_id = {company}"""


def upgrade() -> None:
    op.execute(TABLES)
    isolate("vehicle_sales_vehicles", "vehicle_sales_buyers", "vehicle_sales_leads")
    add_sandbox_views(vehicle_sales_vehicles=VEHICLES, vehicle_sales_buyers=BUYERS, vehicle_sales_leads=LEADS)
