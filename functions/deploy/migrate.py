"""On every deployment: bring the database to this version."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.operations.ports import Migration
from lodestar.runtime.worker import job


@job
def handler(event: Mapping[str, Any], migration: Migration) -> Mapping[str, Any]:
    """Run the migrations, and make the application's login and the first superuser where they are missing."""
    del event
    return migration.run()
