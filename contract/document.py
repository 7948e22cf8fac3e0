"""The OpenAPI 3.1 document, made from the handlers: the contract that clients and tests are made from."""

from collections.abc import Iterable
from typing import Any

from contract import responses
from contract.operations import Operation, is_query_model
from contract.schemas import schemas_of
from lodestar.runtime.endpoint import Endpoint

TITLE = "Lodestar"
VERSION = "1"
DESCRIPTION = """\
KPIs of a company: define them, assign them with targets, calculate them, read scores, trends and alerts.

Every request but the public ones carries `Authorization: Bearer <JWT>`. Who calls, their company and their
role come from the database row of that identity, never from the request. An id of another company answers
exactly as one that nobody has. Lists take `limit` and `cursor`, and answer `next_cursor`, which is null on
the last page. Every refusal has one sentence that says what to change, a stable `code` and the `request_id`
under which it is logged.
"""
TAGS = {
    "alerts": "What fires, what fired, and who is told.",
    "assignments": "KPIs for many people at once.",
    "audit": "Who changed what, in a chain of hashes that shows whether it is as it was written.",
    "catalog": "Ready-made KPIs, to be installed.",
    "companies": "The tenants of this deployment; for superusers.",
    "definitions": "What a KPI is and how it is calculated; versioned.",
    "exports": "Lists as files: CSV, Excel and PDF.",
    "fleet": "What a fleet costs: snapshots as they are loaded, and the company KPI API v1 over them.",
    "grants": "Rights of single people on single KPIs.",
    "health": "Whether the service is alive, and how it is.",
    "job_search": "What people do to find a job, each for themselves.",
    "kpis": "The KPIs of the company itself.",
    "me": "The caller.",
    "openapi": "This document.",
    "records": "Raw facts that a company's systems push.",
    "roles": "Roles of the company's own, made of permissions.",
    "runs": "Calculation passes over a range of periods.",
    "targets": "Targets of the company, and of many people at once.",
    "teams": "Teams and how they stand.",
    "users": "People, their KPIs, values, histories and scores.",
    "values": "Many entered values at once.",
    "vehicle_sales": "Vehicles, buyers and leads, and how well they sell.",
}
SERVERS = [
    {
        "url": "https://{api}.execute-api.{region}.amazonaws.com",
        "description": "A deployment; `make deploy` prints its address.",
        "variables": {"api": {"default": "a1b2c3d4e5"}, "region": {"default": "eu-west-1"}},
    },
    {"url": "http://127.0.0.1:3000", "description": "`make up` on this machine."},
]
SECURITY: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the deployment's user pool.",
    }
}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document of these endpoints."""
    operations = [Operation(endpoint) for endpoint in endpoints]
    types = {name: kind for operation in operations for name, kind in operation.types.items()}
    schemas, components = schemas_of({**types, "error": responses.ERROR_MODEL})
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = operation.described(
            schemas, components
        )
    queries = {
        schemas[name]["$ref"].rpartition("/")[2] for name, kind in types.items() if is_query_model(kind)
    }
    shown = {name: schema for name, schema in components.items() if name not in queries}
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": DESCRIPTION},
        "servers": SERVERS,
        "security": [{"bearer": []}],
        "tags": [
            {"name": tag, "description": TAGS.get(tag, "")}
            for tag in sorted({operation.tag for operation in operations})
        ],
        "paths": paths,
        "components": {
            "schemas": {**shown, "GatewayError": responses.GATEWAY_ERROR},
            "responses": responses.components(),
            "headers": responses.HEADERS,
            "securitySchemes": SECURITY,
        },
    }
