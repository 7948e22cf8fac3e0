"""One company can do nothing with another one's rows, whatever SQL the application sends."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from local.postgres import Database
from lodestar.application.alerts.ports import AlertFigures, Notification
from lodestar.application.operations.ports import Deleted
from lodestar.application.work import AuditObject
from lodestar.domain.alerts import (
    AlertRule,
    AlertType,
    ConditionState,
    NotificationChannel,
    RuleState,
    Severity,
    WatchedAssignment,
)
from lodestar.domain.measurements import EnteredMeasurement
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import BatchPlan, BatchSubjects, NewRun, RunKind
from lodestar.domain.tasks import TaskKind
from lodestar.packs.fleet.fleet_tables import SNAPSHOTS
from lodestar.packs.job_search import job_search_tables as job_search
from lodestar.packs.loading import load_rows
from lodestar.packs.vehicle_sales import vehicle_sales_tables as vehicle_sales
from lodestar.persistence.kernel.database import sqlstate
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.bulk import caller_of
from tests.integration.tenants import NOW, Tenant, new_tenant, point, user_days

INSUFFICIENT_PRIVILEGE, FOREIGN_KEY = "42501", "23503"
DAY = NOW.date()
APP_TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id'
where n.nspname = 'lodestar' and c.relkind = 'r' and c.relrowsecurity
order by 1"""


def fill(tenant: Tenant) -> None:
    """At least one row in every table."""
    user = tenant.user(team_id=tenant.team())
    definition = tenant.definition()
    assignment = tenant.assignment(definition, user, target=point(10))
    row = tenant.measurement(assignment, definition, DAY, "5")
    tenant.write([row])
    with tenant.work(actor_id=user) as work:
        work.values.enter([EnteredMeasurement(row, "first")], NOW)
        work.values.upsert_records(
            [{"source": "s", "external_id": "1", "occurred_at": NOW, "attributes": {}}]
        )
        work.values.write_scores(user_days([user], [DAY]), tenant.company.calendar, NOW)
        work.session.run("update lodestar.snapshots set score = 0 where company_id = :company")
        work.values.write_scores(user_days([user], [DAY]), tenant.company.calendar, NOW + timedelta(hours=1))
        plan = BatchPlan(0, DAY, DAY, BatchSubjects.USERS, (user,), (definition.id,))
        run_id = work.calculation.add_run(
            NewRun(RunKind.SCHEDULED, Cadence.DAILY, DAY, DAY, "test", NOW), [plan]
        )
        rule = AlertRule(0, definition.id, AlertType.BELOW_TARGET, Decimal(10))
        rule_id = work.alerts.add_rule(rule, user, NOW)
        figures = AlertFigures(
            rule_id, assignment.id, definition.id, Severity.CRITICAL, "…", point(5).low, point(10), DAY, DAY
        )
        (alert_id,) = work.alerts.open_alerts([figures], NOW)
        work.alerts.save_rule_states(
            {WatchedAssignment(rule_id, assignment.id): RuleState(ConditionState.FIRING, 1, DAY, 1, alert_id)}
        )
        work.alerts.add_notifications([Notification(alert_id, NotificationChannel.DASHBOARD, "…", {})], NOW)
        notification = work.alerts.claim_notification(NOW, NOW)
        assert notification is not None
        work.alerts.claim_delivery(notification.id, NotificationChannel.SLACK)
        work.alerts.add_subscription(NotificationChannel.EMAIL, "lena@example.com", user, NOW)
        work.audit.record("test", AuditObject("user", user), None, {})
        work.operations.note_deleted(Deleted(), NOW)
        work.operations.note_failure(TaskKind.PLANNING, "…", NOW)
        fill_outcomes_and_targets(work.session.run, run_id, assignment.id, definition.id)
        fill_rights(work.session.run, user, definition.id)
        fill_settings(work.session.run, user, definition.id)
        work.commit()
    fill_packs(tenant, user)


def fill_outcomes_and_targets(run: Any, run_id: object, assignment_id: int, definition_id: int) -> None:
    """What no store writes on its own yet."""
    run(
        "insert into lodestar.outcomes "
        "(company_id, run_id, assignment_id, period_start, period_end, definition_version, outcome) "
        "values (:company, :run, :assignment, :day, :day, 1, 'computed')",
        run=run_id,
        assignment=assignment_id,
        day=DAY,
    )
    run(
        "insert into lodestar.targets "
        "(company_id, definition_id, target_low, target_high, period_start, period_end) "
        "values (:company, :definition, 1, 1, :day, :day)",
        definition=definition_id,
        day=DAY,
    )


