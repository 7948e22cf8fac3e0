"""Where a KPI is going. SQL computes the change and its direction: persistence/insight/change_parts.py."""

from enum import StrEnum


class Direction(StrEnum):
    """Where a KPI is going, judged by what is good for it."""

    IMPROVING = "improving"
    DECLINING = "declining"
    FLAT = "flat"
