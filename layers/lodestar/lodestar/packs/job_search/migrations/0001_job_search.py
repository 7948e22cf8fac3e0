"""The ten tables of people's job searches, and each company's daily targets."""

from alembic import op

from lodestar.persistence.migrations.isolation import isolate
from lodestar.persistence.migrations.sandboxes import COMPANY_ID, add_sandbox_views, team_at

revision = "job_search_0001"
down_revision = None

_JOB_KEY = """foreign key (company_id, user_id, job)
    references lodestar.job_search_jobs (company_id, user_id, external_id)"""
_CONTACT_KEY = """foreign key (company_id, user_id, contact)
    references lodestar.job_search_contacts (company_id, user_id, external_id)"""

TABLES = {
    "jobs": """
  title text not null,
  company text,
  stage text not null,
  heat integer not null check (heat between 0 and 3),
  archived boolean not null""",
    "contacts": """
  name text not null,
  archived boolean not null""",
    "applications": f"""
  job text not null,
  date_sent timestamptz not null,
  {_JOB_KEY}""",
    "outreach": f"""
  job text,
  contact text,
  sent_at timestamptz not null,
  {_JOB_KEY},
  {_CONTACT_KEY}""",
    "follow_ups": f"""
  job text,
  contact text,
  due_at timestamptz not null,
  sent_at timestamptz,
  {_JOB_KEY},
  {_CONTACT_KEY}""",
    "events": """
  title text,
  status text not null,
  date timestamptz not null""",
    "growth_events": """
  title text,
  attended boolean not null,
  date timestamptz not null""",
    "boost_tasks": """
  title text,
  done_at timestamptz""",
    "growth_boost_tasks": """
  title text,
  status text not null,
  completed_at timestamptz""",
    "senior_reviews": f"""
  contact text,
  reviewed_at timestamptz not null,
  {_CONTACT_KEY}""",
}
"""What a row of each table has beside its owner and the name that its owner gave it."""

# The days that people count, and what is open. Those of a job or a contact also find what refers to it.
INDEXES = """
create index job_search_applications_sent
  on lodestar.job_search_applications (company_id, user_id, date_sent);
create index job_search_applications_job
  on lodestar.job_search_applications (company_id, user_id, job);
create index job_search_outreach_sent
  on lodestar.job_search_outreach (company_id, user_id, sent_at);
create index job_search_outreach_job
  on lodestar.job_search_outreach (company_id, user_id, job, sent_at);
create index job_search_outreach_contact
  on lodestar.job_search_outreach (company_id, user_id, contact);
create index job_search_follow_ups_open
  on lodestar.job_search_follow_ups (company_id, user_id, due_at) where sent_at is null;
create index job_search_follow_ups_sent
  on lodestar.job_search_follow_ups (company_id, user_id, sent_at);
create index job_search_follow_ups_job
  on lodestar.job_search_follow_ups (company_id, user_id, job);
create index job_search_follow_ups_contact
  on lodestar.job_search_follow_ups (company_id, user_id, contact);
create index job_search_events_date
  on lodestar.job_search_events (company_id, user_id, date);
create index job_search_growth_events_date
  on lodestar.job_search_growth_events (company_id, user_id, date);
create index job_search_boost_tasks_done
  on lodestar.job_search_boost_tasks (company_id, user_id, done_at);
create index job_search_growth_boost_tasks_completed
  on lodestar.job_search_growth_boost_tasks (company_id, user_id, completed_at);
create index job_search_senior_reviews_reviewed
  on lodestar.job_search_senior_reviews (company_id, user_id, reviewed_at);
create index job_search_senior_reviews_contact
  on lodestar.job_search_senior_reviews (company_id, user_id, contact);
"""

SETTINGS = """
create table lodestar.job_search_settings (
  company_id bigint primary key references lodestar.companies,
  cv_target integer not null check (cv_target between 0 and 1000),
  outreach_target integer not null check (outreach_target between 0 and 1000)
)"""

SANDBOX = {
    "jobs": "r.external_id as job, r.stage, r.heat, r.archived",
    "contacts": "r.id as contact, r.archived",
    "applications": "r.job, r.date_sent",
    "outreach": "r.job, c.id as contact, r.sent_at",
    "follow_ups": "r.job, c.id as contact, r.due_at, r.sent_at",
    "events": "r.status, r.date",
    "growth_events": "r.attended, r.date",
    "boost_tasks": "r.done_at",
    "growth_boost_tasks": "r.status, r.completed_at",
    "senior_reviews": "c.id as contact, r.reviewed_at",
}
"""What admins' SQL may read: facts, and no titles or names, for they tell of people outside the company.

A contact is its number, for its external_id may well be an address. The planner leaves out the join to the
contacts where a query does not ask for them.
"""

INSTANTS = {
    "applications": "r.date_sent",
    "outreach": "r.sent_at",
    "follow_ups": "coalesce(r.sent_at, r.due_at)",
    "events": "r.date",
    "growth_events": "r.date",
    "boost_tasks": "coalesce(r.done_at, now())",
    "growth_boost_tasks": "coalesce(r.completed_at, now())",
    "senior_reviews": "r.reviewed_at",
}
"""When a row happened, which says whose team it counts for; what is open, or has no time, is of today."""

_JOIN_CONTACTS = """left join lodestar.job_search_contacts c
  on c.company_id = r.company_id and c.user_id = r.user_id and c.external_id = r.contact"""


def upgrade() -> None:
    for name, columns in TABLES.items():
        op.execute(_table(name, columns))
    op.execute(INDEXES)
    op.execute(SETTINGS)
    isolate(*(f"job_search_{name}" for name in TABLES), "job_search_settings")
    add_sandbox_views(**{f"job_search_{name}": _sandbox_view(name) for name in SANDBOX})


def _table(name: str, columns: str) -> str:
    """A table of rows that belong to users; `columns` are those that only this table has."""
    return f"""
create table lodestar.job_search_{name} (
  company_id bigint not null,
  id bigint generated always as identity,
  user_id bigint not null,
  external_id text not null,
  updated_at timestamptz not null default now(),
  primary key (company_id, id),
  unique (company_id, user_id, external_id),
  foreign key (company_id, user_id) references lodestar.users (company_id, id),{columns}
)"""


def _sandbox_view(table: str) -> str:
    """What a company's admins may query of a table, with the team that the owner was in when it happened."""
    columns = SANDBOX[table]
    contacts = f"\n{_JOIN_CONTACTS}" if "c.id" in columns else ""
    return f"""select r.user_id, s.team_id, r.company_id, {columns}
from lodestar.job_search_{table} r
{team_at(user="r.user_id", instant=INSTANTS.get(table, "now()"))}{contacts}
where r.company_id = {COMPANY_ID}"""
