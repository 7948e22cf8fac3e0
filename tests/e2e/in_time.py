"""Companies of the past: terms that begin in the past have all their values at once, long before a clock."""

from local.running_stack import RunningStack
from tests.e2e.client import Client


def as_if_assigned_in_time(stack: RunningStack, *admins: Client) -> None:
    """Delete all measurements of these companies, so that a clock which strikes in the past finds none."""
    stack.wait_idle()
    connection = stack.database.connect()
    try:
        for admin in admins:
            company_id = admin.me()["company"]["id"]
            for table in ("measurements", "revisions", "snapshots", "past_snapshots"):
                connection.run(f"delete from lodestar.{table} where company_id = :id", id=company_id)
    finally:
        connection.close()
