"""One table from the domain's refusals to HTTP. A test proves it total."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from lodestar.domain import errors

STATUS: dict[type[errors.LodestarError], HTTPStatus] = {
    errors.InvalidRequest: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedContent: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.InvalidContent: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class DetailBody(BaseModel):
    """One faulty field."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """The one error shape of the API."""

    error: str
    code: str
    request_id: str
    details: list[DetailBody] | None = None


def responses_of(view: Any, success: int) -> dict[int, Any]:  # noqa: ANN401 — a model class
    """What an operation may answer, for the OpenAPI document."""
    told = {
        success: {"description": "Done", "content": {"application/json": {"model": view}}},
    }
    refused = {
        int(each): {"description": each.phrase, "content": {"application/json": {"model": ErrorBody}}}
        for each in STATUS.values()
    }
    return told | refused


def status_of(error: errors.LodestarError) -> HTTPStatus:
    """The status of an error: that of the nearest class in the table, else 500."""
    for each in type(error).__mro__:
        if each in STATUS:
            return STATUS[each]
    return HTTPStatus.INTERNAL_SERVER_ERROR
