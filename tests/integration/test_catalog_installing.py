"""Installing from a catalog on a real database: what is written, what of it twice, and by two at once."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.caller import Caller
from lodestar.domain.definitions import Category
from lodestar.domain.sources import RecordsSource
from lodestar.packs.catalog.browsing import CatalogQuery, browse_catalog
from lodestar.packs.catalog.entries import Catalog
from lodestar.packs.catalog.format import TeamType
from lodestar.packs.catalog.installing import EntryInstall, SetInstall, install_entry, install_set
from lodestar.packs.catalog.loading import catalog as our_catalog
from lodestar.packs.registry import PACKS, sandbox_tables
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import SandboxCheck, Sandboxes
from tests.fakes.catalog import NEWER, SALES, SUPPORT, catalog_of, outcomes
from tests.fakes.definitions import FakeQueryCheck
from tests.integration.bulk import caller_of
from tests.integration.tenants import (
    Tenant,
    new_tenant,
    sandbox_logins,
    wait_until_blocked,
)


@dataclass(frozen=True)
class Office:
    """A company, and somebody who installs there."""

    tenant: Tenant
    user_id: int

    def caller(self) -> Caller:
        return caller_of(self.tenant, self.user_id)

    def install(self, catalog: Catalog, key: str, *, update: bool = False) -> list[Any]:
        with self.tenant.work(actor_id=self.user_id) as work:
            wanted = EntryInstall(key, update)
            installed = install_entry(wanted, catalog, self.caller(), work, FakeQueryCheck())
        return json.loads(installed.view.text)["entries"]

    def install_set(self, catalog: Catalog, **wanted: Any) -> list[Any]:
        with self.tenant.work(actor_id=self.user_id) as work:
            installed = install_set(SetInstall(**wanted), catalog, self.caller(), work, FakeQueryCheck())
        return json.loads(installed.view.text)["entries"]

    def browse(self, catalog: Catalog, **query: Any) -> Any:
        with self.tenant.work() as work:
            return json.loads(browse_catalog(CatalogQuery(**query), catalog, self.caller(), work).text)

    def shown(self, catalog: Catalog, key: str) -> Any:
        (entry,) = [each for each in self.browse(catalog)["entries"] if each["key"] == key]
        return entry

    def definitions(self) -> dict[str, Any]:
        with self.tenant.work() as work:
            return {each.key: each for each in work.definitions.all()}

    def traces(self) -> list[Mapping[str, Any]]:
        """All that installing may write, down to each row's version in the database."""
        tables = ("definitions", "definition_versions", "catalog_installations", "audit")
        return [
            row
            for table in tables
            for row in self.tenant.rows(
                f"select cast(t as text) as row, t.xmin::text from lodestar.{table} t "
                "where company_id = :company order by 1"
            )
        ]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return catalog_of(tmp_path, sales=SALES, customer_support=SUPPORT)


@pytest.fixture
def newer(catalog: Catalog, tmp_path: Path) -> Catalog:
    """The catalog some time later."""
    return catalog_of(tmp_path, sales=NEWER)


@pytest.fixture
def office(tenant: Tenant) -> Office:
    return Office(tenant, tenant.user(role="admin"))


def test_an_entry_becomes_a_definition_of_the_company_made_by_who_installs(
    office: Office, catalog: Catalog
) -> None:
    (installed,) = office.install(catalog, "calls")
    made = office.definitions()["calls"]

    assert installed == {
        "key": "calls",
        "outcome": "created",
        "definition_id": made.id,
        "version": 1,
        "error": None,
    }
    assert (made.name, made.category, made.rollup) == ("Calls", Category.SALES, "sum")
    assert made.created_by == office.user_id
    assert made.is_active
    (entry,) = office.tenant.rows("select * from lodestar.audit where company_id = :company")
    assert (entry["action"], entry["actor_id"], entry["object_id"]) == (
        "definition.created",
        office.user_id,
        made.id,
    )


@pytest.mark.parametrize("update", [False, True])
def test_installing_again_changes_nothing_and_leaves_no_trace(
    office: Office, catalog: Catalog, update: bool
) -> None:
    first = office.install_set(catalog, team_type=TeamType.SALES)
    before = office.traces()

    again = office.install_set(catalog, team_type=TeamType.SALES, update=update)

    assert {each["outcome"] for each in again} == {"unchanged"}
    assert [each["definition_id"] for each in again] == [each["definition_id"] for each in first]
    assert office.traces() == before


def test_a_newer_version_is_taken_on_request_as_a_new_version_of_the_same_definition(
    office: Office, catalog: Catalog, newer: Catalog
) -> None:
    office.install(catalog, "calls")
    before = office.definitions()["calls"]

    (updated,) = office.install(newer, "calls", update=True)
    after = office.definitions()["calls"]

    assert (updated["outcome"], updated["version"]) == ("updated", 2)
    assert (after.id, after.version, after.name) == (before.id, 2, "Calls out")
    assert isinstance(after.data_source, RecordsSource)
    assert after.data_source.filters == {"direction": "out"}
    audit = office.tenant.rows("select action from lodestar.audit where company_id = :company order by seq")
    assert [each["action"] for each in audit] == ["definition.created", "definition.changed"]
    versions = office.tenant.rows(
        "select version from lodestar.definition_versions where company_id = :company"
    )
    assert len(versions) == 2
    assert not office.shown(newer, "calls")["update_available"]
    assert outcomes(office.install(newer, "calls", update=True)) == {"calls": "unchanged"}


def test_another_company_has_nothing_of_it(office: Office, catalog: Catalog, context: WorkContext) -> None:
    office.install(catalog, "calls")
    other = new_tenant(context)
    stranger = Office(other, other.user(role="admin"))

    assert stranger.shown(catalog, "calls")["installed"] is None
    assert stranger.definitions() == {}
    assert outcomes(stranger.install(catalog, "calls")) == {"calls": "created"}
    assert len(office.tenant.rows("select key from lodestar.catalog_installations")) == 1


def test_two_who_install_the_same_at_once_make_it_once(
    office: Office, catalog: Catalog, rival: WorkContext, database: Database
) -> None:
    second: list[Any] = []

    def install_again() -> None:
        with office.tenant.work(rival, office.user_id) as work:
            installed = install_entry(EntryInstall("calls"), catalog, office.caller(), work, FakeQueryCheck())
        second.append((outcomes(json.loads(installed.view.text)["entries"]), installed.is_new))

    with office.tenant.work(actor_id=office.user_id) as work:
        work.defer_commit()
        install_entry(EntryInstall("calls"), catalog, office.caller(), work, FakeQueryCheck())
        thread = threading.Thread(target=install_again)
        thread.start()
        wait_until_blocked(database)
        work.commit_deferred(lambda: work.session.rows("select 1"))
        thread.join()
    assert second == [({"calls": "unchanged"}, False)]


def test_every_kpi_of_our_catalog_can_be_installed_in_a_company(office: Office, database: Database) -> None:
    office.tenant.sandbox()

    gate = SandboxCheck(office.tenant.id, Sandboxes(sandbox_logins(database), sandbox_tables()))
    found = []
    sets = [*(SetInstall(category=each) for each in Category), *(SetInstall(pack=pack) for pack in PACKS)]
    for wanted in sets:
        with office.tenant.work(actor_id=office.user_id) as work:
            installed = install_set(wanted, our_catalog(), office.caller(), work, gate)
        found += json.loads(installed.view.text)["entries"]
    assert [each for each in found if each["outcome"] not in ("created", "unchanged")] == []
    assert {each["key"] for each in found} == our_catalog().entries.keys()
