"""A KPI of a kind that this version does not know, over HTTP: it is told as such, stops nothing, and is mended."""

from local.running_stack import RunningStack
from tests.e2e.client import Client
from tests.e2e.conftest import Found
from tests.e2e.in_time import as_if_assigned_in_time

CALLS = {"type": "records", "source": "calls", "method": "count"}
DAY = {"period_start": "2026-03-02", "period_end": "2026-03-02"}
ERROR = {
    "reason": "unreadable_definition",
    "message": 'The data source of this KPI, of type "telepathy", cannot be read by this version of the '
    "platform: change its data_source.",
}


def spoil(stack: RunningStack, kpi: int) -> None:
    """Store what a newer version of the platform might."""
    connection = stack.database.connect()
    connection.run(
        """update lodestar.definitions set data_source = '{"type": "telepathy", "medium": "Eve"}' where id = :id""",
        id=kpi,
    )
    connection.run(
        """update lodestar.definition_versions set body = body || '{"data_source": {"type": "telepathy"}}'
        where definition_id = :id""",
        id=kpi,
    )
    connection.close()


def test_it_is_told_as_such_stops_nothing_and_is_mended(stack: RunningStack, found_company: Found) -> None:
    ada: Client = found_company("telepaths")
    una = ada.create_user("Una", "una@telepaths.test")["id"]
    good, bad = ada.define("good", CALLS)["id"], ada.define("bad", CALLS)["id"]
    assigned = {kpi: ada.assign(una, kpi, start_date="2026-01-01")["id"] for kpi in (good, bad)}
    as_if_assigned_in_time(stack, ada)
    spoil(stack, bad)

    ada.run(DAY["period_start"], DAY["period_end"])
    measured = {
        kpi: [row["actual_value"] for row in ada.history(una, each)] for kpi, each in assigned.items()
    }
    assert measured == {good: [0], bad: []}

    explained = {kpi: ada.get(f"/users/{una}/kpis/{each}/explain", **DAY) for kpi, each in assigned.items()}
    previews = {
        kpi: ada.post(f"/kpis/definitions/{kpi}/preview", {"user_id": una, **DAY}, 200) for kpi in assigned
    }
    assert (explained[good]["value_now"], explained[good]["error"]) == (0, None)
    assert (previews[good]["value"], previews[good]["explanation"]["error"]) == (0, None)
    assert (explained[bad]["value_now"], explained[bad]["error"]) == (None, ERROR)
    assert explained[bad]["source"] == {"type": "telepathy", "configuration": {}}
    assert (previews[bad]["value"], previews[bad]["explanation"]["error"]) == (None, ERROR)
    assert ada.get(f"/kpis/definitions/{bad}")["data_source"] == {"type": "telepathy", "medium": "Eve"}

    path = f"/kpis/definitions/{bad}"
    refused = ada.call("PUT", path, {"name": "Better"})
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, "body.data_source")
    assert ERROR["message"] in refused.json()["error"]
    assert ada.put(path, {"data_source": CALLS, "name": "Better"})["version"] == 2
    assert ada.get(f"/users/{una}/kpis/{assigned[bad]}/explain", **DAY)["value_now"] == 0
