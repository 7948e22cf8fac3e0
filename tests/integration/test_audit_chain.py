"""The audit log is a chain: whatever is done to its rows is found, and its writer cannot do it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from threading import Thread
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from local.postgres import OWNER, Database
from lodestar.application.work import AuditedChange, AuditHead, AuditObject
from lodestar.persistence.kernel.database import make_owner_engine, sqlstate
from lodestar.persistence.kernel.histories import MIGRATIONS, PLATFORM
from lodestar.persistence.operations.views import OPERATIONS
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.wire.exact_json import to_json
from tests.integration.tenants import NOW, Tenant, address_of, new_tenant, wait_until_blocked

INSUFFICIENT_PRIVILEGE = "42501"
CHANGES = tuple(
    AuditedChange(
        "user.changed", AuditObject("user", number), {"score": Decimal("1.50")}, {"name": f"Ünä {number}"}
    )
    for number in range(1, 8)
)
"""Seven entries."""
MIDDLE, LAST = 4, 7

type Verdict = dict[str, Any]


def chained(context: WorkContext, changes: Sequence[AuditedChange] = CHANGES) -> Tenant:
    """A company with an audit log."""
    tenant = new_tenant(context)
    with tenant.work() as work:
        work.audit.record_many(changes)
        work.commit()
    return tenant


def verdict(tenant: Tenant, anchor: AuditHead | None = None) -> Verdict:
    """What the check says, as the application sees it."""
    known = {"anchor_seq": anchor and anchor.seq, "anchor_hash": anchor and anchor.hash}
    with tenant.work() as work:
        found: Verdict = json.loads(work.views.read_and_commit("audit_check", known) or "")
    return found


def head_of(tenant: Tenant) -> AuditHead:
    with tenant.work() as work:
        head = work.audit.head()
    assert head is not None
    return head


@pytest.fixture
def log(context: WorkContext) -> Tenant:
    """A company with seven entries."""
    return chained(context)


type Tamper = Callable[..., int]


@pytest.fixture(scope="session")
def tamper(owner_engine: Engine) -> Tamper:
    """Changes a company's log behind the application's back: as the owner of the tables may, committed."""

    def run(tenant: Tenant, *statements: str, **values: object) -> int:
        with owner_engine.begin() as connection:
            bind(connection, tenant.id)
            return [
                connection.execute(text(statement), {"company": tenant.id, **values}).rowcount
                for statement in statements
            ][-1]

    return run


def bind(connection: Connection, company_id: int) -> None:
    setting = text("select set_config('lodestar.company_id', :id, true)")
    connection.execute(setting, {"id": str(company_id)})


OF = "where company_id = :company and seq = :seq"
# The chain from :seq on, computed anew, and its head: what somebody would do who knows how it is made.
REWRITE = """
do $$
declare
  entry lodestar.audit;
  previous bytea := '';
begin
  for entry in select * from lodestar.audit order by seq loop
    entry.previous_hash := previous;
    entry.hash := lodestar.audit_hash(entry);
    update lodestar.audit set previous_hash = entry.previous_hash, hash = entry.hash
      where company_id = entry.company_id and seq = entry.seq;
    previous := entry.hash;
  end loop;
  update lodestar.audit_heads set hash = previous,
    seq = (select coalesce(max(seq), 0) from lodestar.audit);
