"""What an alert looks like in Slack."""

import pytest

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


def test_a_message_has_its_headline_and_the_facts_below() -> None:
    message = blocks(BODY)
    assert message["text"] == "CRITICAL: Calls 50% below target"  # what a phone shows before it is opened
    head, facts = message["attachments"][0]["blocks"]
    assert head["text"] == {"type": "mrkdwn", "text": "*CRITICAL: Calls 50% below target*"}
    assert [field["text"] for field in facts["fields"]] == [
        "*Value*\n50",
        "*Target*\n100",
        "*Period*\n2026-03-02 – 2026-03-03",
        "*KPI*\nCalls",
    ]


@pytest.mark.parametrize(
    ("severity", "colour"),
    [("critical", "#b3261e"), ("warning", "#b26a00"), ("success", "#1b7f3b"), ("unheard of", "#b26a00")],
)
def test_the_colour_tells_the_severity(severity: str, colour: str) -> None:
    assert blocks(BODY | {"severity": severity})["attachments"][0]["color"] == colour


def test_the_name_of_a_kpi_can_neither_mention_people_nor_draw_links() -> None:
    message = blocks(BODY | {"text": "<!channel> & <http://x|y>", "kpi_name": "<@U1>"})
    escaped = "&lt;!channel&gt; &amp; &lt;http://x|y&gt;"
    head, facts = message["attachments"][0]["blocks"]
    assert (message["text"], head["text"]["text"]) == (escaped, f"*{escaped}*")
    assert facts["fields"][-1]["text"] == "*KPI*\n&lt;@U1&gt;"
