"""Subscriptions on a real database: one for each address, and what their makers hold when something is sent."""

from datetime import timedelta
from decimal import Decimal

from lodestar.application.alerts.ports import AlertFigures, Subscription
from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel, Severity
from lodestar.domain.definitions import Category
from lodestar.domain.permissions import Grant, WatchedSubject, permissions_of
from tests.integration.tenants import NOW, Tenant, point

EMAIL = NotificationChannel.EMAIL


def test_an_address_has_one_subscription_that_begins_anew_under_its_id(tenant: Tenant) -> None:
    ada, eve = tenant.user(), tenant.user()
    with tenant.work() as work:
        made = work.alerts.add_subscription(EMAIL, "ops@far.test", ada, NOW)
        assert made is not None
        assert work.alerts.add_subscription(EMAIL, "ops@far.test", eve, NOW) is None
        work.alerts.name_subscription(made, "arn")
        assert work.alerts.subscriptions() == [Subscription(made, EMAIL, "ops@far.test", "arn", ada)]
        work.alerts.end_subscription(made, NOW)
        assert (work.alerts.subscriptions(), work.alerts.subscription_for_update(made)) == ([], None)
        later = NOW + timedelta(hours=1)
        assert work.alerts.add_subscription(EMAIL, "ops@far.test", eve, later) == made
        found = work.alerts.subscription_for_update(made)
        assert found is not None
        assert found.created_by == eve


def test_an_alert_is_about_a_person_in_their_team_of_today_a_team_or_the_company(tenant: Tenant) -> None:
    definition, team = tenant.definition(category=Category.FINANCE), tenant.team()
    user = tenant.user(team_id=team)
    day = NOW.date()
    about = [
        (tenant.assignment(definition, user), user, team),
        (tenant.assignment(definition, team_id=team), None, team),
        (tenant.assignment(definition), None, None),
    ]
    with tenant.work() as work:
        rule_id = work.alerts.add_rule(
            AlertRule(0, definition.id, AlertType.BELOW_TARGET, Decimal(10)), user, NOW
        )
        for assignment, user_id, team_id in about:
            figures = AlertFigures(
                rule_id, assignment.id, definition.id, Severity.WARNING, "…", Decimal(5), point(10), day, day
            )
            (alert_id,) = work.alerts.open_alerts([figures], NOW)
            wanted = WatchedSubject(definition.id, Category.FINANCE, user_id, team_id)
            assert work.alerts.watched_subject(alert_id) == wanted


def test_people_are_asked_for_what_they_hold_now_and_the_deactivated_hold_nothing(tenant: Tenant) -> None:
    definition, team = tenant.definition(), tenant.team()
    ada, max_, gone = tenant.user(role="admin"), tenant.user(role="manager"), tenant.user(role="admin")
    tenant.run("update lodestar.teams set manager_id = :max where company_id = :company", max=max_)
    tenant.run(
        "update lodestar.users set is_active = false where company_id = :company and id = :id", id=gone
    )
    tenant.run(
        "insert into lodestar.grants (company_id, definition_id, user_id, can_view, can_edit, can_set_targets) "
        "values (:company, :kpi, :user, true, false, false)",
        kpi=definition.id,
        user=max_,
    )
    with tenant.work() as work:
        actors = work.people.actors([ada, max_, gone])
        assert work.people.actors([]) == {}
        assert work.people.person(ada) is not None  # still bound to the company
    assert actors.keys() == {ada, max_}
    assert actors[ada].permissions == permissions_of(actors[ada].role)  # type: ignore[arg-type]  # a built-in one
    assert (actors[max_].managed_team_ids, actors[max_].company_id) == (frozenset({team}), tenant.id)
    assert actors[max_].grants == {definition.id: Grant(can_view=True)}
