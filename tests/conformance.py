"""Holds every answer to the OpenAPI document: status, media type, headers and shape."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from contract.__main__ import COMMITTED

type Json = Mapping[str, Any]


class Contract:
    """An OpenAPI document, and what differs from it."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path.rstrip("/")))), document["paths"][path])
            for path in sorted(document["paths"], key=_fixed_first)
        ]

    def operation(self, method: str, path: str) -> Json | None:
        """The operation that a request means; None where the document has none at that address."""
        for pattern, operations in self._paths:
            if pattern.fullmatch(path.rstrip("/")):
                found: Json | None = operations.get(method.lower())
                return found
        return None

    def trouble(self, response: httpx.Response) -> str | None:
        """How an answer differs from what its operation promises."""
        operation = self.operation(response.request.method, response.request.url.path)
        if operation is None:
            return None
        promised = operation["responses"].get(str(response.status_code))
        if promised is None:
            return f"an undocumented status: {response.text[:500]}"
        promised = self.resolved(promised)
        missing = {each for each in promised.get("headers", {}) if each not in response.headers}
        if missing:
            return f"no header {missing}"
        return self._content_trouble(response, promised.get("content", {}))

    def _content_trouble(self, response: httpx.Response, promised: Json) -> str | None:
        if not promised:
            return "a body where none is promised" if response.content else None
        kind = response.headers["content-type"].partition(";")[0]
        if kind not in promised:
            return f"a body of the type {kind}"
        if kind != "application/json":
            return None
        return self.misfit(json.loads(response.text), promised[kind]["schema"])

    def misfit(self, value: Any, schema: Json) -> str | None:
        """Why a JSON value does not fit a schema of the document."""
        text = json.dumps(schema)
        if text not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[text] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        errors = self._validators[text].iter_errors(value)
        return (
            "; ".join(f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}" for error in errors)
            or None
        )

    def resolved(self, each: Json) -> Json:
        """What a `$ref` points to, or the thing itself."""
        found: Any = self.document if "$ref" in each else each
        for step in each.get("$ref", "#").split("/")[1:]:
            found = found[step]
        return found


def _fixed_first(path: str) -> list[bool]:
    return [part.startswith("{") for part in path.split("/")]


@cache
def committed() -> Contract:
    """The contract as it is committed."""
    return Contract(json.loads(COMMITTED.read_text(encoding="utf-8")))


def conforming_client(base_url: str) -> httpx.Client:
    """An HTTP client that lets no answer pass which the document does not promise."""
    return httpx.Client(base_url=base_url, timeout=30, event_hooks={"response": [assert_conforms]})


def assert_conforms(response: httpx.Response) -> None:
    """Fail where an operation of the document answers what the document does not say."""
    response.read()
    trouble = committed().trouble(response)
    request = response.request
    assert trouble is None, f"{request.method} {request.url}: {response.status_code}: {trouble}"
