"""The main job from end to end: people get KPIs, the clock strikes; values, scores, alerts, messages follow.

Each scenario has a company and a month of its own: a tick catches up 35 days of every company there is.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from moto.sns.models import sns_backends

from local.aws import ACCOUNT, REGION
from local.remote import PLAN, tick_event
from local.running_stack import RunningStack
from tests.e2e.client import Body, Client
from tests.e2e.conftest import Found, SignIn
from tests.e2e.in_time import as_if_assigned_in_time
from tests.e2e.slack_stub import keep_webhook, slack_stub

KPIS: Mapping[str, Body] = {
    "calls": {"data_source": {"type": "records", "source": "calls", "method": "sum"}},
    "tickets": {
        "data_source": {
            "type": "records",
            "source": "tickets",
            "method": "count",
            "filters": {"status": "closed"},
        },
        "unit": "count",
    },
    "calls_per_ticket": {
        "data_source": {
            "type": "formula",
            "formula": "calls / tickets",
            "inputs": [
                {"variable": name, "source": {"type": "kpi", "key": name}} for name in ("calls", "tickets")
            ],
        },
    },
    "satisfaction": {
        "data_source": {"type": "manual", "allowed_range": {"min": 1, "max": 5}},
        "unit": "score",
    },
    "best_call": {
        "data_source": {
            "type": "database",
            "query": "SELECT MAX(value) FROM records WHERE source = 'calls' AND user_id = :user_id "
            "AND occurred_at >= :start_date AND occurred_at < :end_date",
        },
    },
}
GOALS: Mapping[str, Body] = {
    "calls": {"target_value": 10, "weight": 50},
    "tickets": {"weight": 10},
    "calls_per_ticket": {"target_value": 2.5, "weight": 20},
    "satisfaction": {"target_value": 4, "weight": 20},
    "best_call": {"weight": 0},
}


type OpenShop = Callable[[str, date], "Shop"]


@dataclass(frozen=True)
class Shop:
    """A company in Berlin with a manager, Max, and Una, who has the five KPIs for ten days from `first`."""

    admin: Client
    max: Client
    una: Client
    ids: Mapping[str, int]
    kpis: Mapping[str, int]
    assigned: Mapping[str, int]
    first: date

    def day(self, number: int) -> str:
        """The date of a day; the first is 0."""
        return (self.first + timedelta(days=number)).isoformat()

    def call(self, number: int, value: object, at: str = "10:00:00Z") -> Body:
        """Push Una's calls of a day."""
        return self.admin.push(self._record("calls", number, at, value=value))

    def close_tickets(self, number: int, count: int) -> None:
        """Push tickets of a day that count, and one that does not."""
        states = ["closed"] * count + ["open"]
        times = [f"11:{minute:02}:00Z" for minute in range(len(states))]
        self.admin.push(
            *(
                self._record("tickets", number, at, attributes={"status": state})
                for at, state in zip(times, states, strict=True)
            )
        )

    def values(self, key: str) -> dict[str, Any]:
        """Una's values of a KPI by date, each with its state."""
        history = self.admin.history(self.ids["una"], self.assigned[key])
        return {str(entry["period_start"]): (entry["actual_value"], entry["state"]) for entry in history}

    def runs(self, kind: str) -> list[str]:
        """The first days of the runs of a kind, newest run first."""
        return [run["period_start"] for run in self.admin.all_of("runs", "/runs") if run["kind"] == kind]

    def _record(self, source: str, number: int, at: str, **fields: object) -> Body:
        occurred = f"{self.day(number)}T{at}"
        identity = {"source": source, "external_id": f"{source} {occurred}", "occurred_at": occurred}
        return {**identity, "user_id": self.ids["una"], **fields}


@pytest.fixture(scope="module")
def open_shop(stack: RunningStack, found_company: Found, sign_in: SignIn) -> OpenShop:
    """Opens a shop whose KPIs were assigned in time, so that nothing of its days is measured yet."""

    def opened(name: str, first: date) -> Shop:
        shop = shop_of_today(name, first, found_company, sign_in)
        as_if_assigned_in_time(stack, shop.admin)
        return shop

    return opened


def shop_of_today(name: str, first: date, found_company: Found, sign_in: SignIn) -> Shop:
    """A shop that assigns its KPIs only today, from a day in the past on."""
    admin = found_company(name, timezone="Europe/Berlin")
    manager = admin.create_user("Max Manager", f"max@{name}.test", role="manager")
    team = admin.create_team("Support", manager["id"])
    una = admin.create_user("Una User", f"una@{name}.test", team_id=team["id"])
    kpis = {key: admin.define(key, **fields)["id"] for key, fields in KPIS.items()}
    dates = {"start_date": first.isoformat(), "end_date": (first + timedelta(days=9)).isoformat()}
    assigned = {key: admin.assign(una["id"], kpis[key], **goal, **dates)["id"] for key, goal in GOALS.items()}
    return Shop(
        admin=admin,
        max=sign_in(f"max@{name}.test"),
        una=sign_in(f"una@{name}.test"),
        ids={"company": admin.me()["company"]["id"], "una": una["id"], "team": team["id"]},
        kpis=kpis,
        assigned=assigned,
        first=first,
    )


