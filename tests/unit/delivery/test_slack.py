"""What an alert looks like in Slack."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.delivery.slack import blocks

BODY = {
    "text": "CRITICAL: Calls 50% below target",
    "severity": "critical",
    "kpi_name": "Calls",
    "value": "50",
    "target": "100",
    "period_start": "2026-03-02",
    "period_end": "2026-03-03",
}


def shown(text: str) -> dict[str, Any]:
    """A text that Slack shows as it is."""
    return {"type": "plain_text", "text": text, "emoji": False}


def test_a_message_has_its_headline_and_the_facts_below() -> None:
    message = blocks(BODY)
    assert message["text"] == "CRITICAL: Calls 50% below target"  # what a phone shows before it is opened
    assert message["blocks"] == [{"type": "section", "text": shown("CRITICAL: Calls 50% below target")}]
    (facts,) = message["attachments"][0]["blocks"]
    labels, values = facts["fields"][::2], facts["fields"][1::2]
    assert [label["text"] for label in labels] == ["*Value*", "*Target*", "*Period*", "*KPI*"]
    assert values == [shown(value) for value in ("50", "100", "2026-03-02 – 2026-03-03", "Calls")]


@pytest.mark.parametrize(
    ("severity", "colour"),
    [("critical", "#b3261e"), ("warning", "#b26a00"), ("success", "#1b7f3b"), ("unheard of", "#b26a00")],
)
def test_the_colour_tells_the_severity(severity: str, colour: str) -> None:
    assert blocks(BODY | {"severity": severity})["attachments"][0]["color"] == colour


HOSTILE = ["<!channel>", "<@U1>", "<http://x|y>", "@here", "#general", "https://evil.example", "*b* _i_ ~s~ `c`", ":smile:", "&lt;!here&gt;", "evil.example", "<!date^1^{date}|x>"]  # fmt: skip


def texts(part: object) -> Iterator[dict[str, Any]]:
    """Every text object of a message."""
    if isinstance(part, dict):
        if part.get("type") in ("plain_text", "mrkdwn"):
            yield part
        for inner in part.values():
            yield from texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from texts(inner)


@given(st.sampled_from(HOSTILE) | st.text(max_size=50), st.text(max_size=50))
def test_nothing_that_people_wrote_becomes_a_mention_a_link_or_markup(one: str, other: str) -> None:
    ours = {each["text"] for each in texts(blocks(BODY)) if each["type"] == "mrkdwn"}
    message = blocks(BODY | {"text": one, "kpi_name": other, "value": one})
    for each in texts(message):
        assert each["type"] == "plain_text" or (each["verbatim"] and each["text"] in ours)
    assert {one, other} <= {each["text"] for each in texts(message)}
    assert not {"<", ">"} & set(message["text"])
    read_as_it_is = {"mrkdwn": False, "parse": "none", "link_names": False, "unfurl_links": False}
    assert read_as_it_is.items() <= message.items()
