"""What an operation may answer beside its success: each status once, with its headers and an example."""

from typing import Any

from lodestar.runtime.errors import ErrorBody

type Json = dict[str, Any]

ERROR = {"$ref": "#/components/schemas/ErrorBody"}
GATEWAY = {"$ref": "#/components/schemas/GatewayError"}
GATEWAY_ERROR: Json = {
    "type": "object",
    "description": "What API Gateway says itself, before any function is called.",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
}
HEADERS: Json = {
    "ETag": {
        "description": "The version of what was read, for If-None-Match, or for If-Match with a change.",
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
    },
    "Location": {
        "description": "Where the file is.",
        "schema": {"type": "string", "format": "uri"},
    },
    "RetryAfter": {
        "description": "Seconds after which the same request is worth another try.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
_REQUEST_ID = "d6Qw7jTKDoEEPYw="


def _refusal(error: str, code: str, field: str | None = None) -> Json:
    body: Json = {"error": error, "code": code, "request_id": _REQUEST_ID}
    return body | ({"details": [{"field": field, "message": error}]} if field else {})


def _response(description: str, schema: Json, example: Json, **headers: str) -> Json:
    content = {"application/json": {"schema": schema, "example": example}}
    references = {
        name.replace("_", "-"): {"$ref": f"#/components/headers/{header}"} for name, header in headers.items()
    }
    return {"description": description, "content": content} | ({"headers": references} if headers else {})


RESPONSES: dict[int, tuple[str, Json]] = {
    303: (
        "SeeOther",
        {
            "description": "A large file: fetch it from this address, without a token, within five minutes.",
            "headers": {"Location": {"$ref": "#/components/headers/Location"}},
        },
    ),
    304: (
        "NotModified",
        {
            "description": "Nothing has changed since the ETag that If-None-Match names.",
            "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        },
    ),
    400: (
        "BadRequest",
        _response(
            "A date, a range or a query parameter that cannot be meant, or a body that is no JSON.",
            ERROR,
            _refusal("period_start 2026-03-05 must not lie after period_end.", "invalid_request"),
        ),
    ),
    401: (
        "Unauthorized",
        _response(
            "No token, or one that cannot be trusted; most often in API Gateway's words.",
            {"anyOf": [ERROR, GATEWAY]},
            {"message": "Unauthorized"},
        ),
    ),
    403: (
        "Forbidden",
        _response(
            "Known, but not allowed for the caller.",
            ERROR,
            _refusal("This needs the permission users.manage, which your role does not have.", "forbidden"),
        ),
    ),
    404: (
        "NotFound",
        _response(
            "Unknown, or another company's: the two are never told apart.",
            ERROR,
            _refusal("There is no such KPI definition.", "not_found"),
        ),
    ),
    409: (
        "Conflict",
        _response(
            "A duplicate, an overlap, or a version that is not the newest.",
            ERROR,
            _refusal('The key "calls" is taken: choose another one.', "duplicate_key"),
        ),
    ),
    413: (
        "TooLarge",
        _response(
            "More than one call may carry; above 10 MB, in API Gateway's words.",
            {"anyOf": [ERROR, GATEWAY]},
            _refusal("One call takes at most 1000 records: send the 1200 in parts.", "too_large"),
        ),
    ),
    415: (
        "UnsupportedMediaType",
        _response(
            "A body of another type than the operation takes.",
            ERROR,
            _refusal("Send the body as JSON with Content-Type: application/json.", "unsupported_content"),
        ),
    ),
    422: (
        "UnprocessableContent",
        _response(
            "The content breaks a rule; `details` names the fields.",
            ERROR,
            _refusal(
                "body.weight: Input should be less than or equal to 100.", "invalid_content", "body.weight"
            ),
        ),
    ),
    429: (
        "TooManyRequests",
        _response("More requests than the stage allows.", GATEWAY, {"message": "Too Many Requests"}),
    ),
    503: (
        "Unavailable",
        _response(
            "Something behind the API is away for the moment.",
            {"anyOf": [ERROR, GATEWAY]},
            _refusal("The database cannot be reached; try again shortly.", "unavailable"),
            Retry_After="RetryAfter",
        ),
    ),
}
"""By status: the component's name and the component."""

ERROR_MODEL = ErrorBody


def reference(status: int) -> Json:
    """A pointer to the shared response of a status."""
    return {"$ref": f"#/components/responses/{RESPONSES[status][0]}"}


def components() -> Json:
    """The shared responses by name."""
    return dict(RESPONSES.values())
