"""Why nobody answers an address."""

import pytest

from lodestar.domain.refusals import NotFound
from lodestar.runtime.routes import unroutable
from lodestar.wire.refusals import MethodNotAllowed

KNOWN = {
    "/api/kpis/": ("GET",),
    "/api/kpis/{kpi_id}": ("GET",),
    "/api/kpis/dashboard": ("POST",),
    "/api/openapi.json": ("GET",),
    "/api/users/{user_id}/kpis/{kpi_id}": ("GET", "PUT"),
}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/kpis", ("GET",)),
        ("/api/kpis/", ("GET",)),
        ("/api/kpis/12", ("GET",)),
        ("/api/kpis/dashboard", ("POST",)),
        ("/api/users/1/kpis/2", ("GET", "PUT")),
    ],
)
def test_an_address_with_other_methods_tells_them(path: str, allowed: tuple[str, ...]) -> None:
    refusal = unroutable("DELETE", path, KNOWN)
    assert isinstance(refusal, MethodNotAllowed)
    assert refusal.allowed == allowed
    assert refusal.message == f"DELETE is not possible here: use {' or '.join(allowed)}."


@pytest.mark.parametrize(
    "path",
    ["/", "/api", "/api/kpis/1/2", "/api/kpis//", "/api/openapiXjson", "/api/users/1/kpis", "/api/kpis/1/"],
)
def test_any_other_address_is_unknown(path: str) -> None:
    assert isinstance(unroutable("DELETE", path, KNOWN), NotFound)


def test_a_name_is_no_id_though_it_stands_where_one_could() -> None:
    refusal = unroutable("GET", "/api/kpis/dashboard", KNOWN)
    assert isinstance(refusal, MethodNotAllowed)
    assert refusal.allowed == ("POST",)


def test_a_method_that_is_there_cannot_be_what_is_wrong() -> None:
    """The gateway brings only what no route took: the path looks like one of ours and is none."""
    assert isinstance(unroutable("GET", "/api/kpis/12", KNOWN), NotFound)