def strike(stack: RunningStack, at: str) -> None:
    """Let the clock strike for daily KPIs, and wait until all that follows is done."""
    stack.invoke(PLAN, tick_event("daily", at))
    stack.wait_idle()


def test_the_clock_calculates_each_day_once_it_is_due_in_the_companys_timezone(
    stack: RunningStack, open_shop: OpenShop
) -> None:
    shop = open_shop("due", date(2025, 1, 6))
    shop.call(0, 4, "22:59:00Z")
    shop.call(0, 8.5, "23:00:00Z")  # in Berlin it is the next day
    strike(stack, f"{shop.day(1)}T00:59:00Z")  # a minute before 02:00 in Berlin
    assert shop.values("calls") == {shop.day(1): (Decimal("8.5"), "open")}
    strike(stack, f"{shop.day(1)}T01:00:00Z")
    assert shop.values("calls") == {shop.day(0): (4, "final"), shop.day(1): (Decimal("8.5"), "open")}


def test_every_kind_of_kpi_gets_its_value_and_missed_ticks_are_caught_up(
    stack: RunningStack, open_shop: OpenShop
) -> None:
    shop = open_shop("kinds", date(2025, 2, 17))
    shop.call(0, 12.5)
    shop.call(1, 6)
    shop.call(1, 5, at="22:59:59Z")
    shop.close_tickets(1, 4)
    shop.max.measure(shop.ids["una"], shop.assigned["satisfaction"], 3, (shop.day(1), shop.day(1)))
    strike(stack, f"{shop.day(2)}T01:00:00Z")  # the tick of the day before never came
    today = {shop.day(2): (None, "open")}
    assert shop.values("calls") == {
        shop.day(0): (Decimal("12.5"), "final"),
        shop.day(1): (11, "final"),
        **today,
    }
    assert shop.values("tickets") == {
        shop.day(0): (0, "final"),
        shop.day(1): (4, "final"),
        shop.day(2): (0, "open"),
    }
    assert shop.values("calls_per_ticket") == {
        shop.day(0): (None, "final"),  # division by zero
        shop.day(1): (Decimal("2.75"), "final"),
        **today,
    }
    assert shop.values("satisfaction") == {shop.day(1): (3, "final")}
    assert shop.values("best_call") == {
        shop.day(0): (Decimal("12.5"), "final"),
        shop.day(1): (6, "final"),
        **today,
    }
    assert shop.runs("scheduled") == [shop.day(1), shop.day(0)]


@pytest.fixture(scope="module")
def three_days(stack: RunningStack, open_shop: OpenShop) -> Shop:
    """A shop with three calculated days: a good one, a very good one, and a bad one with half of the data."""
    shop = open_shop("scores", date(2025, 3, 31))  # summer time: two hours ahead
    for number, calls in enumerate((12.5, 11, 5)):
        shop.call(number, calls)
    shop.close_tickets(1, 4)
    shop.max.measure(shop.ids["una"], shop.assigned["satisfaction"], 3, (shop.day(1), shop.day(1)))
    strike(stack, f"{shop.day(3)}T00:00:00Z")
    return shop


def test_a_score_weighs_the_achievements_and_tells_how_much_of_the_weight_it_rests_on(
    three_days: Shop,
) -> None:
    shop = three_days
    good, bad = (shop.una.kpis(shop.ids["una"], shop.day(number)) for number in (1, 2))
    # 50 × 110 % + 20 × 110 % + 20 × 75 %, over 90; tickets have no target
    assert (good["overall_score"], good["coverage"]) == (Decimal("102.22"), 90)
    assert (bad["overall_score"], bad["coverage"]) == (50, 50)


