"""The store of the room `assignments` in memory: `application.assignments.ports.AssignmentStore` on plain dictionaries."""

from dataclasses import dataclass


@dataclass
class FakeAssignments:
    """Empty until a test fills it."""
