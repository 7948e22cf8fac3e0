"""The store of the room `insight` in memory: `application.insight.ports.InsightStore` on plain dictionaries."""

from dataclasses import dataclass


@dataclass
class FakeInsight:
    """Empty until a test fills it."""
