import json
import time
from dataclasses import replace
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.functions import Function, FunctionPlan, Host
from local.gateway import ApiRoute, Gateway
from local.running_stack import RunningStack
from local.tokens import Issuer, SigningKey


@pytest.fixture
def api(stack: RunningStack):
    with httpx.Client(base_url=stack.base_url, timeout=20) as client:
        yield client


@pytest.fixture
def bearer(stack: RunningStack) -> dict[str, str]:
    return {"authorization": f"Bearer {stack.issuer.issue('sub-1', 'ann@example.org')}"}


def answer(api: httpx.Client, wish: object) -> httpx.Response:
    return api.post("/answer", json=wish)


def test_the_event_has_exactly_the_shape_of_payload_format_2_0(
    api: httpx.Client, bearer: dict[str, str]
) -> None:
    response = api.request(
        "PATCH",
        "/echo/a%20b?tag=x&size=1&tag=y",
        headers=[*bearer.items(), ("X-Twice", "1"), ("X-Twice", "2"), ("cookie", "one=1; two=2")],
        json={"name": "Zoë"},
    )
    event = response.json()["event"]
    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event == {
        "version": "2.0",
        "routeKey": "ANY /echo/{id}",
        "rawPath": "/echo/a b",
        "rawQueryString": "tag=x&size=1&tag=y",
        "cookies": ["one=1", "two=2"],
        "queryStringParameters": {"tag": "x,y", "size": "1"},
        "pathParameters": {"id": "a b"},
        "body": '{"name":"Zoë"}',
        "isBase64Encoded": False,
    }
    assert headers["x-twice"] == "1,2"
    assert headers["content-type"] == "application/json"
    assert "cookie" not in headers
    assert context["http"]["method"] == "PATCH"
    assert context["http"]["path"] == "/echo/a b"
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert context["http"]["protocol"] == "HTTP/1.1"
    assert context["stage"] == "$default"
    assert context["routeKey"] == "ANY /echo/{id}"
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 20


def test_what_a_request_does_not_have_is_absent_from_its_event(
    api: httpx.Client, bearer: dict[str, str]
) -> None:
    event = api.get("/echo/1", headers=bearer).json()["event"]
    assert not event.keys() & {"body", "cookies", "queryStringParameters"}


def test_claims_arrive_as_text(api: httpx.Client, bearer: dict[str, str]) -> None:
    context = api.get("/echo/1", headers=bearer).json()["event"]["requestContext"]
    claims = context["authorizer"]["jwt"]["claims"]
    assert claims["sub"] == "sub-1"
    assert claims["username"] == "ann@example.org"
    assert claims["cognito:groups"] == "[lodestar]"
    assert claims["token_use"] == "access"
    assert claims["exp"].isdigit()


def strange_tokens(issuer: Issuer) -> dict[str, str]:
    def bearer(**changes: object) -> str:
        return f"Bearer {replace(issuer, **changes).issue('sub-1', 'ann@example.org')}"

    other_key = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    unsigned = jwt.encode({"sub": "sub-1", "iss": issuer.url}, "", algorithm="none", headers={"kid": "local"})
    return {
        "none": "",
        "not a token": "Bearer what",
        "expired": f"Bearer {issuer.issue('sub-1', 'ann@example.org', minutes=-1)}",
        "for another client": bearer(client_id="other"),
        "of another issuer": bearer(url="https://other"),
        "signed by another key": bearer(key=other_key),
        "unsigned": f"Bearer {unsigned}",
        "cut": bearer()[:-5],
    }


def test_a_token_that_cannot_be_trusted_gets_401(api: httpx.Client, stack: RunningStack) -> None:
    for name, header in strange_tokens(stack.issuer).items():
        response = api.get("/echo/1", headers={"authorization": header} if header else {})
        assert (response.status_code, response.json()) == (401, {"message": "Unauthorized"}), name


def test_the_key_set_that_tokens_are_checked_with_is_served(api: httpx.Client, stack: RunningStack) -> None:
    keys = jwt.PyJWKSet.from_dict(api.get(f"/_cognito/{stack.refs['Users']}/.well-known/jwks.json").json())
    token = stack.issuer.issue("sub-1", "ann@example.org")
    claims = jwt.decode(token, keys["local"], algorithms=["RS256"], options={"verify_aud": False})
    assert claims["client_id"] == stack.refs["WebClient"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/answer"), ("POST", "/answer/"), ("GET", "/echo/1/2")]
)
def test_an_unknown_route_or_method_gets_404(api: httpx.Client, method: str, path: str) -> None:
    response = api.request(method, path)
    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


