"""What an older client sends means what today's words say, and no more than they can say."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from lodestar.application.definitions.data_sources import source_from_json, source_to_json
from lodestar.application.definitions.shapes import DefinitionChange
from lodestar.application.workflows.defining import define_kpi
from lodestar.application.workflows.shapes import DefinitionDraft
from lodestar.domain.definitions import Definition, Unit
from lodestar.domain.sources import BoundParameter
from lodestar.sources.sql.allow import PARAMETERS
from tests.fakes.definitions import FakeQueryCheck
from tests.fakes.people import caller_of
from tests.fakes.work import FakeWork
from tests.older_requests import BOUND, DEFINITIONS, RESOLUTION_HOURS, OlderRequest

INTERCOM = {"type": "intercom", "metric": "csat"}


def made(body: Any) -> tuple[Definition, FakeWork]:
    """What comes of a request in a company of its own."""
    work = FakeWork()
    define_kpi(DefinitionDraft(**body), caller_of(), work, FakeQueryCheck())
    (definition,) = work.definitions.all()
    return definition, work


def refusal(source: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        DefinitionDraft(name="X", data_source=source)
    return str(refused.value)


@pytest.mark.parametrize("request_", DEFINITIONS.values(), ids=DEFINITIONS)
def test_older_and_newer_words_mean_the_same(request_: OlderRequest) -> None:
    (older, its_work), (newer, work) = made(request_.older), made(request_.newer)
    assert replace(older, id=newer.id) == newer
    assert [*its_work.alerts.rules.values()] == [*work.alerts.rules.values()]
    assert {grantee: grant for (_, grantee), grant in its_work.definitions.grants.items()} == {
        grantee: grant for (_, grantee), grant in work.definitions.grants.items()
    }
    assert its_work.audit.actions == work.audit.actions


@pytest.mark.parametrize("request_", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_source_is_shown_in_the_words_that_can_be_sent_back(request_: OlderRequest) -> None:
    source = made(request_.older)[0].data_source
    sent_back = DefinitionChange(data_source=source_to_json(source)).data_source
    assert sent_back is not None
    assert source_from_json(sent_back.model_dump()) == source


def test_a_list_of_parameters_names_what_every_query_may_use() -> None:
    assert {*BoundParameter} == {*PARAMETERS}
    assert {*BOUND} < {*PARAMETERS}
    query = {"type": "database", "query": RESOLUTION_HOURS}
    DefinitionDraft(name="X", data_source={**query, "parameters": [*BoundParameter]})
    assert "'user_id', 'team_id', 'company_id'" in refusal({**query, "parameters": ["user_id", "least"]})


@pytest.mark.parametrize(
    "filters",
    [{"assignee_id": "42"}, {"created_at_after": ":end_date"}, {"created_at_before": 1767225600}],
    ids=str,
)
def test_a_filter_that_says_whose_and_when_can_say_only_what_holds_anyway(filters: Any) -> None:
    (name,) = filters
    assert f'{name} can only be ":' in refusal({**INTERCOM, "filters": filters})


def test_other_filters_of_conversations_stay() -> None:
    filters = {"assignee_id": ":user_id", "priority": "high", "reopened": True}
    draft = DefinitionDraft(name="X", data_source={**INTERCOM, "filters": filters})
    assert draft.data_source is not None
    assert draft.data_source.model_dump()["filters"] == {"priority": "high", "reopened": True}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"metric": "smiles"}, "first_response_time"),
        ({"endpoint": "contacts"}, "conversations"),
        ({"statistic": "mode"}, "median"),
        ({"query": "x"}, "Extra inputs"),
        ({"filters": ["assignee_id"]}, "dictionary"),
    ],
    ids=str,
)
def test_a_source_in_intercom_is_checked(fields: Any, says: str) -> None:
    assert says in refusal({**INTERCOM, **fields})


def test_units_are_taken_in_either_wording_when_a_kpi_is_changed_too() -> None:
    units = [DefinitionChange(unit=word).unit for word in ("percentage", "%", "time", "hours")]
    assert units == [Unit.PERCENT, Unit.PERCENT, Unit.NUMBER, Unit.HOURS]
    with pytest.raises(ValidationError, match="Input should be"):
        DefinitionChange(unit="furlongs")