def fill_rights(run: Any, user_id: int, definition_id: int) -> None:
    """What no store writes on its own yet."""
    run("insert into lodestar.roles (company_id, name, permissions) values (:company, 'ceo', '{}')")
    run(
        "insert into lodestar.grants (company_id, definition_id, user_id, can_view, can_edit, can_set_targets) "
        "values (:company, :definition, :user, true, true, true)",
        definition=definition_id,
        user=user_id,
    )
    run(
        "insert into lodestar.idempotency_keys "
        "(company_id, user_id, key, request_hash, status, body, created_at) "
        "values (:company, :user, 'k', 'h', 201, '{}', :now)",
        user=user_id,
        now=NOW,
    )


def fill_settings(run: Any, user_id: int, definition_id: int) -> None:
    """What the catalog and the packs keep beside their source tables."""
    run(
        "insert into lodestar.catalog_installations "
        "(company_id, key, version, definition_id, installed_at, installed_by) "
        "values (:company, 'calls', 1, :definition, :now, :user)",
        definition=definition_id,
        now=NOW,
        user=user_id,
    )
    run("insert into lodestar.job_search_settings values (:company, 5, 5)")


FACTS: Mapping[str, Any] = {
    **dict.fromkeys(("attended", "archived"), False),
    "heat": 1,
    "basis_unit": "KM",
    "outcome": "open",
    **dict.fromkeys(("period_start", "period_end"), "2026-03-02"),
    **dict.fromkeys(("cost", "list_price", "total_cost", "total_units"), 1),
}
"""A value for each required field of a pack's row that is no text and no instant."""


def fill_packs(tenant: Tenant, user_id: int) -> None:
    """A row in each source table; every text is the same, so that rows find those that they refer to."""
    for table in (SNAPSHOTS, *vehicle_sales.TABLES.values(), *job_search.TABLES.values()):
        required = [name for name, field in table.row.model_fields.items() if field.is_required()]
        plain = {name: NOW.isoformat() if table.columns[name] == "timestamptz" else "OK" for name in required}
        row = plain | {name: each for name, each in FACTS.items() if name in required}
        with tenant.work() as work:
            assert load_rows([row], table, caller_of(tenant, user_id), work).errors == []


@pytest.fixture(scope="module")
def victim(context: WorkContext) -> Tenant:
    made = new_tenant(context)
    fill(made)
    return made


@pytest.fixture(scope="module")
def attacker(context: WorkContext) -> Tenant:
    made = new_tenant(context)
    fill(made)
    return made


@pytest.fixture(scope="module")
def tables(attacker: Tenant) -> list[str]:
    found = [row["relname"] for row in attacker.rows(APP_TABLES)]
    assert len(found) > 15
    return found


def privileges(tenant: Tenant, table: str) -> set[str]:
    row = tenant.rows(
        "select array_agg(p) as held from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as p "
        f"where has_table_privilege('lodestar.{table}', p)"
    )
    return set(row[0]["held"])


def stored(database: Database, table: str, company_id: int) -> list[Any]:
    """All rows of a company, as a superuser sees them."""
    superuser = database.connect()
    rows = superuser.run(
        f"select to_jsonb(t) from lodestar.{table} t where company_id = :id order by 1", id=company_id
    )
    superuser.close()
    return list(rows or [])


def test_every_table_is_filled(database: Database, victim: Tenant, tables: list[str]) -> None:
    empty = [table for table in tables if not stored(database, table, victim.id)]
    assert empty == []


def test_a_company_reads_its_own_rows_and_no_others(
    attacker: Tenant, victim: Tenant, tables: list[str]
) -> None:
    for table in tables:
        seen = {row["company_id"] for row in attacker.rows(f"select company_id from lodestar.{table}")}
        assert seen == {attacker.id}, table
        asked = attacker.rows(f"select 1 from lodestar.{table} where company_id = :id", id=victim.id)
        assert asked == [], table


def test_nobody_is_seen_without_a_company(context: WorkContext, victim: Tenant, tables: list[str]) -> None:
    with context.engine.connect() as connection:
        for table in tables:
            assert connection.execute(text(f"select count(*) from lodestar.{table}")).scalar_one() == 0, table


def test_a_company_changes_no_row_of_another(
    database: Database, attacker: Tenant, victim: Tenant, tables: list[str]
) -> None:
    for table in tables:
        before = stored(database, table, victim.id)
        for verb, statement in (
            ("UPDATE", f"update lodestar.{table} set company_id = company_id"),
            ("UPDATE", f"update lodestar.{table} set company_id = :company where company_id = :id"),
            ("DELETE", f"delete from lodestar.{table} where company_id = :id"),
        ):
            if verb in privileges(attacker, table):
                with attacker.work() as work:
                    touched = work.session.run(statement, id=victim.id)
                    mine = work.session.value(f"select count(*) from lodestar.{table}")
                    assert touched == (mine if statement.endswith("= company_id") else 0), (table, statement)
        assert stored(database, table, victim.id) == before, table