def test_the_most_specific_route_wins() -> None:
    function = Function(FunctionPlan("F", "handler", (), {}), Host("", "", Path()))
    keys = ["ANY $default", "GET /a/{rest+}", "ANY /a/{x}", "GET /a/{x}", "GET /a/b", "GET /{x}/b"]
    gateway = Gateway([ApiRoute(*key.split(" "), function, None) for key in keys])

    def found(method: str, path: str) -> tuple[str, dict[str, str]]:
        route, parameters = gateway.find(method, path)
        return route.key if route else "", parameters

    assert found("GET", "/a/b") == ("GET /a/b", {})
    assert found("GET", "/a/c") == ("GET /a/{x}", {"x": "c"})
    assert found("PUT", "/a/c") == ("ANY /a/{x}", {"x": "c"})
    assert found("GET", "/a/c/d") == ("GET /a/{rest+}", {"rest": "c/d"})
    assert found("GET", "/z/b") == ("GET /{x}/b", {"x": "z"})
    assert found("GET", "/a.b") == ("$default", {})
    assert found("PUT", "/z/b") == ("$default", {})


def test_without_a_default_route_nobody_answers_what_is_unknown() -> None:
    assert Gateway([]).find("GET", "/a.b") == (None, {})


def test_a_response_has_the_status_headers_and_cookies_of_the_answer(api: httpx.Client) -> None:
    wish = {"statusCode": 201, "headers": {"X-Rows": 3}, "cookies": ["a=1; Path=/", "b=2"], "body": "made"}
    response = answer(api, wish)
    assert (response.status_code, response.text, response.headers["x-rows"]) == (201, "made", "3")
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert response.headers["content-type"] == "text/plain;charset=UTF-8"


def test_an_answer_without_a_status_is_the_json_of_a_200(api: httpx.Client) -> None:
    response = answer(api, {"any": ["thing", None]})
    assert (response.status_code, response.json()) == (200, {"any": ["thing", None]})
    assert response.headers["content-type"] == "application/json"


def test_an_answer_that_is_no_response_gets_500(api: httpx.Client) -> None:
    response = answer(api, {"statusCode": "soon"})
    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_binary_bodies_travel_as_base64(api: httpx.Client, bearer: dict[str, str]) -> None:
    assert api.get("/files/a/deep%20path.txt").content == b"a/deep path.txt"
    event = api.post("/echo/1", headers=bearer, content=b"\x00\xff").json()["event"]
    assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)
    event = api.post("/echo/1", headers=bearer, data={"form": "1"}).json()["event"]
    assert (event["body"], event["isBase64Encoded"]) == ("Zm9ybT0x", True)


def test_a_request_above_10_mb_gets_413(api: httpx.Client) -> None:
    response = api.post("/answer", content=b" " * (10 * 1024 * 1024 + 1))
    assert (response.status_code, response.json()) == (413, {"message": "Request Entity Too Large"})


def test_a_request_whose_event_is_above_the_6_mb_of_lambda_gets_413(api: httpx.Client) -> None:
    text = {"content-type": "text/plain"}
    assert api.post("/answer", content=b'"%s"' % (b"x" * 5_900_000), headers=text).status_code == 200
    as_base64 = api.post("/answer", content=b"x" * 5_900_000, headers={"content-type": "image/png"})
    assert (as_base64.status_code, as_base64.json()) == (413, {"message": "Request Entity Too Large"})


@pytest.mark.parametrize("wish", [{"raise": "no"}, {"crash": 3}, {"sleep": 5}])
def test_a_function_that_fails_gets_500(api: httpx.Client, wish: dict[str, object]) -> None:
    response = api.post("/misbehave", content=json.dumps(wish))
    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_an_answer_that_takes_too_long_gets_503(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.gateway.INTEGRATION_SECONDS", 0.2)
    response = api.post("/misbehave", content=json.dumps({"sleep": 0.8}))
    assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})
