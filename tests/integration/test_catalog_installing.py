"""Installing from a catalog: what it makes, what it leaves alone, and how it is changed on request."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import retire_kpi
from lodestar.domain.definitions import Category
from lodestar.domain.permissions import KPIS_CREATE, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, InvalidRequest, NotFound
from lodestar.domain.sources import RecordsSource
from lodestar.packs.catalog.browsing import CatalogQuery, browse_catalog
from lodestar.packs.catalog.entries import Catalog
from lodestar.packs.catalog.format import TeamType
from lodestar.packs.catalog.installing import EntryInstall, SetInstall, install_entry, install_set
from lodestar.packs.catalog.loading import catalog as our_catalog
from lodestar.packs.catalog.loading import load_catalog
from lodestar.packs.registry import PACKS, sandbox_tables
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import SandboxCheck, Sandboxes
from tests.integration.bulk import caller_of, statements
from tests.integration.tenants import (
    Tenant,
    new_tenant,
    sandbox_logins,
    wait_until_blocked,
)

SALES = """
category: sales
entries:
  - key: calls
    version: 1
    name: Calls
    description: Calls that were made.
    unit: count
    aggregation_period: daily
    target_type: higher_better
    rollup: sum
    team_types: [sales]
    data_source: {type: records, source: calls}
  - key: deals
    version: 1
    name: Deals
    description: Deals that were closed.
    unit: count
    aggregation_period: daily
    target_type: higher_better
    data_source: {type: records, source: deals}
  - key: a_rate
    version: 1
    name: Rate
    description: Deals for a hundred calls.
    unit: "%"
    aggregation_period: daily
    target_type: higher_better
    team_types: [sales]
    data_source:
      type: formula
      formula: 100 * won / made
      inputs:
        - {variable: won, source: {type: kpi, key: deals}}
        - {variable: made, source: {type: kpi, key: calls}}
"""
SUPPORT = """
category: customer_support
entries:
  - key: mood
    version: 1
    name: Mood
    description: How the team feels, from 1 to 5.
    unit: score
    aggregation_period: weekly
    target_type: higher_better
    team_types: [sales, operations]
    data_source: {type: manual, allowed_range: {min: 1, max: 5}}
