"""What the server reads in a query, with layer 1 out of the way: on a real Postgres."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.postgres import Database
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.gate import Gate
from lodestar.sources.sql.rewrite import Statement, batched, single
from lodestar.sources.sql.session import Bindings
from tests.integration.tenants import Tenant, new_tenant, sandbox_logins
from tests.shared_data import hostile_cases

HERE = Path(__file__)
CASES = hostile_cases("sql")
BENIGN: list[str] = json.loads(HERE.with_name("benign_sql.json").read_text())
ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)

# What is hostile about these is the text, the size or the number of rows and columns: other layers bound it.
OF_OTHER_LAYERS = {
    *("SQL-DOS-14", "SQL-DOS-15", "SQL-PAR-02", "SQL-PAR-07", "SQL-PAR-08"),
    *("SQL-SHAPE-02", "SQL-SHAPE-07", "SQL-SHAPE-17"),
}

SMUGGLED = {
    "SELECT current_setting('lodestar.company_id')": "function current_setting",
    "SELECT set_config('role', 'postgres', true)": "function set_config",
    "SELECT pg_sleep(1) IS NULL": "function pg_sleep",
    "SELECT pg_catalog.pg_read_file('/etc/passwd')": "function pg_read_file",
    "SELECT count(*) FROM generate_series(1, 10)": "function generate_series",
    "SELECT random()": "function random",
    "SELECT 1 WHERE 'a' ~ 'a'": "operator ~",
    "SELECT 2 ^ 10": "operator ^",
    "SELECT 'records'::regclass IS NULL": "type regclass",
    "SELECT count(*) FROM pg_catalog.pg_class": "relation pg_class",
    "SELECT count(*) FROM information_schema.tables": "relation tables",
    "SELECT length(current_user)": "expression sqlvaluefunction",
    "SELECT count(r) FROM records r": "type records",
    "SELECT ROW(1, 2) IS NULL": "expression rowexpr",
}
"""Queries that the server would take, and what it is to find in them."""


@pytest.fixture(scope="module")
def gate(context: WorkContext, database: Database) -> Gate:
    tenant: Tenant = new_tenant(context)
    tenant.sandbox()
    return Gate(sandbox_logins(database)(tenant.id), Bindings(tenant.id, ANY_DAY, ANY_DAY, {}))


@pytest.mark.parametrize("query", BENIGN)
def test_the_server_reads_nothing_but_the_allowed_in_a_benign_query(query: str, gate: Gate) -> None:
    checked = check_query(query)
    gate.check_tree(single(checked))
    if "user_id" in checked.parameters:
        gate.check_tree(batched(checked).many)


@pytest.mark.parametrize(("query", "found"), SMUGGLED.items())
def test_the_server_finds_what_layer_1_might_overlook(query: str, found: str, gate: Gate) -> None:
    with pytest.raises(QueryRefused, match=re.escape(found)):
        gate.check_tree(Statement(query, ()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_hostile_query_is_refused_by_the_server_check_alone(case: dict[str, str], gate: Gate) -> None:
    if case["id"] in OF_OTHER_LAYERS:
        pytest.skip("another layer's")
    # about a table that there is: else the server would refuse it for that
    query = case["payload"].replace("assigned_to", "user_id").replace("amount", "value")
    with pytest.raises(QueryRefused):
        gate.check_tree(Statement(re.sub(r"\bcases\b", "records", query), ()))


def test_the_check_leaves_nothing_behind(gate: Gate) -> None:
    statement = single(check_query("SELECT count(*) FROM records WHERE user_id = :user_id"))
    gate.check_tree(statement)
    gate.check_tree(statement)  # a view that had stayed would be in its way
