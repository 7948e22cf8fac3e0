"""A new KPI is checked before anything is saved, and comes with no more than its author may make."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from lodestar.application.caller import Caller
from lodestar.application.workflows.defining import define_kpi
from lodestar.application.workflows.shapes import DefinitionDraft
from lodestar.domain.definitions import Category, Definition
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent
from lodestar.domain.sources import AggregationMethod, RecordsSource
from tests.fakes.definitions import KPI, FakeQueryCheck
from tests.fakes.people import ADA, caller_of
from tests.fakes.work import NOW, FakeWork, shown

CALLS = {"type": "records", "source": "calls"}
CALLS_MEAN = CALLS | {"method": "average"}
ALERT = {"type": "below_target", "threshold": 10, "channels": ["dashboard"]}


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


def define(work: FakeWork, caller: Caller | None = None, gate: Any = None, **fields: Any) -> Any:
    plain = {"key": "calls", "name": "Calls", "data_source": CALLS, "aggregation_period": "weekly"}
    draft = DefinitionDraft(**{**plain, **fields})
    return define_kpi(draft, caller or caller_of(), work, gate or FakeQueryCheck())


def refused(kind: type[Exception], says: str, work: FakeWork, *args: Any, **fields: Any) -> Any:
    """The refusal of a draft, of which nothing is committed."""
    commits = work.commits
    with pytest.raises(kind, match=says) as refusal:
        define(work, *args, **fields)
    assert work.commits == commits
    return refusal.value


def test_a_new_kpi_is_saved_as_its_authors_and_told_to_the_log(work: FakeWork) -> None:
    view, asked = shown(define(work).text)
    (definition,) = work.definitions.all()
    assert (view, asked) == ("new_definition", {"id": definition.id, "created_roles": []})
    assert definition.data_source == RecordsSource("calls", AggregationMethod.COUNT)
    assert (definition.category, definition.created_by, definition.created_at) == (Category.CUSTOM, ADA, NOW)
    (entry,) = work.audit.entries
    assert (entry.action, entry.about.id, entry.before, entry.after) == (
        "definition.created",
        definition.id,
        None,
        definition,
    )
    assert work.commits == 1


def copy_of(work: FakeWork, original: int, **fields: Any) -> Definition:
    """The definition that a copy became."""
    draft = DefinitionDraft(copy_of=original, **{"key": "copy"} | fields)
    _, asked = shown(define_kpi(draft, caller_of(), work, FakeQueryCheck()).text)
    return work.definitions.stored[asked["id"]]


def test_a_copy_is_as_its_original_in_all_that_is_left_out(work: FakeWork) -> None:
    define(work, category="sales", unit="hours", thresholds={"exceeds": 120}, lookback_periods=5)
    (original,) = work.definitions.all()
    work.definitions.save(replace(original, is_active=False, version=3))
    copy = copy_of(work, original.id, aggregation_period="daily")
    assert copy == replace(original, id=copy.id, key="copy", aggregation_period=Cadence.DAILY)
    other = copy_of(work, original.id, key="other", name="Other", category="custom", data_source=CALLS_MEAN)
    assert (other.name, other.category, other.unit) == ("Other", Category.CUSTOM, original.unit)
    assert other.data_source == RecordsSource("calls", AggregationMethod.AVERAGE)
    assert work.audit.actions == ["definition.created"] * 3


def test_a_copy_of_nothing_is_refused(work: FakeWork) -> None:
    with pytest.raises(InvalidContent, match="copy_of must be the id of a KPI of your company"):
        copy_of(work, 10**15)


def test_a_kpi_that_is_locked_for_somebody_they_do_not_copy_into_a_category_that_they_see(
    work: FakeWork,
) -> None:
    define(work, category="finance", name="Costs")
    (original,) = work.definitions.all()
    author = caller_of("author", {"kpis.create", "kpis.sales.view"})
    copied = {"name": None, "data_source": None, "aggregation_period": None, "copy_of": original.id}
    refused(Forbidden, '"Costs" is locked for you', work, author, key="mine", category="sales", **copied)
    refused(Forbidden, '"Costs" is locked for you', work, author, key="mine", **copied)


@pytest.mark.parametrize("name", ["name", "data_source"])
def test_without_an_original_nothing_essential_may_be_missing(work: FakeWork, name: str) -> None:
    refusal = refused(InvalidContent, f"body.{name}: This field is required", work, **{name: None})
    assert [detail.field for detail in refusal.details] == [name]


def test_a_key_is_that_of_one_kpi_of_the_company(work: FakeWork) -> None:
    work.definitions.add(KPI)
    refusal = refused(Conflict, 'a KPI with the key "deals" already', work, key="deals")
    assert refusal.code == "duplicate_key"


def test_the_kind_of_calculation_is_what_the_source_makes_it(work: FakeWork) -> None:
    define(work, calculation_type="records")
    says = (
        'A data source of type "records" is calculated as "records": leave calculation_type out or mend it.'
    )
    refusal = refused(InvalidContent, says, work, key="other", calculation_type="query")
    assert refusal.details[0].field == "calculation_type"


def test_a_refused_query_saves_nothing(work: FakeWork) -> None:
    gate = FakeQueryCheck(refused=("secret",))
    query = {"type": "database", "query": "SELECT secret"}
    refused(InvalidContent, "The query is refused", work, None, gate, data_source=query)
    assert work.definitions.stored == {}


def test_a_formula_that_is_refused_does_not_reach_the_gate(work: FakeWork) -> None:
    gate = FakeQueryCheck()
    inputs = [{"variable": "a", "source": {"type": "kpi", "key": "nothing"}}]
    source = {"type": "formula", "formula": "a", "inputs": inputs}
    refused(InvalidContent, 'no KPI with the key "nothing"', work, None, gate, data_source=source)
    assert (gate.checked, work.definitions.stored) == ([], {})


@pytest.mark.parametrize(
    ("missing", "settings", "says"),
    [
        ("kpis.assign_all", {"target": {"value": 5}}, "can send a target"),
        ("kpis.edit_targets", {"target": {"value": 5}}, "can send a target"),
        ("alerts.manage", {"alerts": [ALERT]}, "Alerts need the permission alerts.manage"),
        ("kpis.custom.view", {"target": {"value": 5}}, "is locked for you"),
        ("kpis.custom.view", {"alerts": [ALERT]}, "is locked for you"),
        ("kpis.custom.view", {"permissions": {"view": ["user"]}}, "hand out only what you may do yourself"),
    ],
)
def test_a_new_kpi_comes_with_no_more_than_its_author_may_make(
    work: FakeWork, missing: str, settings: Mapping[str, Any], says: str
) -> None:
    keys = {"kpis.create", "kpis.assign_all", "kpis.edit_targets", "alerts.manage", "kpis.custom.view"}
    refused(Forbidden, says, work, caller_of("author", keys - {missing}), **settings)
    define(work, caller_of("author", keys - {missing}), key="plain")


def test_a_new_kpi_may_come_with_rights_of_roles(work: FakeWork) -> None:
    work.definitions.company_roles = {"lead"}
    define(work, caller_of(Role.ADMIN), permissions={"view": ["user"], "edit": ["lead"]})
    granted = {grantee.role: grant for (_, grantee), grant in work.definitions.grants.items()}
    assert granted == {"user": Grant(can_view=True), "lead": Grant(can_view=True, can_edit=True)}
    assert work.audit.actions == ["definition.created", "grant.changed", "grant.changed"]


def test_the_answer_names_the_roles_that_were_made_for_a_new_kpi(work: FakeWork) -> None:
    work.definitions.company_roles = {"lead"}
    for permissions, made in (
        ({"view": ["user", "rep"], "edit": ["lead", "chief"]}, ["chief", "rep"]),
        ({"view": ["lead"]}, []),
        (None, []),
    ):
        view, asked = shown(define(work, key=None, permissions=permissions).text)
        assert (view, list(asked["created_roles"])) == ("new_definition", made)


def test_a_key_that_is_left_out_is_made_of_the_name(work: FakeWork) -> None:
    for _ in range(2):
        define(work, key=None, name="Average Resolution Time")
    first, second = work.definitions.all()
    assert (first.key, second.key) == ("average_resolution_time", "average_resolution_time_2")
    assert copy_of(work, first.id, key=None).key == "average_resolution_time_3"
    assert copy_of(work, first.id, key=None, name="Cases").key == "cases"


def test_a_kpi_is_monthly_unless_it_says_otherwise(work: FakeWork) -> None:
    define(work, aggregation_period=None)
    (calls,) = [kpi for kpi in work.definitions.all() if kpi.key == "calls"]
    assert calls.aggregation_period is Cadence.MONTHLY
