"""Row-level security as every company table gets it: no migration words it anew."""

from alembic import op

COMPANY = "nullif(current_setting('lodestar.company_id', true), '')::bigint"
"""The company that the transaction is bound to. `nullif`: a reused connection holds '' and not NULL."""


def isolate(*tables: str, grants: str = "select, insert, update, delete") -> None:
    """Let the application role see and write only rows of the bound company in `tables`."""
    for table in tables:
        op.execute(f"alter table lodestar.{table} enable row level security")
        op.execute(f"alter table lodestar.{table} force row level security")
        op.execute(
            f"create policy company on lodestar.{table} "
            f"using (company_id = {COMPANY}) with check (company_id = {COMPANY})"
        )
        op.execute(f"grant {grants} on lodestar.{table} to lodestar_app")
