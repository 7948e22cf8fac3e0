"""Installing from a catalog: what it makes, what it leaves alone, and how it is changed on request."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from lodestar.application.workflows.retiring import retire_kpi
from lodestar.domain.definitions import Category
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import KPIS_CREATE, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, InvalidRequest, NotFound
from lodestar.domain.sources import RecordsSource, UnreadableSource
from lodestar.packs.catalog.browsing import CatalogQuery, browse_catalog
from lodestar.packs.catalog.entries import Catalog
from lodestar.packs.catalog.format import TeamType
from lodestar.packs.catalog.installing import EntryInstall, SetInstall, install_entry, install_set
from tests.fakes.catalog import NEWER, SALES, SUPPORT, catalog_of, outcomes
from tests.fakes.definitions import KPI, FakeQueryCheck
from tests.fakes.people import ADA, caller_of
from tests.fakes.work import FakeWork


@dataclass
class Office:
    """A company, and somebody who installs there."""

    work: FakeWork = field(default_factory=FakeWork)
    role: Role | str = Role.ADMIN
    permissions: Collection[str] | None = None
    gate: FakeQueryCheck = field(default_factory=FakeQueryCheck)

    def install(self, catalog: Catalog, key: str, *, update: bool = False) -> list[Any]:
        caller = caller_of(self.role, self.permissions)
        installed = install_entry(EntryInstall(key, update), catalog, caller, self.work, self.gate)
        entries = json.loads(installed.view.text)["entries"]
        assert installed.is_new is ("created" in outcomes(entries).values())
        return entries

    def install_set(self, catalog: Catalog, **wanted: Any) -> list[Any]:
        caller = caller_of(self.role, self.permissions)
        installed = install_set(SetInstall(**wanted), catalog, caller, self.work, self.gate)
        return json.loads(installed.view.text)["entries"]

    def browse(self, catalog: Catalog, **query: Any) -> Any:
        caller = caller_of(self.role, self.permissions)
        return json.loads(browse_catalog(CatalogQuery(**query), catalog, caller, self.work).text)

    def shown(self, catalog: Catalog, key: str) -> Any:
        (entry,) = [entry for entry in self.browse(catalog)["entries"] if entry["key"] == key]
        return entry

    def own(self, **changes: Any) -> Any:
        """A KPI of the company's own."""
        return self.work.definitions.add(replace(KPI, **changes))

    def definitions(self) -> dict[str, Any]:
        return {definition.key: definition for definition in self.work.definitions.stored.values()}

    def change_by_hand(self, key: str, **changes: Any) -> None:
        definition = self.definitions()[key]
        self.work.definitions.stored[definition.id] = replace(definition, **changes)

    def traces(self) -> tuple[Any, ...]:
        """All that installing may write."""
        store = self.work.definitions
        return dict(store.stored), dict(store.versions), dict(store.installed), list(self.work.audit.entries)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return catalog_of(tmp_path, sales=SALES, customer_support=SUPPORT)


@pytest.fixture
def newer(catalog: Catalog, tmp_path: Path) -> Catalog:
    """The catalog some time later."""
    return catalog_of(tmp_path, sales=NEWER)


@pytest.fixture
def office() -> Office:
    return Office()


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
    assert made.created_by == ADA
    assert made.is_active
    (entry,) = office.work.audit.entries
    assert (entry.action, entry.about.type, entry.about.id) == ("definition.created", "definition", made.id)
    assert (entry.before, entry.after) == (None, made)
    assert (office.work.commits, office.gate.checked) == (1, ["calls"])


def test_a_formula_brings_what_it_uses_and_is_installed_last(office: Office, catalog: Catalog) -> None:
    installed = office.install(catalog, "a_rate")
    assert [entry["key"] for entry in installed][-1] == "a_rate"
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
    assert [entry["definition_id"] for entry in again] == [each["definition_id"] for each in first]
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
    assert office.work.audit.actions == ["definition.created", "definition.changed"]
    assert office.work.definitions.versions.keys() == {(before.id, 1), (before.id, 2)}
    assert not office.shown(newer, "calls")["update_available"]
    assert outcomes(office.install(newer, "calls", update=True)) == {"calls": "unchanged"}


def test_what_the_company_changed_of_an_installed_kpi_stays_until_an_update(
    office: Office, catalog: Catalog, newer: Catalog
) -> None:
    office.install(catalog, "calls")
    office.change_by_hand("calls", name="Rings")
    for chosen, update in ((catalog, False), (catalog, True), (newer, False)):
        office.install(chosen, "calls", update=update)
        assert office.definitions()["calls"].name == "Rings"
    office.install(newer, "calls", update=True)
    assert office.definitions()["calls"].name == "Calls out"


