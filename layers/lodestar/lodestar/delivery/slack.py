"""Slack: Block Kit messages to a company's incoming webhook."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from lodestar.domain.refusals import LodestarError, Unavailable

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_COLOURS = {"critical": "#b3261e", "warning": "#b26a00", "success": "#1b7f3b"}


class SlackChat:
    """Posts to the webhook whose address is in the company's secret `…/slack`."""

    def __init__(self, webhook_of: Callable[[int], str]) -> None:
        self._webhook_of = webhook_of

    def post(self, company_id: int, body: Mapping[str, Any]) -> None:
        """Post one notification.

        Raises:
            Unavailable: Slack is away, slow or rate-limits; the message should come again.
            LodestarError: Slack refuses the message or the webhook for good.
        """
        try:
            answer = httpx.post(self._webhook_of(company_id), json=blocks(body), timeout=_TIMEOUT)
        except httpx.TransportError as error:
            raise Unavailable("Slack does not answer.") from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise Unavailable(f"Slack answers {answer.status_code}.")
        if not answer.is_success:
            raise LodestarError(f"Slack refuses the message with {answer.status_code}.", code="slack_refused")


def blocks(body: Mapping[str, Any]) -> dict[str, Any]:
    """The notification as Block Kit (https://api.slack.com/block-kit); `text` is for previews.

    What people wrote stands in `plain_text` alone, where nothing is a mention, a link, an emoji or markup.
    Only the preview has no such object: there Slack is told to read nothing into it.
    """
    period = f"{body['period_start']} – {body['period_end']}"
    facts = {"Value": body["value"], "Target": body["target"], "Period": period, "KPI": body["kpi_name"]}
    fields = [part for name, value in facts.items() for part in (_label(name), _plain(str(value)))]
    colour = _COLOURS.get(body["severity"], _COLOURS["warning"])
    return {
        "text": _escaped(body["text"]),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [{"type": "section", "text": _plain(body["text"])}],
        "attachments": [{"color": colour, "blocks": [{"type": "section", "fields": fields}]}],
    }


def _label(name: str) -> dict[str, Any]:
    """A word of ours, in bold."""
    return {"type": "mrkdwn", "text": f"*{name}*", "verbatim": True}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    """Slack's three control characters, by which a text would mention people or draw links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
