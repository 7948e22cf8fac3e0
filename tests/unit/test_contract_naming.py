"""What the generators name: sets of words in the client."""

import json
from typing import Any

import pytest

from contract.naming import REF, with_named_enums
from contract.typing import definition_of, member_of, type_of

NULL = {"type": "null"}


def model(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def words(*of: str) -> dict[str, Any]:
    return {"type": "string", "enum": [*of]}


def document(schemas: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    operation = {"operationId": "things_list", "parameters": [*parameters]}
    return {"components": {"schemas": schemas}, "paths": {"/api/things": {"get": operation}}}


def test_the_same_words_have_one_name_wherever_they_stand() -> None:
    listed = {"anyOf": [{"type": "array", "items": words("email", "slack")}, NULL]}
    asked = {"name": "channel", "in": "query", "schema": words("email", "slack")}
    given = document({"Rule": model(channels=listed), "Draft": model(channels=listed)}, asked)
    before = json.dumps(given)
    named = with_named_enums(given)
    schemas = named["components"]["schemas"]
    reference = {"$ref": f"{REF}Channel"}
    assert schemas["Rule"]["properties"]["channels"]["anyOf"][0]["items"] == reference
    assert schemas["Draft"] == schemas["Rule"]
    assert named["paths"]["/api/things"]["get"]["parameters"][0]["schema"] == reference
    assert schemas["Channel"]["enum"] == ["email", "slack"]
    assert json.dumps(given) == before


def test_words_whose_name_is_taken_are_called_after_their_owner_too() -> None:
    schemas = {
        "State": words("on", "off"),
        "Job": model(state=words("open", "closed"), kind=words("a")),
        "Task": model(kind=words("b")),
    }
    named = with_named_enums(document(schemas))["components"]["schemas"]
    assert set(named) == {*schemas, "JobState", "JobKind", "TaskKind"}
    assert named["Job"]["properties"]["state"] == {"$ref": f"{REF}JobState"}
    assert named["State"] == schemas["State"]


def test_words_of_a_parameter_only_are_called_after_it() -> None:
    grain = {"name": "time_grain", "in": "query", "schema": words("month", "week")}
    assert "TimeGrain" in with_named_enums(document({}, grain))["components"]["schemas"]


@pytest.mark.parametrize(
    ("word", "member"),
    [
        ("daily", "DAILY"),
        ("KM", "KM"),
        ("follow-ups", "FOLLOW_UPS"),
        ("kpis.view_all", "KPIS_VIEW_ALL"),
        ("%", "PERCENT_SIGN"),
        ("4 weeks", "_4_WEEKS"),
    ],
)
def test_a_word_has_a_member_that_is_called_like_it(word: str, member: str) -> None:
    assert member_of(word) == member


def test_words_become_an_enum_and_texts_with_a_format_what_python_has_for_them() -> None:
    source = definition_of("Cadence", words("daily", "weekly") | {"description": "How often"})
    assert (
        source
        == 'class Cadence(StrEnum):\n    """How often."""\n\n    DAILY = \'daily\'\n    WEEKLY = \'weekly\'\n'
    )
    assert type_of({"type": "string", "format": "date"}) == "dt.date"
    assert type_of({"anyOf": [{"type": "string", "format": "date-time"}, NULL]}) == "dt.datetime | None"
    assert type_of({"type": "string", "format": "uri"}) == "str"
