"""Examples in the document: the requests are the sample events, the answers were recorded from them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

ROOT = Path(__file__).parents[1]
EVENTS = ROOT / "events" / "api"
ANSWERS = Path(__file__).parent / "answers"


@dataclass(frozen=True)
class Example:
    """One request with the answer it got; None where the operation has no body, or no answer was recorded."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    answer: Any = None


def answer_file(resource: str, verb: str) -> Path:
    """Where the answer to a sample event is kept."""
    return ANSWERS / resource / f"{verb}.json"


def example_of(resource: str, verb: str) -> Example:
    """The example of the operation that `functions/api/<resource>/<verb>.py` answers."""
    sample = EVENTS / resource / f"{verb}.json"
    event = json.loads(sample.read_text(encoding="utf-8")) if sample.is_file() else {}
    kept = answer_file(resource, verb)
    return Example(
        path=event.get("pathParameters") or {},
        query={name: values[0] for name, values in parse_qs(event.get("rawQueryString", "")).items()},
        body=_body(event),
        answer=json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else None,
    )


def _body(event: dict[str, Any]) -> Any:  # noqa: ANN401 — any JSON
    if not event.get("body"):
        return None
    is_json = event["headers"].get("content-type", "application/json").startswith("application/json")
    return json.loads(event["body"]) if is_json else event["body"]