"""
NEWER = SALES.replace("version: 1\n    name: Calls\n", "version: 2\n    name: Calls out\n").replace(
    "source: calls}", "source: calls, filters: {direction: out}}"
)


class AnyQuery:
    """The gate for admin SQL; there is none in these catalogs."""

    def check(self, definition: object) -> None:
        """Let everything pass."""


@dataclass(frozen=True)
class Office:
    """A company, and somebody who installs there."""

    tenant: Tenant
    user_id: int
    role: Role = Role.ADMIN
    permissions: frozenset[str] | None = None

    def caller(self) -> Caller:
        caller = caller_of(self.tenant, self.user_id, self.role)
        if self.permissions is None:
            return caller
        return replace(caller, actor=replace(caller.actor, permissions=self.permissions))

    def install(self, catalog: Catalog, key: str, *, update: bool = False) -> list[Any]:
        with self.tenant.work(actor_id=self.user_id) as work:
            wanted = EntryInstall(key, update)
            installed = install_entry(wanted, catalog, self.caller(), work, AnyQuery())
        return json.loads(installed.view.text)["entries"]

    def install_set(self, catalog: Catalog, **wanted: Any) -> list[Any]:
        with self.tenant.work(actor_id=self.user_id) as work:
            installed = install_set(SetInstall(**wanted), catalog, self.caller(), work, AnyQuery())
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
            for each in tables
            for row in self.tenant.rows(
                f"select cast(t as text) as row, t.xmin::text from lodestar.{each} t "
                "where company_id = :company order by 1"
            )
        ]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return catalog_of(tmp_path, sales=SALES, customer_support=SUPPORT)


def catalog_of(folder: Path, **files: str) -> Catalog:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_catalog([folder])


@pytest.fixture
def newer(catalog: Catalog, tmp_path: Path) -> Catalog:
    """The catalog some time later."""
    return catalog_of(tmp_path, sales=NEWER)


@pytest.fixture
def office(tenant: Tenant) -> Office:
    return Office(tenant, tenant.user(role="admin"))


def outcomes(entries: list[Any]) -> dict[str, str]:
    return {each["key"]: each["outcome"] for each in entries}


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


def test_a_formula_brings_what_it_uses_and_is_installed_last(office: Office, catalog: Catalog) -> None:
    installed = office.install(catalog, "a_rate")
    assert [each["key"] for each in installed][-1] == "a_rate"
    assert outcomes(installed) == {"calls": "created", "deals": "created", "a_rate": "created"}


def test_what_is_there_of_what_a_formula_uses_stays(office: Office, catalog: Catalog) -> None:
    office.install(catalog, "calls")
    installed = office.install(catalog, "a_rate")
    assert outcomes(installed) == {"calls": "unchanged", "deals": "created", "a_rate": "created"}


def test_a_category_is_installed_whole(office: Office, catalog: Catalog) -> None:
    office.install_set(catalog, category=Category.SALES)
    assert office.definitions().keys() == {"calls", "deals", "a_rate"}


def test_a_team_set_is_installed_with_what_it_requires_from_outside(office: Office, catalog: Catalog) -> None:
    assert outcomes(office.install_set(catalog, team_type=TeamType.OPERATIONS)) == {"mood": "created"}
    installed = office.install_set(catalog, team_type=TeamType.SALES)
    new = dict.fromkeys(("calls", "deals", "a_rate"), "created")
    assert outcomes(installed) == {**new, "mood": "unchanged"}


def test_a_set_is_of_a_category_a_team_or_a_pack_and_not_of_two(office: Office, catalog: Catalog) -> None:
    sales = {"category": Category.SALES}
    for wanted in ({}, {**sales, "team_type": TeamType.SALES}, {**sales, "pack": "fleet"}):
        with pytest.raises(InvalidContent, match="one of category, team_type and pack"):
            office.install_set(catalog, **wanted)
    assert office.definitions() == {}


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


def test_a_newer_version_is_offered_and_overwrites_nothing(
    office: Office, catalog: Catalog, newer: Catalog
) -> None:
    office.install(catalog, "calls")
    before = office.traces()
    assert not office.shown(catalog, "calls")["update_available"]
    assert office.shown(newer, "calls")["update_available"]

    (offered,) = office.install(newer, "calls")

    assert (offered["outcome"], offered["version"]) == ("update_available", 1)
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


def test_what_the_company_changed_of_an_installed_kpi_stays_until_an_update(
    office: Office, catalog: Catalog, newer: Catalog
) -> None:
    office.install(catalog, "calls")
    office.tenant.run("update lodestar.definitions set name = 'Rings' where company_id = :company")
    for chosen, update in ((catalog, False), (catalog, True), (newer, False)):
        office.install(chosen, "calls", update=update)
        assert office.definitions()["calls"].name == "Rings"
    office.install(newer, "calls", update=True)
    assert office.definitions()["calls"].name == "Calls out"


def test_a_kpi_of_the_companys_own_with_the_key_is_in_the_way(office: Office, catalog: Catalog) -> None:
    own = office.tenant.definition(key="calls", name="Our calls")
    for key in ("calls", "a_rate"):
        with pytest.raises(Conflict, match='of your own has the key "calls"'):
            office.install(catalog, key)
    assert office.definitions() == {"calls": own}
    assert (
        office.tenant.rows("select key from lodestar.catalog_installations where company_id = :company") == []
    )


def test_in_a_set_what_is_in_the_way_stops_only_what_uses_it(office: Office, catalog: Catalog) -> None:
    office.tenant.definition(key="calls")
    installed = {each["key"]: each for each in office.install_set(catalog, category=Category.SALES)}

    assert {key: each["outcome"] for key, each in installed.items()} == {
        "calls": "error",
        "deals": "created",
        "a_rate": "error",
    }
    assert "of your own" in installed["calls"]["error"]
    assert installed["a_rate"]["error"] == 'It uses "calls", which could not be installed or updated.'
    assert installed["a_rate"]["definition_id"] is None
    assert office.definitions().keys() == {"calls", "deals"}


def test_an_update_that_is_refused_leaves_what_the_company_has_and_tells_of_it(
    office: Office, catalog: Catalog, tmp_path: Path
) -> None:
    made = office.install_set(catalog, category=Category.SALES)
    office.tenant.run(
        "update lodestar.definitions set aggregation_period = 'weekly' "
        "where company_id = :company and key = 'deals'"
    )
    before = office.definitions()
    newer = catalog_of(
        tmp_path, sales=SALES.replace("version: 1\n    name: Rate", "version: 2\n    name: Hits")
    )

    told = {each["key"]: each for each in office.install_set(newer, category=Category.SALES, update=True)}

    assert {key: each["outcome"] for key, each in told.items()} == {
        "calls": "unchanged",
        "deals": "unchanged",
        "a_rate": "error",
    }
    kept = next(each for each in made if each["key"] == "a_rate")
    assert (told["a_rate"]["definition_id"], told["a_rate"]["version"]) == (kept["definition_id"], 1)
    assert "weekly" in told["a_rate"]["error"]
    assert office.definitions() == before


def test_a_retired_kpi_stays_so_until_an_update_is_asked_for(office: Office, catalog: Catalog) -> None:
    (made,) = office.install(catalog, "calls")
    with office.tenant.work() as work:
        retire_kpi(made["definition_id"], work)

    assert outcomes(office.install(catalog, "calls")) == {"calls": "unchanged"}
    assert not office.definitions()["calls"].is_active
    with pytest.raises(Conflict, match='"calls", which is deactivated'):
        office.install(catalog, "a_rate")

    assert outcomes(office.install(catalog, "a_rate", update=True))["calls"] == "updated"
    assert office.definitions()["calls"].is_active


def test_another_company_has_nothing_of_it(office: Office, catalog: Catalog, context: WorkContext) -> None:
    office.install(catalog, "calls")
    other = new_tenant(context)
    stranger = Office(other, other.user(role="admin"))

    assert stranger.shown(catalog, "calls")["installed"] is None
    assert stranger.definitions() == {}
    assert outcomes(stranger.install(catalog, "calls")) == {"calls": "created"}
    assert len(office.tenant.rows("select key from lodestar.catalog_installations")) == 1


def test_nobody_reads_a_locked_kpi_through_a_formula_of_the_catalog(tenant: Tenant, catalog: Catalog) -> None:
    definer = Office(tenant, tenant.user(), permissions=frozenset({KPIS_CREATE}))
    with pytest.raises(Forbidden, match="locked for you"):
        definer.install(catalog, "a_rate")
    assert definer.definitions() == {}


def test_a_key_that_the_catalog_does_not_have_is_not_found(office: Office, catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        office.install(catalog, "nothing")


def test_two_who_install_the_same_at_once_make_it_once(
    office: Office, catalog: Catalog, rival: WorkContext, database: Database
) -> None:
    second: list[Any] = []

    def install_again() -> None:
        with office.tenant.work(rival, office.user_id) as work:
            installed = install_entry(EntryInstall("calls"), catalog, office.caller(), work, AnyQuery())
        second.append((outcomes(json.loads(installed.view.text)["entries"]), installed.is_new))

    with office.tenant.work(actor_id=office.user_id) as work:
        work.hold()
        install_entry(EntryInstall("calls"), catalog, office.caller(), work, AnyQuery())
        thread = threading.Thread(target=install_again)
        thread.start()
        wait_until_blocked(database)
        work.commit_held(lambda: work.session.rows("select 1"))
        thread.join()
    assert second == [({"calls": "unchanged"}, False)]


def test_the_catalog_is_shown_by_key_page_by_page_with_what_is_installed(
    office: Office, catalog: Catalog
) -> None:
    (made,) = office.install(catalog, "calls")
    first = office.browse(catalog, limit=2)
    rest = office.browse(catalog, limit=2, cursor=first["next_cursor"])

    assert [each["key"] for each in first["entries"] + rest["entries"]] == [
        "a_rate",
        "calls",
        "deals",
        "mood",
    ]
    assert (first["next_cursor"], rest["next_cursor"]) == ("calls", None)
    rate, calls = first["entries"]
    assert (rate["requires"], rate["calculation_type"], rate["installed"]) == (
        ["deals", "calls"],
        "formula",
        None,
    )
    assert calls["installed"]["definition_id"] == made["definition_id"]
    assert calls["installed"]["version"] == 1
    of_team = office.browse(catalog, team_type=TeamType.OPERATIONS)
    assert [each["key"] for each in of_team["entries"]] == ["mood"]
    with pytest.raises(InvalidRequest, match="next_cursor"):
        office.browse(catalog, cursor="nothing")


def test_who_may_not_list_definitions_may_not_browse_the_catalog(office: Office, catalog: Catalog) -> None:
    with pytest.raises(Forbidden):
        Office(office.tenant, office.user_id, Role.USER).browse(catalog)


def test_what_the_company_has_is_read_once_however_large_the_set(office: Office, catalog: Catalog) -> None:
    with statements(office.tenant.context) as seen:
        office.install_set(catalog, team_type=TeamType.SALES)
    reads = [each for each in seen if re.match(r"\s*select \* from lodestar.definitions", each)]
    assert len(reads) == 1


def test_every_kpi_of_our_catalog_can_be_installed_in_a_company(office: Office, database: Database) -> None:
    office.tenant.sandbox()

    gate = SandboxCheck(office.tenant.id, Sandboxes(sandbox_logins(database), sandbox_tables()))
    found = []
    sets = [*(SetInstall(category=each) for each in Category), *(SetInstall(pack=each) for each in PACKS)]
    for wanted in sets:
        with office.tenant.work(actor_id=office.user_id) as work:
            installed = install_set(wanted, our_catalog(), office.caller(), work, gate)
        found += json.loads(installed.view.text)["entries"]
    assert [each for each in found if each["outcome"] not in ("created", "unchanged")] == []
    assert {each["key"] for each in found} == our_catalog().entries.keys()
