"""The store of the room `values` in memory: `application.values.ports.ValueStore` on plain dictionaries."""

from dataclasses import dataclass


@dataclass
class FakeValues:
    """Empty until a test fills it."""
