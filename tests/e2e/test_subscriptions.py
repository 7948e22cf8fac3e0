"""Addresses outside that get alerts: each what its maker may see, listed, and ended by whoever manages alerts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.running_stack import RunningStack
from tests.e2e.client import Body, Client, decoded
from tests.e2e.conftest import Found, SignIn

WATCHED = {"revenue": "sales", "costs": "finance"}


@dataclass(frozen=True)
class Firm:
    """A company with an alert rule on a KPI of sales and one of finance; Sue manages alerts and sees sales."""

    stack: RunningStack
    ada: Client
    sue: Client
    una: Client
    kpis: Mapping[str, int]

    def subscribe(self, who: Client, address: str) -> Body:
        return who.post("/alerts/subscriptions", {"channel": "email", "address": address})

    def miss(self) -> None:
        """Let both KPIs miss their targets of yesterday anew: an alert that fired before is over."""
        yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
        for value in (100, 1):
            for kpi in self.kpis.values():
                entered = {"value": value, "period_date": yesterday}
                assert self.ada.call("POST", f"/kpis/{kpi}/values", entered).is_success
            self.stack.wait_idle()


class Mailbox:
    """A queue that the topic treats as it treats an address: by the same filter."""

    def __init__(self, firm: Firm, subscription: Body) -> None:
        sns, self._sqs = firm.stack.aws.sns, firm.stack.aws.sqs
        attributes = sns.get_subscription_attributes(SubscriptionArn=subscription["subscription_arn"])
        policy, topic = (attributes["Attributes"][name] for name in ("FilterPolicy", "TopicArn"))
        self._queue = self._sqs.create_queue(QueueName=f"mailbox-{subscription['id']}")["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=self._arn(),
            Attributes={"FilterPolicy": policy, "RawMessageDelivery": "true"},
        )

    def _arn(self) -> str:
        wanted = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        return wanted["Attributes"]["QueueArn"]

    def taken(self) -> list[str]:
        """The KPIs of what came since the last look."""
        found: Any = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        messages = found.get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(json.loads(message["Body"])["kpi"] for message in messages)


@pytest.fixture(scope="module")
def firm(stack: RunningStack, found_company: Found, sign_in: SignIn) -> Firm:
    ada = found_company("subscribing")
    ada.post("/roles", {"name": "watcher", "permissions": ["alerts.manage", "kpis.sales.view"]})
    ada.create_user("Sue", "sue@subscribing.test", role="watcher")
    ada.create_user("Una", "una@subscribing.test")
    kpis = {
        key: ada.define(key, {"type": "manual"}, category=category)["id"] for key, category in WATCHED.items()
    }
    for kpi in kpis.values():
        ada.assign_to_company(kpi, target_value=100, start_date="2025-01-01")
        ada.watch(kpi, 10, "email")
    sue, una = (sign_in(f"{name}@subscribing.test") for name in ("sue", "una"))
    return Firm(stack, ada, sue, una, kpis)


def test_an_address_gets_what_its_maker_may_see_when_it_is_sent(firm: Firm) -> None:
    of_ada, of_sue = (
        Mailbox(firm, firm.subscribe(who, f"{name}@far.test"))
        for name, who in (("ada", firm.ada), ("sue", firm.sue))
    )
    firm.miss()
    assert (of_ada.taken(), of_sue.taken()) == (["costs", "revenue"], ["revenue"])

    grant = {"can_view": True, "can_edit": False, "can_set_targets": False}
    path = f"/kpis/{firm.kpis['costs']}/permissions/{firm.sue.me()['id']}"
    firm.ada.put(path, grant)
    firm.miss()
    assert (of_ada.taken(), of_sue.taken()) == (["costs", "revenue"], ["costs", "revenue"])

    firm.ada.put(path, grant | {"can_view": False})
    (sues,) = [each for each in _listed(firm.ada) if each["address"] == "sue@far.test"]
    decoded(firm.ada.call("DELETE", f"/alerts/subscriptions/{sues['id']}"), 200)
    firm.miss()
    assert (of_ada.taken(), of_sue.taken()) == (["costs", "revenue"], [])


def _listed(who: Client) -> list[Body]:
    return who.all_of("subscriptions", "/alerts/subscriptions")


def test_subscriptions_are_listed_with_who_made_them_and_ended_by_whoever_manages_alerts(firm: Firm) -> None:
    made = firm.subscribe(firm.sue, "ops@far.test")
    assert (made["address"], made["created_by"], made["created_by_name"]) == (
        "ops@far.test",
        firm.sue.me()["id"],
        "Sue",
    )
    for who in (firm.ada, firm.sue):
        assert made in _listed(who)
    path = f"/alerts/subscriptions/{made['id']}"
    again = firm.ada.call("POST", "/alerts/subscriptions", {"channel": "email", "address": "ops@far.test"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    for method, where in (("GET", "/alerts/subscriptions"), ("DELETE", path)):
        assert firm.una.call(method, where).status_code == 403
    assert decoded(firm.ada.call("DELETE", path), 200) == made
    assert made not in _listed(firm.sue)
    assert firm.ada.call("DELETE", path).status_code == 404
    assert firm.subscribe(firm.ada, "ops@far.test")["created_by"] == firm.ada.me()["id"]


def test_another_companys_subscription_is_not_found(firm: Firm, found_company: Found) -> None:
    made = firm.subscribe(firm.ada, "own@far.test")
    stranger = found_company("unsubscribing")
    assert stranger.call("DELETE", f"/alerts/subscriptions/{made['id']}").status_code == 404
    assert _listed(stranger) == []
    assert made in _listed(firm.ada)