def test_a_person_sees_value_status_trend_and_change_of_each_kpi(three_days: Shop) -> None:
    shop = three_days
    kpis = shop.una.kpis(shop.ids["una"], shop.day(2))["kpis"]
    assert [kpi["kpi_definition"]["name"] for kpi in kpis] == list(KPIS)
    calls, tickets, ratio, satisfaction, _ = kpis
    assert [calls["status"], tickets["status"], ratio["status"]] == ["critical", "no_target", "no_data"]
    assert calls["id"] == shop.assigned["calls"]
    assert calls["current_measurement"] == {
        "actual_value": 5,
        "achievement_percentage": 50,
        "period_start": date.fromisoformat(shop.day(2)),
        "period_end": date.fromisoformat(shop.day(2)),
        "state": "final",
        "covered_days": 1,
        "is_partial": False,
    }
    assert calls["trend"] == [None, None, None, Decimal("12.5"), 11, 5]
    assert calls["change"] == {"absolute": -6, "percent": Decimal("-54.55"), "direction": "declining"}
    # nobody has entered it for this day yet, so its newest value is the one of the day before
    assert satisfaction["status"] == "needs_attention"
    assert satisfaction["current_measurement"]["period_start"] == date.fromisoformat(shop.day(1))


def test_the_manager_sees_the_team_and_a_member_its_averages_only(three_days: Shop) -> None:
    shop = three_days
    path = f"/teams/{shop.ids['team']}/kpis"
    of_manager, of_member = (who.get(path, on=shop.day(1)) for who in (shop.max, shop.una))
    (member,) = of_manager["team_members"]
    assert (member["name"], member["overall_score"], member["coverage"]) == (
        "Una User",
        Decimal("102.22"),
        90,
    )
    assert member["kpis"] == shop.una.get(f"/users/{shop.ids['una']}/kpis", on=shop.day(1))["kpis"]
    assert of_manager["team_averages"]["overall_score"] == Decimal("102.22")
    assert of_manager["team_averages"]["kpi_averages"]["calls"] == {
        "average": 11,
        "achievement_percentage": 110,
        "members": 1,
    }
    # An average of one would be that person's value.
    assert of_member == {
        "team_kpis": [],
        "team_members": [],
        "team_averages": {"overall_score": None, "kpi_averages": {}},
    }


def test_a_tick_that_comes_twice_calculates_once(stack: RunningStack, open_shop: OpenShop) -> None:
    shop = open_shop("twice", date(2025, 5, 5))
    shop.call(0, 7)
    tick = tick_event("daily", f"{shop.day(1)}T00:00:00Z")
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda _: stack.invoke(PLAN, tick), range(3)))
    stack.wait_idle()
    calculated = shop.admin.history(shop.ids["una"], shop.assigned["calls"], to=shop.day(0))
    strike(stack, f"{shop.day(1)}T01:00:00Z")
    assert shop.runs("scheduled") == [shop.day(0)]
    assert shop.admin.history(shop.ids["una"], shop.assigned["calls"], to=shop.day(0)) == calculated
    assert [each["actual_value"] for each in calculated] == [7]


def test_a_corrected_record_restates_the_value_and_as_of_remembers_the_old_one(
    stack: RunningStack, open_shop: OpenShop
) -> None:
    shop = open_shop("corrected", date(2025, 6, 16))
    calls = (shop.ids["una"], shop.assigned["calls"])
    shop.call(0, 5)
    shop.call(1, 9)
    before_all = datetime.now(UTC).isoformat()
    strike(stack, f"{shop.day(2)}T00:00:00Z")
    believed = shop.admin.history(*calls)
    then = datetime.now(UTC).isoformat()
    assert shop.call(0, 20)["updated"] == 1
    run = shop.admin.run(shop.day(0), shop.day(1), definition_ids=[shop.kpis["calls"]])
    # The formula over them follows; it has no data, as no ticket was closed.
    assert run["outcomes"] == {"computed": 2, "no_data": 2, "error": 0, "skipped": 0}
    restated, untouched = shop.admin.history(*calls, to=shop.day(1))
    assert (restated["actual_value"], restated["achievement_percentage"]) == (20, 200)
    assert restated["state"] == "restated"
    assert untouched == believed[1]
    assert [each["actual_value"] for each in shop.admin.history(*calls, as_of=then)] == [5, 9, None]
    assert shop.admin.history(*calls, as_of=before_all) == []
    assert revisions(shop) == [(Decimal(5), Decimal(20), run["id"])]


def test_a_recalculation_that_gives_the_same_changes_nothing(
    stack: RunningStack, open_shop: OpenShop
) -> None:
    shop = open_shop("same", date(2025, 7, 28))
    shop.call(0, 5)
    strike(stack, f"{shop.day(1)}T00:00:00Z")
    before = shop.admin.history(shop.ids["una"], shop.assigned["calls"])
    shop.admin.run(shop.day(0), shop.day(0))
    assert shop.admin.history(shop.ids["una"], shop.assigned["calls"]) == before
    assert revisions(shop) == []


def revisions(shop: Shop) -> list[tuple[Decimal, Decimal, int]]:
    """Old value, new value and run of each revision of Una's calls on the first day."""
    path = f"/users/{shop.ids['una']}/kpis/{shop.assigned['calls']}/explain"
    told = shop.admin.get(path, period_start=shop.day(0), period_end=shop.day(0))
    return [(row["old_value"], row["new_value"], row["run_id"]) for row in told["revisions"]]