def test_a_company_writes_no_row_for_another(
    database: Database, attacker: Tenant, victim: Tenant, tables: list[str]
) -> None:
    for table in tables:
        before = stored(database, table, victim.id)
        attempts = [f"insert into lodestar.{table} (company_id) values (:id)"]
        if "UPDATE" in privileges(attacker, table):
            attempts.append(f"update lodestar.{table} set company_id = :id")
        for statement in attempts:
            assert refusal(attacker, statement, id=victim.id) == INSUFFICIENT_PRIVILEGE, (table, statement)
        assert stored(database, table, victim.id) == before, table


def refusal(tenant: Tenant, statement: str, **parameters: object) -> str:
    """The SQLSTATE with which a statement is refused; '' when it is not."""
    with tenant.work() as work:
        try:
            work.session.rows(statement, **parameters) if statement.startswith(
                "select"
            ) else work.session.run(statement, **parameters)
        except DBAPIError as error:
            return sqlstate(error)
    return ""


def test_a_key_of_another_company_is_no_foreign_key(attacker: Tenant, victim: Tenant) -> None:
    stranger = victim.user()
    statement = (
        "insert into lodestar.records (company_id, source, external_id, occurred_at, user_id) "
        "values (:company, 's', 'foreign', now(), :stranger)"
    )
    assert refusal(attacker, statement, stranger=stranger) == FOREIGN_KEY


def test_the_binding_does_not_outlive_a_transaction(context: WorkContext, attacker: Tenant) -> None:
    with attacker.work() as work:
        assert work.session.value("select count(*) from lodestar.users") > 0
        work.connection.commit()  # beside the unit of work, which would bind anew
        assert work.session.value("select count(*) from lodestar.users") == 0
    with attacker.work() as work:
        work.session.value("select 1")
    with context.engine.connect() as connection:
        setting = connection.execute(text("select current_setting('lodestar.company_id', true)")).scalar()
        assert not setting
        assert connection.execute(text("select count(*) from lodestar.users")).scalar_one() == 0


def test_every_transaction_of_a_unit_of_work_is_bound(attacker: Tenant) -> None:
    with attacker.work() as work:
        for _ in range(3):
            bound = work.session.value("select current_setting('lodestar.company_id', true)")
            assert bound == str(attacker.id)
            work.commit()


OWNED = """
select c.oid::regclass::text from pg_class c where c.relowner = 'lodestar_app'::regrole
union all select p.oid::regprocedure::text from pg_proc p where p.proowner = 'lodestar_app'::regrole
union all select nspname from pg_namespace where nspowner = 'lodestar_app'::regrole
union all select datname from pg_database where datdba = 'lodestar_app'::regrole"""

ROLE = """
select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
  (select count(*) from pg_auth_members where member = r.oid) as memberships
from pg_roles r where rolname = 'lodestar_app'"""


def test_the_applications_role_owns_nothing(owner: Connection) -> None:
    assert owner.execute(text(OWNED)).scalars().all() == []


def test_the_applications_role_has_no_special_powers(owner: Connection) -> None:
    assert not any(owner.execute(text(ROLE)).one())


def test_the_applications_role_may_create_nothing_that_lasts(owner: Connection) -> None:
    schemas = "select nspname from pg_namespace where has_schema_privilege('lodestar_app', oid, 'CREATE')"
    databases = "select datname from pg_database where has_database_privilege('lodestar_app', oid, 'CREATE')"
    assert owner.execute(text(schemas)).scalars().all() == []
    assert owner.execute(text(databases)).scalars().all() == []


@pytest.mark.parametrize("privilege", ["TRUNCATE", "REFERENCES", "TRIGGER"])
def test_the_applications_role_has_no_table_right_beyond_rows(owner: Connection, privilege: str) -> None:
    held = (
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = 'lodestar' and c.relkind = 'r' "
        f"and has_table_privilege('lodestar_app', c.oid, '{privilege}')"
    )
    assert owner.execute(text(held)).scalars().all() == []


@pytest.mark.parametrize("table", ["audit", "revisions", "definition_versions"])
@pytest.mark.parametrize(
    "change", ["update lodestar.{} set company_id = :company", "delete from lodestar.{}"]
)
def test_what_is_only_appended_cannot_be_changed_or_removed(
    attacker: Tenant, table: str, change: str
) -> None:
    assert refusal(attacker, change.format(table)) == INSUFFICIENT_PRIVILEGE
