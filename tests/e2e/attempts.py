"""Attempts on ids, made from the OpenAPI document: which places of a request take an id, and of what kind."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from tests.conformance import Contract

type Ids = Mapping[str, list[int]]
"""Ids by kind: `user`, `team`, `definition` …"""

KINDS = {
    "actor_id": "user",
    "assignment_id": "assignment",
    "company_id": "company",
    "definition_id": "definition",
    "definition_ids": "definition",
    "kpi_definition_id": "definition",
    "kpi_id": "definition",
    "manager_id": "user",
    "object_id": "user",
    "role_id": "role",
    "row_id": "row",
    "run_id": "run",
    "subscription_id": "subscription",
    "target_id": "target",
    "team_id": "team",
    "user_id": "user",
    "user_ids": "user",
}
"""What an id means, by its name. A name that is not here fails the test: it would else be tried with nothing."""


@dataclass(frozen=True)
class Request:
    """A request before it is sent: the places of its ids are filled by `with_id`."""

    method: str
    template: str
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any

    @property
    def address(self) -> str:
        """The path with its ids."""
        return self.template.format_map(self.path)

    @property
    def query_string(self) -> str:
        """The query as it is sent."""
        return urlencode(self.query)

    @property
    def content(self) -> str | None:
        """The body as it is sent."""
        return None if self.body is None else json.dumps(self.body)

    def with_id(self, slot: "Slot", value: int) -> "Request":
        """The same request with another id in one place."""
        if slot.where == "path":
            return replace(self, path={**self.path, slot.name: value})
        if slot.where == "query":
            return replace(self, query={**self.query, slot.name: value})
        body = copy.deepcopy(self.body)
        spot = body
        for step in slot.way[:-1]:
            spot = spot[step]
        spot[slot.way[-1]] = value
        return replace(self, body=body)


@dataclass(frozen=True)
class Slot:
    """A place for an id: in the path, in the query, or in the body at the end of a way of names and indexes."""

    where: str
    name: str
    kind: str
    way: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Attempted:
    """An operation with its request of own ids, and the places where others may be tried."""

    id: str
    request: Request
    slots: tuple[Slot, ...]


def attempted(contract: Contract, own: Mapping[str, int]) -> Iterator[Attempted]:
    """Every operation of the document that is for signed-in people; the examples give what is no id."""
    for template, operations in contract.document["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") != []:
                yield _attempted(contract, f"{method.upper()} {template}", operation, own)


def _attempted(contract: Contract, name: str, operation: Any, own: Mapping[str, int]) -> Attempted:
    method, template = name.split(" ")
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    request = Request(method, template, {}, {}, copy.deepcopy(content.get("example")))
    slots = [*_parameter_slots(template, operation["parameters"])]
    for each in operation["parameters"]:
        if each["in"] == "path" and each["name"] not in {slot.name for slot in slots}:
            request = replace(request, path={**request.path, each["name"]: each["example"]})
        if each["in"] == "query" and each["required"]:
            request = replace(request, query={**request.query, each["name"]: each["example"]})
    if content:
        slots += _body_slots(contract, content["schema"], request.body, ())
    for slot in slots:
        if slot.where != "query":
            request = request.with_id(slot, own[slot.kind])
    return Attempted(operation["operationId"], request, tuple(slots))


def _parameter_slots(template: str, parameters: list[Any]) -> Iterator[Slot]:
    for parameter in parameters:
        if parameter["in"] in ("path", "query") and is_id(parameter["name"], parameter["schema"]):
            of_user = parameter["name"] == "kpi_id" and template.startswith("/api/users/")
            yield Slot(
                parameter["in"], parameter["name"], "assignment" if of_user else KINDS[parameter["name"]]
            )


def _body_slots(contract: Contract, schema: Any, example: Any, way: tuple[str | int, ...]) -> Iterator[Slot]:
    """The ids in a body: where the example has the field, or could have it."""
    for option in options(contract, schema):
        for name, each in option.get("properties", {}).items():
            if is_id(name, each):
                yield Slot("body", name, KINDS[name], (*way, name))
            elif isinstance(example, dict) and name in example:
                yield from _body_slots(contract, each, example[name], (*way, name))
        items = option.get("items")
        if items and isinstance(example, list) and example:
            is_list_of_ids = way and is_id(str(way[-1]), items)
            if is_list_of_ids:
                yield Slot("body", str(way[-1]), KINDS[str(way[-1])], (*way, 0))
            else:
                yield from _body_slots(contract, items, example[0], (*way, 0))


def options(contract: Contract, schema: Any) -> list[Any]:
    """The schemas that a value may have."""
    found = contract.resolved(schema)
    choices = [*found.get("anyOf", ()), *found.get("oneOf", ())]
    return [option for choice in choices for option in options(contract, choice)] if choices else [found]


def is_id(name: str, schema: Any) -> bool:
    """Whether a field or parameter is the id of an object."""
    types = {each.get("type") for each in (schema, *schema.get("anyOf", ()))}
    return "integer" in types and name.endswith(("_id", "_ids"))