def hire_slack(stack: RunningStack, shop: Shop, webhook_url: str) -> None:
    """Keep the webhook as the company's secret, and let a refused message come back soon."""
    keep_webhook(stack, shop.ids["company"], webhook_url)
    stack.aws.sqs.set_queue_attributes(
        QueueUrl=stack.refs["SlackQueue"], Attributes={"VisibilityTimeout": "2"}
    )


def test_a_missed_target_alerts_once_until_it_is_met_again_and_slack_gets_it_once(
    stack: RunningStack, open_shop: OpenShop
) -> None:
    shop = open_shop("alerts", date(2025, 9, 8))
    shop.admin.watch(shop.kpis["calls"], 20, "slack", "dashboard")
    for number, calls in enumerate((9, 5, 4, 12)):  # 9 is within 20 % of the target
        shop.call(number, calls)
    with slack_stub([500, 429]) as slack:
        hire_slack(stack, shop, slack.webhook_url)
        strike(stack, f"{shop.day(1)}T00:00:00Z")
        assert shop.admin.get("/alerts")["alerts"] == []
        strike(stack, f"{shop.day(2)}T00:00:00Z")
        (alert,) = shop.max.get("/alerts")["alerts"]
        assert (alert["state"], alert["severity"], alert["user_name"]) == ("firing", "critical", "Una User")
        assert alert["text"] == "CRITICAL: calls 50% below target"
        assert (alert["value"], alert["target"], alert["period_start"]) == (5, 10, shop.day(1))
        (notification,) = alert["notifications"]
        assert (notification["channel"], notification["state"], notification["error"]) == (
            "slack",
            "sent",
            None,
        )
        assert notification["delivered_at"] is not None
        assert slack.answered == [500, 429, 200]
        assert slack.taken[0]["text"] == alert["text"]

        publish_again(stack, notification["id"])
        assert slack.answered == [500, 429, 200]

        strike(stack, f"{shop.day(3)}T00:00:00Z")  # worse still: the same alert goes on
        (going_on,) = shop.una.get("/alerts")["alerts"]
        assert (going_on["id"], going_on["state"], going_on["value"]) == (alert["id"], "firing", 4)
        strike(stack, f"{shop.day(4)}T00:00:00Z")
        (resolved,) = shop.admin.get("/alerts", state="resolved")["alerts"]
        assert (resolved["id"], resolved["value"]) == (alert["id"], 12)
        assert len(slack.taken) == 1


def publish_again(stack: RunningStack, notification_id: int) -> None:
    """As after a crash between a send and its mark: the relay finds the message waiting, and sends it again.

    Twice, so that its copies also meet.
    """
    connection = stack.database.connect()
    try:
        for _ in range(2):
            sql = "update lodestar.notifications set state = 'waiting', not_before = now() where id = :id"
            connection.run(sql, id=notification_id)
            stack.invoke("RelayFunction", {})
    finally:
        connection.close()
    stack.wait_idle()


def test_an_alert_is_published_for_the_addresses_that_subscribed_to_email(
    stack: RunningStack, open_shop: OpenShop
) -> None:
    shop = open_shop("emails", date(2025, 11, 3))
    shop.admin.watch(shop.kpis["calls"], 10, "email")
    subscription = {"channel": "email", "address": "ops@emails.test"}
    answer = shop.admin.post("/alerts/subscriptions", subscription)
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:lodestar-local-company-{shop.ids['company']}"
    subscribed = stack.aws.sns.get_subscription_attributes(SubscriptionArn=answer["subscription_arn"])
    assert subscribed["Attributes"]["TopicArn"] == topic
    assert subscribed["Attributes"]["Endpoint"] == "ops@emails.test"
    policy = {"channel": ["email"], "subscriptions": [str(answer["id"])]}
    assert json.loads(subscribed["Attributes"]["FilterPolicy"]) == policy
    shop.call(0, 8.95)
    strike(stack, f"{shop.day(1)}T02:00:00Z")
    (alert,) = shop.admin.get("/alerts")["alerts"]
    assert [(each["channel"], each["state"]) for each in alert["notifications"]] == [("email", "sent")]
    ((_, message, subject, attributes, _),) = sns_backends[ACCOUNT][REGION].topics[topic].sent_notifications
    assert subject == alert["text"]
    assert json.loads(message)["notification_id"] == alert["notifications"][0]["id"]
    assert attributes["channel"]["Value"] == "email"
    assert attributes["severity"]["Value"] == "warning"
    assert json.loads(attributes["subscriptions"]["Value"]) == [str(answer["id"])]