def test_a_kpi_of_the_companys_own_with_the_key_is_in_the_way(office: Office, catalog: Catalog) -> None:
    own = office.own(key="calls", name="Our calls")
    for key in ("calls", "a_rate"):
        with pytest.raises(Conflict, match='of your own has the key "calls"') as refusal:
            office.install(catalog, key)
        assert refusal.value.code == "own_key"
    assert office.definitions()["calls"] == own
    assert "calls" not in office.work.definitions.installed
    assert office.work.commits == 0  # not even of what the formula uses besides


def test_in_a_set_what_is_in_the_way_stops_only_what_uses_it(office: Office, catalog: Catalog) -> None:
    office.own(key="calls")
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
    office.change_by_hand("deals", aggregation_period=Cadence.WEEKLY)
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
    retire_kpi(made["definition_id"], caller_of(office.role), office.work, dry_run=False)

    assert outcomes(office.install(catalog, "calls")) == {"calls": "unchanged"}
    assert not office.definitions()["calls"].is_active
    with pytest.raises(Conflict, match='"calls", which is deactivated'):
        office.install(catalog, "a_rate")

    assert outcomes(office.install(catalog, "a_rate", update=True))["calls"] == "updated"
    assert office.definitions()["calls"].is_active


def test_nobody_reads_a_locked_kpi_through_a_formula_of_the_catalog(catalog: Catalog) -> None:
    definer = Office(role="definer", permissions={KPIS_CREATE})
    with pytest.raises(Forbidden, match="locked for you"):
        definer.install(catalog, "a_rate")
    assert definer.work.commits == 0


def test_an_installed_kpi_that_is_locked_for_somebody_is_not_updated_by_them(
    office: Office, catalog: Catalog, newer: Catalog
) -> None:
    office.install(catalog, "calls")
    before = office.definitions()
    office.role, office.permissions = "definer", {KPIS_CREATE}
    with pytest.raises(Forbidden, match="locked for you"):
        office.install(newer, "calls", update=True)
    told = {each["key"]: each["outcome"] for each in office.install_set(newer, category="sales", update=True)}
    assert (told["calls"], office.definitions()["calls"]) == ("error", before["calls"])


def test_a_key_that_the_catalog_does_not_have_is_not_found(office: Office, catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        office.install(catalog, "nothing")


def test_the_catalog_is_shown_by_key_page_by_page_with_what_is_installed(
    office: Office, catalog: Catalog
) -> None:
    (made,) = office.install(catalog, "calls")
    first = office.browse(catalog, limit=2)
    rest = office.browse(catalog, limit=2, cursor=first["next_cursor"])

    assert [entry["key"] for entry in first["entries"] + rest["entries"]] == [
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
    assert [entry["key"] for entry in of_team["entries"]] == ["mood"]
    with pytest.raises(InvalidRequest, match="next_cursor"):
        office.browse(catalog, cursor="nothing")


def test_who_may_not_list_definitions_may_not_browse_the_catalog(office: Office, catalog: Catalog) -> None:
    with pytest.raises(Forbidden):
        Office(role=Role.USER).browse(catalog)


def test_what_the_company_has_is_read_once_however_large_the_set(office: Office, catalog: Catalog) -> None:
    office.install_set(catalog, team_type=TeamType.SALES)
    assert office.work.definitions.reads == 1


def test_an_entry_whose_query_is_refused_is_not_installed_and_stops_no_other(
    office: Office, tmp_path: Path
) -> None:
    queried = SALES.replace("{type: records, source: calls}", "{type: database, query: SELECT secret}")
    office.gate = FakeQueryCheck(refused=("secret",))
    installed = office.install_set(catalog_of(tmp_path, sales=queried), category=Category.SALES)
    assert outcomes(installed) == {"calls": "error", "deals": "created", "a_rate": "error"}
    assert office.work.definitions.installed.keys() == {"deals"}


def test_a_definition_of_the_catalog_that_cannot_be_read_is_mended_by_an_update(
    office: Office, catalog: Catalog, newer: Catalog
) -> None:
    office.install(catalog, "calls")
    office.change_by_hand("calls", data_source=UnreadableSource("telepathy", {"type": "telepathy"}))
    assert outcomes(office.install(newer, "calls", update=True)) == {"calls": "updated"}
    assert isinstance(office.definitions()["calls"].data_source, RecordsSource)
