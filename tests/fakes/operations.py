"""The store of the room `operations` in memory: `application.operations.ports.OperationsStore` on plain dictionaries."""

from dataclasses import dataclass


@dataclass
class FakeOperations:
    """Empty until a test fills it."""
