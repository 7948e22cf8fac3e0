"""The store of the room `alerts` in memory: `application.alerts.ports.AlertStore` on plain dictionaries."""

from dataclasses import dataclass


@dataclass
class FakeAlerts:
    """Empty until a test fills it."""
