"""Where in a request a refused field stood: the domain names the field, this the part of the request."""

from collections.abc import Mapping, Sequence

from lodestar.domain.refusals import Detail, InvalidContent, InvalidRequest, LodestarError

_PARTS: Mapping[type[LodestarError], str] = {InvalidContent: "body", InvalidRequest: "query"}
"""The part of a request that a refusal speaks of, where its details do not say it themselves."""


class RequestDetail(Detail):
    """A faulty part of a request, by its whole path: `body`, `query.limit`, `header.Idempotency-Key`."""


def error_details(error: LodestarError) -> Sequence[Detail]:
    """The details of a refusal, each with the whole path of its field: `body.weight`, `query.from`.

    A refusal that is about a request and names no field speaks of the request.
    """
    part = next((name for kind, name in _PARTS.items() if isinstance(error, kind)), None)
    if part is None:
        return error.details
    located = [_located(detail, part) for detail in error.details]
    return located or [RequestDetail("request", error.message)]


def _located(detail: Detail, part: str) -> Detail:
    return (
        detail
        if isinstance(detail, RequestDetail)
        else RequestDetail(f"{part}.{detail.field}", detail.message)
    )
