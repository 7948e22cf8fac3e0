"""The audit log as a chain of hashes."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """To be filled."""
