"""A way to the runs that could not measure a period, for whoever asks why it has no value."""

from alembic import op

revision = "0009"
down_revision = "0008"

# Partial: a night of values that were computed does not pay for it.
UNMEASURED = """
create index outcomes_unmeasured on lodestar.outcomes (company_id, assignment_id, period_start, run_id)
  where outcome in ('error', 'skipped');
"""


def upgrade() -> None:
    op.execute(UNMEASURED)
