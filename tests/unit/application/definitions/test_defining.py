"""KPIs are changed and retired: by whom, in what, and what makes a new version."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lodestar.application.access import require_unlocked
from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import (
    get_definition,
    list_definitions,
    new_definition,
)
from lodestar.application.definitions.shapes import DefinitionChange, DefinitionFields, DefinitionQuery
from lodestar.application.definitions.versions import versions_of
from lodestar.application.workflows.retiring import change_kpi, retire_kpi
from lodestar.domain.definitions import Category, Definition, Thresholds, Unit
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    FormulaInput,
    FormulaSource,
    KpiInput,
    ManualSource,
    RecordsSource,
    UnreadableSource,
)
from lodestar.wire.paging import PageQuery
from lodestar.wire.preconditions import Edit, Precondition, etag_of
from tests.fakes.definitions import KPI, LONG_AGO, FakeQueryCheck
from tests.fakes.people import caller_of
from tests.fakes.work import NOW, FakeWork, shown

NOWHERE = 10**15
CALLS = {"type": "records", "source": "calls"}
TELEPATHY = UnreadableSource("telepathy", {"type": "telepathy"})


def over(*keys: str, formula: str = "") -> dict[str, Any]:
    """A formula over other KPIs, each under its own key."""
    inputs = [{"variable": key, "source": {"type": "kpi", "key": key}} for key in keys]
    return {"type": "formula", "formula": formula or " + ".join(keys), "inputs": inputs}


@dataclass
class Office:
    """A company with some KPIs; whoever calls is an admin unless told otherwise."""

    work: FakeWork = field(default_factory=FakeWork)
    gate: FakeQueryCheck = field(default_factory=FakeQueryCheck)
    caller: Caller = field(default_factory=caller_of)

    def add(self, key: str, **fields: Any) -> Definition:
        return self.work.definitions.add(replace(KPI, key=key, **fields))

    def change(self, definition: Definition, **fields: Any) -> Definition:
        edit = Edit(DefinitionChange(**fields))
        change_kpi(definition.id, edit, self.caller, self.work, self.gate)
        return self.work.definitions.stored[definition.id]

    def unchanged(self, kind: type[Exception], says: str, definition: Definition, **fields: Any) -> Any:
        """The refusal of a change, after which nothing is written."""
        before = dict(self.work.definitions.stored)
        with pytest.raises(kind, match=says) as refusal:
            self.change(definition, **fields)
        assert (self.work.definitions.stored, self.work.audit.entries, self.work.commits) == (before, [], 0)
        return refusal.value


@pytest.fixture
def office() -> Office:
    return Office()


# --- read


@pytest.mark.parametrize(
    ("caller", "lists", "reads"),
    [
        (caller_of(Role.ADMIN), True, True),
        (caller_of(Role.MANAGER), True, True),
        (caller_of("author", {"kpis.create"}), True, True),
        (caller_of("ceo", {"kpis.view_all"}), True, True),
        (caller_of("sales", {"kpis.sales.view"}), False, False),
        (caller_of(Role.USER), False, False),
        (caller_of(Role.USER, grants={100: Grant(can_view=True)}), False, True),
        (caller_of(Role.USER, grants={100: Grant(can_edit=True)}), False, True),
        (caller_of(Role.USER, grants={101: Grant(can_view=True)}), False, False),
    ],
    ids=lambda case: str(case.actor.role) if isinstance(case, Caller) else str(case),
)
def test_definitions_are_read_by_those_who_assign_define_or_see_them_all(
    office: Office, caller: Caller, lists: bool, reads: bool
) -> None:
    definition = office.add("deals")
    assert definition.id == 100
    work = office.work

    def may(act: Any) -> bool:
        try:
            act()
        except Forbidden:
            return False
        return True

    assert may(lambda: list_definitions(DefinitionQuery(), caller, work)) is lists
    assert may(lambda: get_definition(definition.id, caller, work)) is reads
    assert may(lambda: versions_of(definition.id, PageQuery(), caller, work)) is reads


def test_a_page_of_definitions_is_asked_for_with_its_filters(office: Office) -> None:
    query = DefinitionQuery(limit=7, category="sales", q="deal", is_active=True)
    view, asked = shown(list_definitions(query, office.caller, office.work).text)
    assert view == "definitions"
    assert {name: asked[name] for name in ("limit", "category", "q", "is_active", "aggregation_period")} == {
        "limit": 7,
        "category": "sales",
        "q": "deal",
        "is_active": True,
        "aggregation_period": None,
    }
    assert office.work.commits == 1


def test_a_definition_that_there_is_not_is_not_found(office: Office) -> None:
    caller, work = office.caller, office.work
    for act in (
        lambda: get_definition(NOWHERE, caller, work),
        lambda: versions_of(NOWHERE, PageQuery(), caller, work),
        lambda: change_kpi(NOWHERE, Edit(DefinitionChange(name="N")), caller, work, office.gate),
        lambda: retire_kpi(NOWHERE, caller, work, dry_run=False),
    ):
        with pytest.raises(NotFound, match="There is no such KPI definition"):
            act()


# --- made of a draft


def test_a_draft_becomes_an_active_definition_in_its_first_version() -> None:
    draft = DefinitionFields(key="deals", name="Deals", data_source=CALLS, aggregation_period="weekly")
    definition = new_definition(draft, Category.SALES, 7, NOW)
    assert definition == replace(
        KPI,
        data_source=RecordsSource("calls", AggregationMethod.COUNT),
        unit=Unit.NUMBER,
        created_by=7,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"thresholds": {"exceeds": 50}}, "thresholds"),
        (
            {"data_source": {"type": "manual", "allowed_range": {"min": 2, "max": 1}}},
            "data_source.allowed_range",
        ),
        ({"data_source": {"type": "records", "source": "calls", "field": "amount"}}, "data_source.field"),
    ],
)
def test_a_draft_that_breaks_a_rule_is_refused_by_its_field(fields: Mapping[str, Any], name: str) -> None:
    plain = {"key": "deals", "name": "Deals", "data_source": CALLS, "aggregation_period": "weekly"}
    with pytest.raises(InvalidContent) as refusal:
        new_definition(DefinitionFields(**{**plain, **fields}), Category.SALES, None, NOW)
    assert refusal.value.details[0].field == f"{name}"


# --- changed


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"data_source": CALLS}, {"data_source": RecordsSource("calls", AggregationMethod.COUNT)}),
        ({"unit": "hours"}, {"unit": Unit.HOURS}),
        ({"aggregation_period": "daily"}, {"aggregation_period": "daily"}),
        ({"missing_data": "zero"}, {"missing_data": "zero"}),
        ({"rollup": "sum"}, {"rollup": "sum"}),
    ],
    ids=lambda case: next(iter(case)),
)
def test_a_changed_calculation_makes_a_new_version(
    office: Office, change: Mapping[str, Any], fields: Mapping[str, Any]
) -> None:
    before = office.add("deals")
    after = office.change(before, **change)
    assert after == replace(before, **fields, version=2, updated_at=NOW)
    assert office.work.definitions.versions[before.id, 1] == before
    (entry,) = office.work.audit.entries
    assert (entry.action, entry.about.id, entry.before, entry.after) == (
        "definition.changed",
        before.id,
        before,
        after,
    )


def test_what_is_measured_weekly_stays_so_and_a_copy_is_the_way_out(office: Office) -> None:
    before = office.add("deals")
    office.work.definitions.measured.add(before.id)
    says = f'measured weekly, and stays so: make a new one with "copy_of": {before.id} and "aggregation_period": '
    refused = office.unchanged(Conflict, says, before, aggregation_period="monthly", name="Won")
    assert (refused.code, refused.details[0].field) == ("already_measured", "aggregation_period")
    assert office.change(before, aggregation_period="weekly", name="Won").name == "Won"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": "Won"}, {"name": "Won"}),
        ({"description": "What is won."}, {"description": "What is won."}),
        ({"category": "finance"}, {"category": Category.FINANCE}),
        ({"precision": 0}, {"precision": 0}),
        ({"lookback_periods": 9}, {"lookback_periods": 9}),
        ({"is_active": False}, {"is_active": False, "retired_on": NOW.date()}),
    ],
    ids=lambda case: next(iter(case)),
)
def test_any_other_change_stays_in_the_version(
    office: Office, change: Mapping[str, Any], fields: Mapping[str, Any]
) -> None:
    before = office.add("deals")
    assert office.change(before, **change) == replace(before, **fields, updated_at=NOW)
    assert office.work.audit.actions == ["definition.changed"]


def test_a_change_that_changes_nothing_leaves_no_trace(office: Office) -> None:
    before = office.add("deals")
    for change in (
        {},
        {"name": before.name},
        {"name": None, "unit": None},
        {"data_source": {"type": "manual"}},
    ):
        assert office.change(before, **change) == before
    assert before.updated_at == LONG_AGO
    assert (office.work.audit.entries, office.work.commits) == ([], 4)


def test_a_change_of_what_was_changed_since_is_refused(office: Office) -> None:
    definition = office.add("deals")
    now = office.work.views.read("definition", {"id": definition.id})
    stale, fresh = Precondition(frozenset({'"old"'})), Precondition(frozenset({etag_of(now)}))
    edit = DefinitionChange(name="New")
    with pytest.raises(Conflict) as refusal:
        change_kpi(definition.id, Edit(edit, stale), office.caller, office.work, office.gate)
    assert refusal.value.code == "version_mismatch"
    assert office.work.definitions.stored[definition.id] == definition
    change_kpi(definition.id, Edit(edit, fresh), office.caller, office.work, office.gate)
    assert office.work.definitions.stored[definition.id].name == "New"


def test_a_query_passes_the_gate_before_anything_is_saved(office: Office) -> None:
    definition = office.add("deals")
    office.gate = FakeQueryCheck(refused=("secret",))
    query = {"type": "database", "query": "SELECT secret"}
    office.unchanged(InvalidContent, "The query is refused", definition, data_source=query)
    assert office.change(
        definition, data_source={**query, "query": "SELECT 1"}
    ).data_source == DatabaseSource("SELECT 1", {})


@pytest.mark.parametrize(
    ("caller", "says"),
    [
        (caller_of(Role.MANAGER), "is locked for you"),
        (caller_of(Role.USER), "is locked for you"),
        (caller_of("ceo", {"kpis.view_all"}), "Only those who define KPIs, or have a grant"),
    ],
)
def test_who_neither_defines_kpis_nor_has_a_grant_changes_none(
    office: Office, caller: Caller, says: str
) -> None:
    office.caller = caller
    office.unchanged(Forbidden, says, office.add("deals"), name="Mine")


SALES_AUTHOR = caller_of("author", {"kpis.create", "kpis.delete", "kpis.sales.view"})


@pytest.mark.parametrize(
    "change",
    [
        {"category": "sales"},
        {"category": "sales", "name": "Ours"},
        {"name": "Ours"},
        {"data_source": CALLS},
        {"is_active": False},
        {},
    ],
)
def test_what_is_locked_for_somebody_they_do_not_change(office: Office, change: Mapping[str, Any]) -> None:
    costs = office.add("costs", name="Costs", category=Category.FINANCE)
    office.caller = SALES_AUTHOR
    office.unchanged(Forbidden, '"Costs" is locked for you', costs, **change)


def test_a_kpi_is_moved_by_who_sees_it_before_and_after(office: Office) -> None:
    deals = office.add("deals", name="Deals")
    office.caller = SALES_AUTHOR
    office.unchanged(Forbidden, '"Deals" is locked for you', deals, category="finance")
    office.caller = caller_of("author", {"kpis.create", "kpis.sales.view", "kpis.finance.view"})
    assert office.change(deals, category="finance").category is Category.FINANCE


def test_what_is_locked_for_somebody_they_do_not_retire(office: Office) -> None:
    costs = office.add("costs", name="Costs", category=Category.FINANCE)
    with pytest.raises(Forbidden, match='"Costs" is locked for you'):
        retire_kpi(costs.id, SALES_AUTHOR, office.work, dry_run=True)
    assert office.work.definitions.stored[costs.id].is_active


def test_who_may_define_kpis_but_not_retire_them_does_not_by_an_edit_either(office: Office) -> None:
    deals = office.add("deals")
    office.caller = caller_of("author", {"kpis.create", "kpis.sales.view"})
    office.unchanged(Forbidden, "Retiring a KPI needs the permission kpis.delete", deals, is_active=False)
    office.caller = SALES_AUTHOR
    assert not office.change(deals, is_active=False).is_active


def test_a_grant_to_edit_changes_a_kpi_but_not_what_it_reads_or_who_sees_it(office: Office) -> None:
    definition = office.add("deals", data_source=RecordsSource("calls", AggregationMethod.COUNT))
    office.caller = caller_of(Role.USER, grants={definition.id: Grant(can_view=True, can_edit=True)})
    for change in (
        {"data_source": {**CALLS, "source": "salaries"}},
        {"category": "custom"},
        {"is_active": False},
    ):
        (name,) = change
        says = f"Changing {name} needs the permission kpis.create: a grant is not enough."
        office.unchanged(Forbidden, says, definition, **change)
    office.unchanged(Forbidden, "is locked for you", office.add("other"), description="Mine.")
    same = {"data_source": CALLS, "category": "sales", "is_active": True}  # all of it as it is
    assert office.change(definition, description="All calls.", **same).description == "All calls."


# --- formulas


def test_nobody_reads_a_locked_kpi_through_a_formula_over_it(office: Office) -> None:
    office.add("costs", category=Category.FINANCE)
    office.add("revenue")
    copy = office.add("copy")
    office.caller = author = caller_of("author", {"kpis.create", "kpis.sales.view"})
    says = '"costs" is locked for you, so your formula cannot use it: leave it out.'
    office.unchanged(Forbidden, says, copy, data_source=over("revenue", "costs"))
    office.change(copy, data_source=over("revenue"))
    office.caller = caller_of(Role.ADMIN)
    office.change(copy, data_source=over("costs"))
    office.caller = author
    assert office.change(copy, name="Copied").name == "Copied"  # the formula is another's, and stays


def test_a_formula_uses_active_kpis_of_the_company_that_have_its_cadence(office: Office) -> None:
    office.add("gone", is_active=False)
    office.add("monthly", aggregation_period="monthly")
    kpi = office.add("deals")
    missing = office.unchanged(InvalidContent, 'no KPI with the key "gone"', kpi, data_source=over("gone"))
    assert missing.details[0].field == "data_source.inputs.0.source.key"
    office.unchanged(
        InvalidContent, '"monthly" is monthly, this KPI is weekly', kpi, data_source=over("monthly")
    )


def test_kpis_are_not_computed_from_one_another_in_a_circle(office: Office) -> None:
    first, second = office.add("first"), office.add("second")
    office.change(second, data_source=over("first"))
    office.work.audit.entries.clear()
    office.work.commits = 0
    says = "in a circle: first → second → first. A look at an earlier period"
    office.unchanged(InvalidContent, says, first, data_source=over("second"))
    office.unchanged(InvalidContent, "first → first", first, data_source=over("first"))


def test_a_kpis_own_earlier_period_is_no_circle(office: Office) -> None:
    kpi = office.add("first")
    before = over("first")
    before["inputs"][0]["source"]["offset"] = -1
    source = office.change(kpi, data_source=before).data_source
    assert source == FormulaSource("first", (FormulaInput("first", KpiInput("first", -1)),))


# --- what cannot be read


def test_an_unreadable_kpi_is_mended_by_a_source_that_can_be_read_and_by_nothing_else(office: Office) -> None:
    bad = office.add("bad", data_source=TELEPATHY)
    for change in ({"name": "New"}, {"unit": "hours"}, {"is_active": False}, {}):
        refusal = office.unchanged(InvalidContent, 'of type "telepathy", cannot be read', bad, **change)
        assert refusal.details[0].field == "data_source"
    mended = office.change(bad, data_source={"type": "manual"}, name="New")
    assert (mended.data_source, mended.name, mended.version) == (ManualSource(), "New", 2)


def test_a_mend_names_all_that_cannot_be_read_so_that_nothing_is_saved_that_only_stands_in(
    office: Office,
) -> None:
    source = UnreadableSource("manual", {"type": "manual"}, {"unit": "parsecs", "thresholds": 7}, False)
    bad = office.add("bad", data_source=source)
    says = "The thresholds and unit of this KPI cannot be read"
    anew = {"data_source": {"type": "manual"}, "thresholds": {}, "unit": "hours"}
    for name in anew:
        change = {field: value for field, value in anew.items() if field != name}
        assert office.unchanged(InvalidContent, says, bad, **change).details[0].field == name
    mended = office.change(bad, **anew)
    assert (mended.data_source, mended.unit, mended.thresholds) == (ManualSource(), Unit.HOURS, Thresholds())


def test_a_category_that_is_not_known_is_for_nobody_who_sees_a_category(office: Office) -> None:
    source = UnreadableSource("manual", {"type": "manual"}, {"category": "wellbeing"}, False)
    bad = office.add("bad", data_source=source, category=Category.CUSTOM)
    actor = caller_of("custom_lead", {"kpis.custom.view"}).actor
    with pytest.raises(Forbidden, match="is locked for you"):
        require_unlocked(bad, actor)
    require_unlocked(replace(bad, data_source=ManualSource()), actor)


def test_an_unreadable_kpi_stands_in_nobodys_way(office: Office) -> None:
    office.add("bad", data_source=TELEPATHY)
    good = office.add("good")
    assert office.change(good, name="Better").name == "Better"
    retire_kpi(good.id, office.caller, office.work, dry_run=False)
    assert not office.work.definitions.stored[good.id].is_active


def test_an_unreadable_kpi_can_be_retired(office: Office) -> None:
    bad = office.add("bad", data_source=TELEPATHY)
    retire_kpi(bad.id, office.caller, office.work, dry_run=False)
    assert office.work.definitions.stored[bad.id] == bad.retired(NOW.date(), NOW)


# --- retired


def test_a_retired_kpi_stays_with_its_history_and_retiring_again_changes_nothing(office: Office) -> None:
    definition = office.add("deals")
    for _ in range(2):
        assert shown(retire_kpi(definition.id, office.caller, office.work, dry_run=False).text) == (
            "retired_definition",
            {"id": definition.id, "withdrawn": 0},
        )
    assert office.work.definitions.stored[definition.id] == definition.retired(NOW.date(), NOW)
    assert (office.work.audit.actions, office.work.commits) == (["definition.changed"], 2)


def test_a_kpi_that_an_active_formula_uses_is_not_retired(office: Office) -> None:
    used = office.add("used")
    formula = office.change(office.add("formula"), data_source=over("used"))
    with pytest.raises(InvalidContent, match='The formula of "formula" uses this KPI'):
        retire_kpi(used.id, office.caller, office.work, dry_run=False)
    retire_kpi(formula.id, office.caller, office.work, dry_run=False)
    retire_kpi(used.id, office.caller, office.work, dry_run=False)
    assert not office.work.definitions.stored[used.id].is_active


def used_by(key: str, offset: int = 0) -> FormulaSource:
    return FormulaSource("x", (FormulaInput("x", KpiInput(key, offset)),))


def test_a_kpi_that_looks_back_at_itself_can_be_retired(office: Office) -> None:
    total = office.add("total", data_source=used_by("total", -1))
    retire_kpi(total.id, office.caller, office.work, dry_run=False)
    assert not office.work.definitions.stored[total.id].is_active


def test_a_circle_of_others_keeps_nobody_from_saving_a_formula(office: Office) -> None:
    office.add("one", data_source=used_by("other"))
    office.add("other", data_source=used_by("one"))
    office.change(office.add("formula"), data_source=over("one"))
    assert "definition.changed" in office.work.audit.actions
