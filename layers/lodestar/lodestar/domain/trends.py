"""Where a KPI is going. SQL computes the change and its direction: persistence/views/changes.py."""

from enum import StrEnum


class Direction(StrEnum):
    """Where a KPI is going, judged by what is good for it."""

    IMPROVING = "improving"
    DECLINING = "declining"
    FLAT = "flat"
