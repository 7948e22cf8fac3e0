"""The store of the room `people` in memory: `application.people.ports.PeopleStore` on plain dictionaries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class FakePeople:
    """Empty until a test fills it."""

    def add_company(self, fields: Mapping[str, Any]) -> int:
        raise NotImplementedError

    def enter_company(self, company_id: int) -> bool:
        raise NotImplementedError
