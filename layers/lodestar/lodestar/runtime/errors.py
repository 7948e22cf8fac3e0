"""One table from the domain's refusals to HTTP. A test proves it total."""

from http import HTTPStatus

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


def status_of(error: errors.LodestarError) -> HTTPStatus:
    """The status of an error: that of the nearest class in the table, else 500."""
    for each in type(error).__mro__:
        if each in STATUS:
            return STATUS[each]
    return HTTPStatus.INTERNAL_SERVER_ERROR
