"""The sample events: what AWS sends to each function, in files that are named as the functions are."""

import json
from pathlib import Path
from typing import Any

import jwt

from local.running_stack import RunningStack
from local.state import subject_of

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
SAMPLES = sorted(str(file.relative_to(EVENTS).with_suffix("")) for file in EVENTS.rglob("*.json"))
"""`api/definitions/create`, …"""


def sample(name: str) -> Any:
    """A sample event as it stands."""
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def module_of(name: str) -> str:
    """The module of the function that a sample is for."""
    return name.replace("/", ".")


def function_of(name: str) -> str:
    """The logical id of that function: `DefinitionsCreateFunction`, `CalculateFunction`."""
    _, *words = name.replace("_", "/").split("/")
    return "".join(word.title() for word in words) + "Function"


def signed(event: Any, stack: RunningStack) -> Any:
    """An event of API Gateway as this stack's authorizer would send it: the same person, its own claims."""
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims")
    if claims:
        claims["sub"] = subject_of(claims["username"], stack.database)
        claims["iss"], claims["client_id"] = stack.issuer.url, stack.issuer.client_id
    elif "authorization" in event["headers"]:  # no authorizer before it: the function reads the token itself
        event["headers"]["authorization"] = f"Bearer {stack.token_for(_username(event))}"
    return event


def _username(event: Any) -> str:
    """Who the token of a sample event is for: what it says, for its signature is no real one."""
    token = event["headers"]["authorization"].removeprefix("Bearer ")
    return str(jwt.decode(token, options={"verify_signature": False})["username"])
