"""The words for where a KPI is going. Which of them a series deserves, SQL decides in persistence/views."""

from enum import StrEnum


class Direction(StrEnum):
    """Where a KPI is going, judged by what is good for it."""

    IMPROVING = "improving"
    DECLINING = "declining"
    FLAT = "flat"
