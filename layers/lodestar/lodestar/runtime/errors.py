"""The one shape of an error in JSON, and the table from refusals to HTTP status. A test proves it total."""

from http import HTTPStatus

from pydantic import BaseModel

from lodestar.domain import refusals
from lodestar.wire.refusals import MethodNotAllowed, Unauthenticated, UnsupportedContent

STATUS: dict[type[refusals.LodestarError], HTTPStatus] = {
    refusals.InvalidRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    refusals.Forbidden: HTTPStatus.FORBIDDEN,
    refusals.NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    refusals.Conflict: HTTPStatus.CONFLICT,
    refusals.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedContent: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    refusals.InvalidContent: HTTPStatus.UNPROCESSABLE_ENTITY,
    refusals.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class DetailBody(BaseModel):
    """One faulty field."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """The one error shape of the API; `details` are left out where no field is at fault."""

    error: str
    code: str
    request_id: str
    details: list[DetailBody] | None = None


def status_of(error: refusals.LodestarError) -> HTTPStatus:
    """The status of an error: that of the nearest class in the table, else 500."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR
