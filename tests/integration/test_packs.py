"""A pack comes and goes by one line of the registry, and nothing else of the platform notices."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from local.postgres import OWNER, Database
from lodestar.domain.sources import DatabaseSource
from lodestar.packs import registry
from lodestar.packs.loading import load_rows
from lodestar.packs.registry import find_view, sandbox_tables
from lodestar.persistence.kernel.database import make_owner_engine
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import SandboxCheck, Sandboxes
from lodestar.sources.sql.errors import QueryRefused
from tests.integration.bulk import caller_of
from tests.integration.conftest import migrate
from tests.integration.made_up.made_up_pack import KITES
from tests.integration.tenants import (
    KPI,
    Tenant,
    address_of,
    context_of,
    new_tenant,
    sandbox_logins,
)
from tests.security.catalog_guard import defects

LINE = ("made_up", "tests.integration.made_up.made_up_pack")
"""The one line."""
LONGEST = (
    "SELECT MAX(meters) FROM made_up_kites WHERE company_id = :company_id "
    "AND loaded_at >= :start_date AND loaded_at < :end_date"
)


@pytest.fixture
def own(server: Database) -> Iterator[Database]:
    """A database of the test's own, without the pack."""
    superuser = server.connect()
    superuser.run("create database lodestar_packs owner lodestar_owner")
    yield replace(server, name="lodestar_packs")
    superuser.run("drop database lodestar_packs with (force)")
    superuser.close()


@pytest.fixture
def context(own: Database) -> Iterator[WorkContext]:
    migrate(own)
    made = context_of(own)
    yield made
    made.engine.dispose()


@pytest.fixture
def owner(own: Database) -> Iterator[Connection]:
    with make_owner_engine(lambda: address_of(own, OWNER)).connect() as connection:
        yield connection


def with_sandbox(context: WorkContext) -> Tenant:
    tenant = new_tenant(context)
    tenant.sandbox()
    return tenant


def check_query(own: Database, tenant: Tenant) -> None:
    """Whether an admin's query over the pack's table may be saved."""

    gate = SandboxCheck(tenant.id, Sandboxes(sandbox_logins(own), sandbox_tables()))
    gate.check(replace(KPI, data_source=DatabaseSource(LONGEST)))


def load(tenant: Tenant, **meters: int) -> None:
    rows = [{"external_id": name, "meters": each} for name, each in meters.items()]
    with tenant.work() as work:
        assert load_rows(rows, KITES, caller_of(tenant, 1), work).errors == []


def longest(tenant: Tenant) -> object:
    with tenant.work() as work:
        return json.loads(work.views.read_and_commit("made_up.longest", {}) or "null")["meters"]


def test_each_pack_is_registered_under_its_own_name_and_brings_what_it_says() -> None:
    for name in registry.PACKS:
        pack = registry.pack_named(name)
        assert pack.name == name
        assert list(pack.migrations.glob("0*.py"))
        assert pack.views
        assert all(each.startswith(name) for each in pack.sandbox)


def test_a_pack_comes_with_one_line_and_a_deployment(
    own: Database, context: WorkContext, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = with_sandbox(context)
    with pytest.raises(QueryRefused, match="made_up_kites"):
        check_query(own, early)

    monkeypatch.setitem(registry.PACKS, *LINE)
    assert migrate(own)["versions"]["made_up"] == "made_up_0001"

    late = with_sandbox(context)
    load(early, tail=12, bat=7)
    load(late, box=3)
    assert (longest(early), longest(late)) == (12, 3)
    check_query(own, early)
    check_query(own, late)
    assert defects(owner) == []


def test_a_pack_goes_with_its_line_and_finds_its_rows_when_it_comes_back(
    own: Database, context: WorkContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as line:
        line.setitem(registry.PACKS, *LINE)
        migrate(own)
        tenant = with_sandbox(context)
        load(tenant, tail=12)

    assert "made_up" not in migrate(own)["versions"]
    assert with_sandbox(context).user() > 0
    with pytest.raises(KeyError):
        find_view("made_up.longest")
    with pytest.raises(QueryRefused, match="made_up_kites"):
        check_query(own, tenant)

    monkeypatch.setitem(registry.PACKS, *LINE)
    assert migrate(own)["versions"]["made_up"] == "made_up_0001"
    assert longest(tenant) == 12
    check_query(own, tenant)
