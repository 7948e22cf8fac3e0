"""What a company's admins may query: each table is a row here, and a view in every company's schema."""

import sqlalchemy as sa
from alembic import op

COMPANY_ID = "{company}"
"""What stands for the id of the company in a query that is offered."""


def team_at(user: str, instant: str) -> str:
    """The join that gives a row, as `s.team_id`, the team that its user was in at the row's instant.

    A row has at most one, for memberships do not overlap.
    """
    return f"""left join lodestar.memberships s on s.company_id = {COMPANY_ID} and s.user_id = {user}
  and s.starts_at <= {instant} and {instant} < s.ends_at"""


_VIEW = sa.text("insert into lodestar.sandbox_views (name, query) values (:name, :query)")
_MAKE = """
select lodestar.make_sandbox_views(c.id) from lodestar.companies c
where exists (select from pg_catalog.pg_namespace where nspname = 'lodestar_company_' || c.id)"""


def add_sandbox_views(**queries: str) -> None:
    """Offer these views to admins' SQL, in the companies of today and of tomorrow.

    Each query names the company as `COMPANY_ID`, and no personal column. What it offers is usable once the
    tables that queries are checked against tell of it: `sources.sql.tables`, or a pack's `sandbox`.
    """
    for name, query in queries.items():
        op.execute(_VIEW.bindparams(name=name, query=query))
    op.execute(_MAKE)
