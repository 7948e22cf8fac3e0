"""Alembic's entry: runs the versions of a history on the connection that `persistence.migrate` hands over."""

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    version_table=given["version_table"],
    version_table_schema="lodestar",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
