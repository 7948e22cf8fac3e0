"""Where in a request a refused field stood: the domain names the field, this the part of the request."""

from collections.abc import Mapping, Sequence

from lodestar.domain.refusals import Detail, InvalidContent, InvalidRequest, LodestarError
from lodestar.wire.limits import MAX_DETAIL_CHARACTERS, MAX_DETAILS, MAX_FIELD_CHARACTERS, shortened

_PARTS: Mapping[type[LodestarError], str] = {InvalidContent: "body", InvalidRequest: "query"}
"""The part of a request that a refusal speaks of, where its details do not say it themselves."""


class RequestDetail(Detail):
    """A faulty part of a request, by its whole path: `body`, `query.limit`, `header.Idempotency-Key`."""


def error_details(error: LodestarError) -> Sequence[Detail]:
    """The details of a refusal, each with the whole path of its field: `body.weight`, `query.from`.

    A refusal that is about a request and names no field speaks of the request. However much is wrong, they
    are few and short: MAX_DETAILS of MAX_DETAIL_CHARACTERS, and one that says how many more there are.
    """
    part = next((name for kind, name in _PARTS.items() if isinstance(error, kind)), None)
    found: Sequence[Detail] = error.details[:MAX_DETAILS]
    if not found and part is not None:
        found = [RequestDetail("request", error.message)]
    told = [_short(_located(detail, part)) for detail in found]
    omitted = error.omitted + len(error.details[MAX_DETAILS:])
    return [*told, RequestDetail("request", f"and {omitted:,} more")] if omitted else told


def _located(detail: Detail, part: str | None) -> Detail:
    if part is None or isinstance(detail, RequestDetail):
        return detail
    return RequestDetail(f"{part}.{detail.field}", detail.message)


def _short(detail: Detail) -> Detail:
    field = shortened(detail.field, MAX_FIELD_CHARACTERS)
    return Detail(field, shortened(detail.message, MAX_DETAIL_CHARACTERS - len(field)))