end $$"""


def test_entries_are_numbered_without_gaps_and_each_follows_the_one_before(log: Tenant) -> None:
    with log.work(actor_id=5) as work:
        work.audit.record("user.left", AuditObject("user", 9), {}, None)
        work.commit()
    rows = log.rows("select * from lodestar.audit where company_id = :company order by seq")
    assert [row["seq"] for row in rows] == list(range(1, 9))
    assert [row["previous_hash"] for row in rows] == [b"", *(row["hash"] for row in rows[:-1])]
    assert len({row["hash"] for row in rows}) == 8
    assert head_of(log) == AuditHead(8, rows[-1]["hash"].hex())


def test_an_entry_says_who_did_what_to_which_object_and_keeps_every_decimal(context: WorkContext) -> None:
    tenant = new_tenant(context)
    with tenant.work(actor_id=5) as work:
        work.audit.record(
            "target.changed", AuditObject("target", 3), None, {"value": Decimal("10.5000"), "on": NOW.date()}
        )
        work.commit()
    (row,) = tenant.rows("select *, before is null as nothing, after::text as told from lodestar.audit")
    assert (row["actor_id"], row["action"], row["at"]) == (5, "target.changed", NOW)
    assert (row["object_type"], row["object_id"], row["request_id"]) == ("target", 3, "")
    assert row["nothing"]
    assert row["told"] == '{"on": "2026-03-10", "value": 10.5000}'


def test_a_log_as_it_was_written_is_valid(log: Tenant) -> None:
    head = head_of(log)
    assert verdict(log) == {
        "valid": True,
        "entries": 7,
        "head": {"seq": 7, "hash": head.hash},
        "first_broken": None,
        "anchor": None,
    }


def test_an_empty_log_is_valid(context: WorkContext) -> None:
    found = verdict(new_tenant(context))
    assert (found["valid"], found["entries"], found["head"]) == (True, 0, None)


def test_a_write_that_is_rolled_back_leaves_no_entry(log: Tenant) -> None:
    with log.work() as work:
        work.audit.record("lost", AuditObject("user", 1), None, {})
    assert verdict(log)["entries"] == 7


SET = "update lodestar.audit set"


@pytest.mark.parametrize(
    "change",
    [
        f"{SET} at = at + interval '1 microsecond' {OF}",
        f"{SET} actor_id = 77 {OF}",
        f"{SET} action = 'user.seen' {OF}",
        f"{SET} object_type = 'team' {OF}",
        f"{SET} object_id = object_id + 1 {OF}",
        f"{SET} before = null {OF}",
        f"""{SET} before = '{{"score": 1.5}}' {OF}""",
        f'{SET} after = after || \'{{"name": "Una"}}\' {OF}',
        f"{SET} request_id = 'another' {OF}",
        f"{SET} hash = sha256('') {OF}",
        f"{SET} previous_hash = sha256('') {OF}",
    ],
)
@pytest.mark.parametrize("seq", [1, MIDDLE, LAST])
def test_a_changed_field_is_found(log: Tenant, tamper: Tamper, seq: int, change: str) -> None:
    assert tamper(log, change, seq=seq) == 1
    found = verdict(log)
    assert (found["valid"], found["first_broken"]) == (False, {"seq": seq, "reason": "changed"})


def test_a_changed_field_with_its_own_hash_made_anew_is_found(log: Tenant, tamper: Tamper) -> None:
    """The next entry, or the head, still holds the old hash."""
    anew = f"update lodestar.audit a set hash = lodestar.audit_hash(a) {OF}"
    tamper(log, f"{SET} actor_id = 77 {OF}", anew, seq=MIDDLE)
    assert verdict(log)["first_broken"] == {"seq": MIDDLE + 1, "reason": "unlinked"}


def test_the_last_entry_with_its_own_hash_made_anew_is_found(log: Tenant, tamper: Tamper) -> None:
    anew = f"update lodestar.audit a set hash = lodestar.audit_hash(a) {OF}"
    tamper(log, f"{SET} actor_id = 77 {OF}", anew, seq=LAST)
    assert verdict(log)["first_broken"] == {"seq": LAST, "reason": "unlinked"}


@pytest.mark.parametrize("seq", [1, MIDDLE, LAST])
def test_a_removed_entry_is_found(log: Tenant, tamper: Tamper, seq: int) -> None:
    assert tamper(log, f"delete from lodestar.audit {OF}", seq=seq) == 1
    found = verdict(log)
    assert (found["valid"], found["entries"]) == (False, 6)
    assert found["first_broken"] == {"seq": seq, "reason": "removed"}


def test_a_removed_entry_whose_gap_was_closed_is_found(log: Tenant, tamper: Tamper) -> None:
    remove = f"delete from lodestar.audit {OF}"
    renumber = "update lodestar.audit set seq = seq - 1 where company_id = :company and seq = :seq + 1"
    tamper(log, remove, renumber, seq=MIDDLE)
    assert verdict(log)["first_broken"] == {"seq": MIDDLE, "reason": "changed"}


def test_the_removal_of_every_entry_is_found(log: Tenant, tamper: Tamper) -> None:
    assert tamper(log, "delete from lodestar.audit where company_id = :company") == 7
    assert verdict(log)["first_broken"] == {"seq": 1, "reason": "removed"}


COPY = """insert into lodestar.audit
select company_id, {seq}, at, actor_id, action, object_type, object_id, before, after, request_id,
  {previous}, hash from lodestar.audit where company_id = :company and seq = :seq"""


def test_an_entry_behind_the_head_is_found(log: Tenant, tamper: Tamper) -> None:
    anew = "update lodestar.audit a set hash = lodestar.audit_hash(a) where seq = 8"
    tamper(log, COPY.format(seq="8", previous="hash"), anew, seq=LAST)
    assert verdict(log)["first_broken"] == {"seq": 8, "reason": "inserted"}


def test_an_entry_between_two_others_is_found(log: Tenant, tamper: Tamper) -> None:
    room = "update lodestar.audit set seq = seq + {} where company_id = :company and seq > :seq"
    tamper(
        log,
        room.format(1001),
        room.format(-1000),
        COPY.format(seq="seq + 1", previous="hash"),
        seq=MIDDLE,
    )
    assert verdict(log)["first_broken"] == {"seq": MIDDLE + 1, "reason": "changed"}


def test_two_entries_that_changed_places_are_found(log: Tenant, tamper: Tamper) -> None:
    move = "update lodestar.audit set seq = {} where company_id = :company and seq = {}"
    tamper(log, move.format(99, 3), move.format(3, 4), move.format(4, 99))
    assert verdict(log)["first_broken"] == {"seq": 3, "reason": "changed"}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("update lodestar.audit_heads set seq = 6", {"seq": 6, "reason": "unlinked"}),
        ("update lodestar.audit_heads set seq = 8", {"seq": 8, "reason": "removed"}),
        ("update lodestar.audit_heads set hash = sha256('')", {"seq": 7, "reason": "unlinked"}),
        ("delete from lodestar.audit_heads", {"seq": 1, "reason": "inserted"}),
    ],
)
def test_a_changed_head_is_found(log: Tenant, tamper: Tamper, change: str, broken: Verdict) -> None:
    assert tamper(log, f"{change} where company_id = :company") == 1
    assert verdict(log)["first_broken"] == broken


def test_a_chain_that_was_rewritten_as_a_whole_is_found_only_by_an_anchor_from_outside(
    log: Tenant, tamper: Tamper
) -> None:
    anchor = head_of(log)
    tamper(log, f"{SET} actor_id = 77 {OF}", seq=MIDDLE)
    tamper(log, REWRITE)
    assert verdict(log)["valid"]
    found = verdict(log, anchor)
    assert (found["valid"], found["first_broken"]) == (False, None)
    assert found["anchor"] == {"seq": LAST, "valid": False}


def test_a_log_that_was_removed_with_its_head_is_found_only_by_an_anchor(log: Tenant, tamper: Tamper) -> None:
    anchor = head_of(log)
    tamper(log, "delete from lodestar.audit", "delete from lodestar.audit_heads")
    assert verdict(log)["valid"]
    assert not verdict(log, anchor)["valid"]


def test_an_anchor_holds_however_far_the_log_has_grown(log: Tenant) -> None:
    anchor = head_of(log)
    with log.work() as work:
        work.audit.record("user.left", AuditObject("user", 9), {}, None)
        work.commit()
    found = verdict(log, anchor)
    assert (found["valid"], found["anchor"]) == (True, {"seq": LAST, "valid": True})


# Any one of these, to any entry, is found; and so it is whatever the entries say.

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
NAMES = TEXTS.filter(bool)
JSONS = st.none() | st.dictionaries(TEXTS, TEXTS | st.integers() | st.none(), max_size=3)
ENTRIES = st.builds(
    AuditedChange, TEXTS, st.builds(AuditObject, NAMES, st.integers(1, 2**63 - 1)), JSONS, JSONS
)
MOVED_LETTER = f"{SET} action = action || left(object_type, 1), object_type = substr(object_type, 2) {OF}"
TAMPERINGS = {
    "at": f"{SET} at = at - interval '1 microsecond' {OF}",
    "actor": f"{SET} actor_id = coalesce(actor_id, 0) + 1 {OF}",
    "action": f"{SET} action = action || '-' {OF}",
    "object type": f"{SET} object_type = '-' || object_type {OF}",
    "object id": f"{SET} object_id = object_id - 1 {OF}",
    "a letter from one field to the next": MOVED_LETTER,
    "before": f"{SET} before = case when before is null then cast('null' as jsonb) end {OF}",
    "after": f"{SET} after = case when after is null then cast('{{}}' as jsonb) end {OF}",
    "before and after": f"{SET} before = jsonb_build_array(after), after = before {OF}",
    "request": f"{SET} request_id = request_id || ' ' {OF}",
    "hash": f"{SET} hash = sha256(hash) {OF}",
    "previous hash": f"{SET} previous_hash = sha256(previous_hash) {OF}",
    "number": f"{SET} seq = seq + 1000 {OF}",
    "removal": f"delete from lodestar.audit {OF}",
    "insertion": COPY.format(seq="seq + 1000", previous="previous_hash"),
}


@pytest.fixture(scope="module")
def played(context: WorkContext) -> Tenant:
    """A company whose log is written and thrown away again and again."""
    return new_tenant(context)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(ENTRIES, min_size=1, max_size=6),
    how=st.sampled_from(sorted(TAMPERINGS)),
    where=st.integers(0, 5),
)
def test_any_single_tampering_is_found(
    owner_engine: Engine, played: Tenant, changes: list[AuditedChange], how: str, where: int
) -> None:
    with owner_engine.connect() as connection:  # one transaction, rolled back
        bind(connection, played.id)
        connection.execute(
            APPEND, {"at": NOW, "changes": json.dumps([as_json(change) for change in changes])}
        )
        assert checked(connection, played)["valid"]
        seq = where % len(changes) + 1
        touched = connection.execute(text(TAMPERINGS[how]), {"company": played.id, "seq": seq})
        assert touched.rowcount == 1
        found = checked(connection, played)
        assert not found["valid"]
        assert 1 <= found["first_broken"]["seq"] <= len(changes) + 1


WITHOUT_LENGTHS = """
create or replace function lodestar.audit_hash(entry lodestar.audit) returns bytea language sql immutable as $$
  select sha256(convert_to(concat(encode(entry.previous_hash, 'hex'), entry.action, entry.object_type), 'UTF8'))
