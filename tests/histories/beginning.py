"""What every history begins with: a company whose people have worked for some weeks, with values of every kind."""

from datetime import date
from decimal import Decimal

from lodestar.application.alerts.rules import create_alert_rule
from lodestar.application.alerts.shapes import AlertRuleDraft
from lodestar.persistence.unit_of_work import WorkContext
from tests.histories.alerts import Rule
from tests.histories.answers import Answers
from tests.histories.company import BEGINNINGS, KPIS, OF_COMPANY, OF_TEAMS
from tests.histories.days import Days, Rules
from tests.histories.facts import Facts, Kpi
from tests.histories.story import Story
from tests.histories.world import World

LONG_AGO = date(1900, 1, 1)
WATCHED = (("sold", 20, None, 1), ("mood", 10, 5, 2), ("weekly", 10, None, 1), ("deals", 0, None, 1))
"""Of which KPIs alerts tell: how far off, until how near, after how many periods."""


def begun(context: WorkContext) -> Story:
    """Two of three people are in one team and have all KPIs, the third has one of them."""
    world = World(context)
    story = Story(world, Facts(Days((Rules(LONG_AGO, "UTC", "monday", 3),)), world.now))
    for key, (cadence, how) in KPIS.items():
        kpi = world.define(key, cadence, how)
        story.facts.kpis[kpi] = Kpi(kpi, key, key, cadence, ((None, how),))
    world.let_the_past_be_planned()
    _give_everybody_their_kpis(story)
    _watch(story)
    _fill(story)
    story.rerun(-60, 60, False)
    story.settle()
    for slot, stored in Answers(world).measurements().items():
        if slot in story.states:
            story.states[slot] = story.states[slot][0], stored.state
    return story


def _give_everybody_their_kpis(story: Story) -> None:
    for key, (cadence, _) in KPIS.items():
        start = -BEGINNINGS[cadence]
        for who in (0, 1):
            story.assign(who, key, start, None, None if key in ("growth", "lift") else 80, 10, False)
        if key in OF_COMPANY:
            story.assign_group(2, key, start, None, 300 if key == "sold" else None, 1, False, False)
        for team in (0, 1) if key in OF_TEAMS else ():
            story.assign_group(team, key, start, None, None, 1, False, False)
    story.assign(2, "sold", -5, None, None, 5, False)
    for who in (0, 1):
        story.move(who, 0, -60)
    story.settle()


def _watch(story: Story) -> None:
    for key, threshold, recovery, periods in WATCHED:
        draft = AlertRuleDraft(
            alert_type="below_target",
            threshold_percentage=threshold,
            recovery_percentage=recovery,
            consecutive_periods=periods,
            notification_channels=["dashboard"],
        )
        kpi = story.kpi(key).id
        story.world.do(lambda c, kpi=kpi, draft=draft: create_alert_rule(kpi, draft, c.caller, c.work))
        (row,) = story.world.rows("select max(id) as id from lodestar.alert_rules")
        until = Decimal(threshold if recovery is None else recovery)
        story.alerts.rules.append(Rule(row["id"], kpi, Decimal(threshold), until, periods))


def _fill(story: Story) -> None:
    """Rows and entered values with gaps, some of them better than the target."""
    for who in (0, 1):
        for day in range(-30, 0):
            if day % (5 + who) != 3 and (day >= -8 or day % 3 == 0):
                story.push(who, "sales", day, who, 40 - 3 * day + 9 * who)
                story.push(who, "calls", day, who, 60 - 4 * day)
        for day in (-50, -30, -20, -9):
            story.push(who, "deals", day, 0, 20 + who)
        for day in (-8, -6, -5, -3, -2, -1):
            story.enter(who, "mood", day, 75 - 5 * day, None)
        story.enter(who, "plan", -40, 70 + who, "as planned")
