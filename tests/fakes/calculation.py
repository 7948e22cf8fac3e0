"""The store of the room `calculation` in memory: `application.calculation.ports.CalculationStore` on plain dictionaries."""

from dataclasses import dataclass


@dataclass
class FakeCalculation:
    """Empty until a test fills it."""