$$"""


def test_a_hash_without_the_lengths_of_the_fields_would_miss_a_letter_that_moved(
    owner: Connection, played: Tenant
) -> None:
    owner.execute(text(WITHOUT_LENGTHS))
    bind(owner, played.id)
    owner.execute(APPEND, {"at": NOW, "changes": to_json([as_json(change) for change in CHANGES])})
    owner.execute(text(MOVED_LETTER), {"company": played.id, "seq": MIDDLE})
    assert checked(owner, played)["valid"]


APPEND = text("select lodestar.append_audit(:at, 1, 'r', cast(:changes as jsonb))")


def as_json(change: AuditedChange) -> dict[str, object]:
    about = {"action": change.action, "object_type": change.about.type, "object_id": change.about.id}
    return {**about, "before": change.before, "after": change.after}


def checked(connection: Connection, tenant: Tenant) -> Verdict:
    known = {"company": tenant.id, "anchor_seq": None, "anchor_hash": None}
    found: Verdict = connection.execute(text(OPERATIONS["audit_check"]), known).scalar_one()
    return found


# What the application's role may: read, and add through the one function.


ATTEMPTS = (
    COPY.format(seq="seq + 1000", previous="previous_hash").replace(":seq", "1"),
    "insert into lodestar.audit_heads values (:company, 0, '') on conflict do nothing",
    *(
        attempt.format(table)
        for table in ("audit", "audit_heads")
        for attempt in (
            "update lodestar.{} set seq = seq + 1000 where company_id = :company",
            "update lodestar.{} set hash = sha256('') where company_id = :company",
            "delete from lodestar.{} where company_id = :company",
            "truncate lodestar.{}",
            "alter table lodestar.{} disable row level security",
            "drop table lodestar.{} cascade",
        )
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_application_can_only_add(log: Tenant, attempt: str) -> None:
    with log.work() as work, pytest.raises(DBAPIError) as refused:
        work.session.run(attempt)
    assert sqlstate(refused.value) == INSUFFICIENT_PRIVILEGE
    assert verdict(log)["valid"]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_what_the_application_is_refused_is_a_matter_of_its_rights_alone(
    log: Tenant, owner: Connection, attempt: str
) -> None:
    bind(owner, log.id)
    owner.execute(text(attempt), {"company": log.id})


@pytest.mark.parametrize("table", ["audit", "audit_heads"])
def test_the_application_has_no_right_on_any_column_but_to_read(owner: Connection, table: str) -> None:
    held = """select distinct p from pg_attribute a,
      unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) as p
    where a.attrelid = cast(:table as regclass) and a.attnum > 0
      and has_column_privilege('lodestar_app', a.attrelid, a.attnum, p)"""
    assert owner.execute(text(held), {"table": f"lodestar.{table}"}).scalars().all() == ["SELECT"]


def test_the_application_cannot_replace_the_functions_of_the_chain(log: Tenant) -> None:
    replaced = (
        "create or replace function lodestar.audit_hash(entry lodestar.audit) returns bytea "
        "language sql as $$ select ''::bytea $$"
    )
    with log.work() as work, pytest.raises(DBAPIError) as refused:
        work.session.run(replaced)
    assert sqlstate(refused.value) == INSUFFICIENT_PRIVILEGE


def test_number_hashes_and_company_of_a_new_entry_are_not_the_callers_to_say(log: Tenant) -> None:
    forged = {
        "action": "a",
        "object_type": "o",
        "object_id": 1,
        "company_id": 1,
        "seq": 99,
        "hash": "\\x00",
        "previous_hash": "\\x00",
    }
    with log.work() as work:
        work.session.rows(
            "select lodestar.append_audit(:at, 1, 'r', cast(:changes as jsonb))",
            at=NOW,
            changes=json.dumps([forged]),
        )
        work.commit()
    (row,) = log.rows("select * from lodestar.audit where company_id = :company and seq > 7")
    assert (row["seq"], row["company_id"]) == (8, log.id)
    assert verdict(log)["valid"]


def test_without_a_company_nothing_is_added(context: WorkContext) -> None:
    statement = text("select lodestar.append_audit(now(), 1, 'r', '[]')")
    with context.engine.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(statement)
    assert sqlstate(refused.value) == INSUFFICIENT_PRIVILEGE


def test_nobody_but_the_application_may_add(owner: Connection) -> None:
    may = "select has_function_privilege(:who, 'lodestar.append_audit(timestamptz, bigint, text, jsonb)', 'execute')"
    owner.execute(text("create role lodestar_stranger"))
    assert not owner.execute(text(may), {"who": "lodestar_stranger"}).scalar_one()
    assert owner.execute(text(may), {"who": "lodestar_app"}).scalar_one()


def test_writers_at_the_same_time_follow_one_another(
    database: Database, log: Tenant, rival: WorkContext
) -> None:
    def write() -> None:
        with log.work(rival) as other:
            other.audit.record("second", AuditObject("user", 2), None, {})
            other.commit()

    thread = Thread(target=write)
    with log.work() as work:
        work.audit.record("first", AuditObject("user", 1), None, {})
        thread.start()
        wait_until_blocked(database)
        work.commit()
    thread.join()
    rows = log.rows("select action from lodestar.audit where company_id = :company and seq > 7 order by seq")
    assert [row["action"] for row in rows] == ["first", "second"]
    assert verdict(log)["valid"]


def test_two_companies_do_not_wait_for_one_another(
    log: Tenant, context: WorkContext, rival: WorkContext
) -> None:
    neighbour = chained(context)
    with log.work() as work:
        work.audit.record("first", AuditObject("user", 1), None, {})
        with neighbour.work(rival) as other:
            other.session.run("set local lock_timeout = '1s'")
            other.audit.record("second", AuditObject("user", 2), None, {})
            other.commit()
        work.commit()
    assert verdict(log)["entries"] == verdict(neighbour)["entries"] == 8


def test_a_company_checks_its_own_log_only(log: Tenant, context: WorkContext, tamper: Tamper) -> None:
    neighbour = chained(context)
    tamper(neighbour, f"delete from lodestar.audit {OF}", seq=MIDDLE)
    assert verdict(log)["valid"]
    assert not verdict(neighbour)["valid"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_the_hash_depends_on_no_setting_of_the_session(log: Tenant, zone: str) -> None:
    with log.work() as work:
        work.session.run(f"set local timezone = '{zone}'")
        work.session.run("set local datestyle = 'German'")
        work.session.run("set local bytea_output = 'escape'")
        work.session.run("set local extra_float_digits = 0")
        found = work.views.read("audit_check", {"anchor_seq": None, "anchor_hash": None})
    assert json.loads(found or "")["valid"]


def test_the_hash_is_the_one_that_is_documented(context: WorkContext) -> None:
    """Told once by hand, so that the chain can be checked without this database."""
    tenant = new_tenant(context)
    with tenant.work() as work:
        work.audit.record("user.named", AuditObject("user", 12), None, {"name": "Ünä"})
        work.commit()
    instant = str(int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp() * 1_000_000))
    fields = ["", str(tenant.id), "1", instant, None, "user.named", "user", "12", None, '{"name": "Ünä"}', ""]
    told = "".join("-" if field is None else f"{len(field.encode())}:{field}" for field in fields)
    assert head_of(tenant) == AuditHead(1, sha256(told.encode()).hexdigest())


# Entries that were written before there was a chain.


@pytest.fixture
def old(database: Database) -> Iterator[Connection]:
    """The owner of a database as it was before the chain."""
    superuser = database.connect()
    superuser.run("create database lodestar_unchained owner lodestar_owner")
    superuser.close()
    engine = make_owner_engine(lambda: address_of(replace(database, name="lodestar_unchained"), OWNER))
    with engine.connect() as connection:
        connection.execute(text("create schema lodestar"))
        connection.commit()
        upgrade(connection, "0007")
        yield connection


def upgrade(connection: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(PLATFORM.versions))
    config.attributes |= {"connection": connection, "version_table": PLATFORM.version_table}
    command.upgrade(config, version)
    connection.commit()


def test_entries_from_before_the_chain_are_chained_in_their_order(old: Connection) -> None:
    old.execute(text("insert into lodestar.companies (id, name) values (5, 'A'), (6, 'B'), (7, 'C')"))
    for number, company in enumerate((5, 6, 5, 6, 5)):
        bind(old, company)
        told = {"company": company, "number": number, "at": NOW}
        old.execute(
            text(
                "insert into lodestar.audit (company_id, at, actor_id, action, object_type, object_id, after, "
                """request_id) values (:company, :at, 3, 'a', 'o', :number, '{"value": 1.50}', 'r')"""
            ),
            told,
        )
    old.commit()

    upgrade(old, "head")

    for company, numbers in {5: [0, 2, 4], 6: [1, 3], 7: []}.items():
        bind(old, company)
        rows = old.execute(text("select * from lodestar.audit order by seq")).mappings().all()
        assert [row["object_id"] for row in rows] == numbers
        assert [row["seq"] for row in rows] == list(range(1, len(numbers) + 1))
        assert all((row["at"], row["actor_id"], row["before"]) == (NOW, 3, None) for row in rows)
        known = {"company": company, "anchor_seq": None, "anchor_hash": None}
        found = old.execute(text(OPERATIONS["audit_check"]), known).scalar_one()
        assert (found["valid"], found["entries"]) == (True, len(numbers))
