"""Many at once over HTTP: KPIs and targets for a team, and a file of values with its dry run."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

import httpx
import pytest

from tests.e2e.client import Body, Client, Csv
from tests.e2e.conftest import Found, SignIn
from tests.shared_data import hostile_cases, needs_shared

HEADER = "kpi,user,period_start,period_end,value,notes"
IMPORT = "/kpis/values/import"
YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Firm:
    """A company whose manager Max leads a team; Una enters her own mood."""

    ada: Client
    max: Client
    una: Client
    ids: Mapping[str, int]


@pytest.fixture(scope="module")
def firm(found_company: Found, sign_in: SignIn) -> Firm:
    ada = found_company("bulk")
    ids = {"max": ada.create_user("Max", "max@bulk.test", role="manager")["id"]}
    ids["team"] = ada.create_team("Support", ids["max"])["id"]
    for name in ("una", "ugo", "uma"):
        ids[name] = ada.create_user(name, f"{name}@bulk.test", team_id=ids["team"])["id"]
    ids["outsider"] = ada.create_user("Otto", "otto@bulk.test")["id"]
    for key, source in (
        ("visits", {"type": "manual"}),
        ("rating", {"type": "manual", "allowed_range": {"min": 1, "max": 5}}),
        ("mood", {"type": "manual", "entered_by": "user"}),
    ):
        ids[key] = ada.define(key, source)["id"]
    return Firm(ada, sign_in("max@bulk.test"), sign_in("una@bulk.test"), ids)


def assign(client: Client, kpi_id: int, status: int = 200, **fields: object) -> Body:
    return client.post("/kpis/assignments/bulk", {"kpi_definition_id": kpi_id, **YEAR, **fields}, status)


def set_targets(client: Client, kpi_id: int, rows: list[Body], **fields: object) -> Body:
    dates = {"period_start": "2025-04-01", "period_end": "2025-04-30"}
    body = {"kpi_definition_id": kpi_id, **dates, "targets": rows, **fields}
    return client.post("/kpis/targets/bulk", body, 200)


def csv_of(rows: Iterable[Iterable[object]], header: str = HEADER) -> str:
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([header.split(","), *rows])
    return text.getvalue()


def send(client: Client, body: bytes | str, kind: str | None = "text/csv", **query: object) -> httpx.Response:
    """A file as it stands."""
    headers = {"authorization": f"Bearer {client.token}"} | ({"content-type": kind} if kind else {})
    params = {name: str(each) for name, each in query.items()}
    return client.http.post(f"/api{IMPORT}", content=body, headers=headers, params=params)


def test_a_manager_gives_a_kpi_to_their_team_and_a_repeat_changes_nothing(firm: Firm) -> None:
    asked = [firm.ids[each] for each in ("uma", "outsider", "una", "ugo")]
    first = assign(firm.max, firm.ids["visits"], user_ids=asked, target_value=10, weight=50)
    assert [each["user_id"] for each in first["results"]] == asked
    assert [each["outcome"] for each in first["results"]] == ["created", "error", "created", "created"]
    assert (first["created"], first["unchanged"], first["errors"]) == (3, 0, 1)
    assert first["results"][1]["code"] == "forbidden"
    again = assign(firm.max, firm.ids["visits"], team_id=firm.ids["team"], target_value=10, weight=50)
    assert {each["user_id"]: each["assignment_id"] for each in again["results"]} == {
        each["user_id"]: each["assignment_id"] for each in first["results"] if each["assignment_id"]
    }
    assert again["unchanged"] == 3
    (kpi,) = firm.una.kpis(firm.ids["una"], "2025-06-01")["kpis"]
    assert (kpi["target_value"], kpi["weight"]) == (10, 50)


def test_a_target_for_a_month_is_the_one_that_its_values_are_held_against(firm: Firm) -> None:
    una, ugo = firm.ids["una"], firm.ids["ugo"]
    (created,) = assign(firm.max, firm.ids["rating"], user_ids=[una], target_value=4)["results"]
    rows = [{"user_id": una, "target_value": 5, "notes": "spring"}, {"user_id": ugo, "target_value": 5}]
    view = set_targets(firm.max, firm.ids["rating"], rows)
    assert [(each["outcome"], each["code"]) for each in view["results"]] == [
        ("created", None),
        ("error", "not_assigned"),
    ]
    for day, achieved in (("2025-03-31", 100), ("2025-04-01", 80)):
        measured = firm.max.measure(una, created["assignment_id"], 4, (day, day))
        assert measured["achievement_percentage"] == achieved
    other = [{"user_id": una, "target_value": 4.5}]
    assert set_targets(firm.max, firm.ids["rating"], other)["results"][0]["code"] == "target_overlap"
    assert set_targets(firm.max, firm.ids["rating"], other, replace=True)["updated"] == 1


def test_a_file_of_values_tells_beforehand_what_it_changes_and_then_changes_just_that(firm: Firm) -> None:
    una, uma = firm.ids["una"], firm.ids["uma"]
    assign(firm.max, firm.ids["visits"], user_ids=[una, uma], target_value=10, weight=50)
    firm.max.import_values(csv_of([("visits", "una@bulk.test", "2025-05-01", "", 8, "before")]))
    text = csv_of(
        [
            ("visits", "una@bulk.test", "2025-05-01", "", 9, "recounted"),
            ("visits", uma, "2025-05-01", "2025-05-01", "10.5", ""),
            ("visits", "otto@bulk.test", "2025-05-01", "", 9, ""),
            ("visits", uma, "2025-05-01", "", 11, ""),
        ]
    )
    told = firm.max.import_values(text, dry_run=True)
    assert [(each["outcome"], each["code"]) for each in told["rows"]] == [
        ("corrected", None),
        ("created", None),
        ("error", "forbidden"),
        ("error", "duplicate_row"),
    ]
    before, after = (told["rows"][0][name] for name in ("before", "after"))
    assert (before["value"], before["achievement_percentage"], before["status"]) == (8, 80, "on_track")
    assert (after["value"], after["achievement_percentage"], after["notes"]) == (9, 90, "recounted")
    assert [each["actual_value"] for each in values_of(firm, "una", "2025-05-01")] == [8]
    done = firm.max.import_values(text)
    assert {**told, "dry_run": False} == done
    assert [each["actual_value"] for each in values_of(firm, "una", "2025-05-01")] == [9]
    assert firm.max.import_values(text)["unchanged"] == 2


def values_of(firm: Firm, name: str, day: str) -> list[Body]:
    user_id = firm.ids[name]
    kpi = next(
        each
        for each in firm.max.kpis(user_id, "2025-06-01")["kpis"]
        if each["kpi_definition"]["id"] == firm.ids["visits"]
    )
    return firm.max.history(user_id, kpi["id"], from_=day, to=day)


def test_a_person_brings_in_a_file_of_their_own_values_where_the_kpi_says_so(firm: Firm) -> None:
    una, ugo = firm.ids["una"], firm.ids["ugo"]
    assign(firm.max, firm.ids["mood"], user_ids=[una, ugo])
    assign(firm.max, firm.ids["visits"], user_ids=[una], target_value=10, weight=50)
    rows = [
        ("mood", una, "2025-05-02", "", 4, ""),
        ("mood", ugo, "2025-05-02", "", 4, ""),
        ("visits", una, "2025-05-02", "", 4, ""),
    ]
    view = firm.una.import_values(csv_of(rows))
    assert [each["code"] for each in view["rows"]] == [None, "forbidden", "forbidden"]


def test_a_value_of_the_company_needs_its_kpi_and_the_right_to_edit_it(firm: Firm) -> None:
    text = csv_of([("visits", "", "2025-05-03", "", 700, "")])
    assert firm.ada.import_values(text)["rows"][0]["code"] == "not_assigned"
    firm.ada.assign_to_company(firm.ids["visits"], target_value=1000, **YEAR)
    assert firm.max.import_values(text)["rows"][0]["code"] == "forbidden"
    assert firm.ada.import_values(text)["rows"][0]["after"]["achievement_percentage"] == 70


@pytest.mark.parametrize(
    ("body", "kind", "status", "code", "says"),
    [
        ("{}", "application/json", 415, "unsupported_content", "text/csv"),
        ("kpi,user", "multipart/form-data", 415, "unsupported_content", "text/csv"),
        ("kpi,user\n".encode("utf-16"), "text/csv", 400, "not_utf8", "UTF-8"),
        (f"{HEADER}\nvisits,Müller@bulk.test".encode("latin-1"), "text/csv", 400, "not_utf8", "UTF-8"),
        (b"", "text/csv", 422, "invalid_columns", 'column "kpi" is missing'),
        (
            "kpi,user,value\nvisits,1,2\n",
            "text/csv",
            422,
            "invalid_columns",
            'column "period_start" is missing',
        ),
        (f"{HEADER},colour\n", "text/csv", 422, "invalid_columns", 'column "colour" is unknown'),
        (f'{HEADER}\nvisits,1,"2025-01-01\n', "text/csv", 400, "invalid_csv", "line 2"),
        (f"{HEADER}\n" + "visits,1,2025-01-01,,1,\n" * 5001, "text/csv", 413, "too_large", "5,000 rows"),
        (HEADER + "\n" + "x" * (5 * MEGABYTE), "text/csv", 413, "too_large", "5 MB"),
    ],
    ids=[
        "JSON",
        "form",
        "UTF-16",
        "Latin-1",
        "nothing",
        "missing column",
        "strange column",
        "open quote",
        "rows",
        "bytes",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    firm: Firm, body: bytes | str, kind: str, status: int, code: str, says: str
) -> None:
    response = send(firm.ada, body, kind)
    refusal = response.json()
    assert (response.status_code, refusal["code"]) == (status, code), response.text
    assert says in refusal["error"]
    if status == 422:
        assert all(each["field"].startswith("body.") for each in refusal["details"])


def test_a_file_may_say_its_character_set_and_begin_with_a_byte_order_mark(firm: Firm) -> None:
    text = f"\ufeff{HEADER.replace(',', ';')}\r\nvisits;nobody@bulk.test;2025-05-04;;1,5;grün\r\n"
    for kind in ("text/csv", "text/csv; charset=utf-8", "Text/CSV;charset=UTF-8", None):
        response = send(firm.ada, text.encode(), kind, dry_run="true")
        assert response.status_code == 200, response.text
        assert response.json()["rows"][0]["code"] == "not_found"


def test_a_parameter_that_is_no_choice_is_refused(firm: Firm) -> None:
    response = send(firm.ada, f"{HEADER}\n", dry_run="perhaps")
    assert (response.status_code, response.json()["details"][0]["field"]) == (400, "query.dry_run")
    assert send(firm.ada, f"{HEADER}\n", dryrun="true").status_code == 400


@needs_shared("hostile/csv.json")
def test_hostile_notes_stay_plain_text_on_their_way_in_and_out(firm: Firm) -> None:
    assign(firm.max, firm.ids["visits"], user_ids=[firm.ids["una"]], target_value=10, weight=50)
    payloads = [case["payload"] for case in hostile_cases("csv")]
    days = [f"2025-{7 + number // 28:02}-{number % 28 + 1:02}" for number in range(len(payloads))]
    view = firm.ada.import_values(
        csv_of(
            ("visits", "una@bulk.test", day, "", 1, each) for day, each in zip(days, payloads, strict=True)
        )
    )
    taken = {str(row["period_start"]): row["after"]["notes"] for row in view["rows"] if row["after"]}
    assert len(taken) > len(payloads) // 2
    kpi = firm.max.kpis(firm.ids["una"], "2025-07-01")["kpis"]
    (visits,) = [each for each in kpi if each["kpi_definition"]["id"] == firm.ids["visits"]]
    kept = {
        str(entry["period_start"]): entry["notes"]
        for entry in firm.max.history(firm.ids["una"], visits["id"], from_="2025-07-01", to="2025-12-31")
    }
    assert kept.keys() == taken.keys()
    assert all(kept[day][:59] == taken[day][:59] for day in taken)
    sent = dict(zip(days, payloads, strict=True))
    assert [day for day in kept if kept[day] != sent[day].strip()] == []


def test_an_import_with_an_idempotency_key_happens_once(firm: Firm) -> None:
    assign(firm.max, firm.ids["visits"], user_ids=[firm.ids["uma"]], target_value=10, weight=50)
    text = Csv(csv_of([("visits", "uma@bulk.test", "2025-05-06", "", 3, "")]))
    headers = {"idempotency-key": "import-1"}
    first, again = (firm.max.call("POST", IMPORT, text, headers=headers) for _ in range(2))
    assert first.json()["created"] == 1
    assert again.content == first.content
    assert Decimal(str(values_of(firm, "uma", "2025-05-06")[0]["actual_value"])) == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/kpis/assignments/bulk", {"start_date": "2025-01-01"}, 422, "body.kpi_definition_id"),
        ("/kpis/assignments/bulk", {"kpi_definition_id": "{visits}", **YEAR}, 422, "body.user_ids"),
        (
            "/kpis/assignments/bulk",
            {"kpi_definition_id": "{visits}", **YEAR, "user_ids": [1], "team_id": 1},
            422,
            "body.user_ids",
        ),
        (
            "/kpis/assignments/bulk",
            {"kpi_definition_id": "{visits}", **YEAR, "user_ids": []},
            422,
            "body.user_ids",
        ),
        (
            "/kpis/assignments/bulk",
            {"kpi_definition_id": "{visits}", **YEAR, "team_id": 10**15},
            422,
            "body.team_id",
        ),
        (
            "/kpis/assignments/bulk",
            {
                "kpi_definition_id": "{visits}",
                "start_date": "2025-02-01",
                "end_date": "2025-01-01",
                "user_ids": [1],
            },
            400,
            None,
        ),
        (
            "/kpis/assignments/bulk",
            {"kpi_definition_id": "{visits}", **YEAR, "user_ids": [1] * 1001},
            413,
            None,
        ),
        (
            "/kpis/targets/bulk",
            {
                "kpi_definition_id": "{visits}",
                "period_start": "2025-04-30",
                "period_end": "2025-04-01",
                "targets": [{"user_id": 1, "target_value": 1}],
            },
            400,
            None,
        ),
        (
            "/kpis/targets/bulk",
            {
                "kpi_definition_id": "{visits}",
                "period_start": "2025-04-01",
                "period_end": "2025-04-30",
                "targets": [{"user_id": 1}],
            },
            422,
            "body.targets.0.target_value",
        ),
    ],
)
def test_a_call_that_nobody_in_it_could_mean_is_refused_as_a_whole(
    firm: Firm, path: str, body: Body, status: int, field: str | None
) -> None:
    if body.get("kpi_definition_id"):
        body = {**body, "kpi_definition_id": firm.ids["visits"]}
    response = firm.ada.call("POST", path, body)
    assert response.status_code == status, response.text
    told = [each["field"] for each in response.json().get("details", [])]
    assert told == ([] if status == 413 else [field or "request"])
