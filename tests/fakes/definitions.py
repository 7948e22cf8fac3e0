"""The store of the room `definitions` in memory: `application.definitions.ports.DefinitionStore` on plain dictionaries."""

from dataclasses import dataclass


@dataclass
class FakeDefinitions:
    """Empty until a test fills it."""
