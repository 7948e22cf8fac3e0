from decimal import Decimal

import pytest

from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.rewrite import Statement, batched, counted, single

MINE = "user_id = :user_id"


def test_one_subject_is_bound_by_numbered_parameters_with_their_types() -> None:
    query = f"SELECT SUM(value) FROM records WHERE {MINE} AND occurred_at < :end_date AND {MINE}"

    assert single(check_query(query)) == Statement(
        'SELECT SUM("value") FROM "records" WHERE "user_id" = CAST($1 AS BIGINT) '
        'AND "occurred_at" < CAST($2 AS TIMESTAMPTZ) AND "user_id" = CAST($1 AS BIGINT)',
        ("user_id", "end_date"),
    )


def test_an_aggregate_over_the_rows_of_a_user_is_grouped() -> None:
    batch = batched(check_query(f"SELECT SUM(value) FROM records r WHERE r.{MINE} AND value > 3"))

    assert batch.many == Statement(
        'SELECT "r"."user_id" AS "__lodestar_id", SUM("value") AS "__lodestar_v" FROM "records" AS "r" '
        'WHERE "r"."user_id" = ANY(CAST($1 AS BIGINT[])) AND "value" > 3 GROUP BY "r"."user_id"',
        ("user_ids",),
    )
    assert batch.empty == Statement(
        'SELECT SUM("value") FROM "records" AS "r" WHERE FALSE AND "value" > 3', ()
    )


def test_another_shape_runs_under_lateral() -> None:
    batch = batched(check_query(f"SELECT value FROM records WHERE {MINE} ORDER BY value LIMIT 1"))

    assert batch.empty is None
    assert batch.many == Statement(
        'SELECT "__lodestar_u"."__lodestar_id", "__lodestar_k"."__lodestar_v" '
        'FROM UNNEST(CAST($1 AS BIGINT[])) AS "__lodestar_u"("__lodestar_id") LEFT JOIN LATERAL '
        '(SELECT "value" FROM "records" WHERE "user_id" = "__lodestar_u"."__lodestar_id" '
        'ORDER BY "value" LIMIT 1) AS "__lodestar_k"("__lodestar_v") ON TRUE',
        ("user_ids",),
    )


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT COUNT(*) FROM records WHERE {MINE} OR value > 3",
        f"SELECT COUNT(*) FROM records WHERE NOT {MINE}",
        "SELECT COUNT(*) FROM records WHERE user_id + 1 = :user_id",
        f"SELECT COUNT(*) FROM records WHERE {MINE} AND company_id <> :user_id",
        f"SELECT COUNT(*) FILTER (WHERE {MINE}) FROM records",
        f"SELECT COUNT(*) FROM records WHERE {MINE} HAVING COUNT(*) > 2",
        f"SELECT SUM(value) FROM records WHERE {MINE} GROUP BY source LIMIT 1",
        f"SELECT user_id + COUNT(*) FROM records WHERE {MINE}",
        f"SELECT COUNT(*) + (SELECT COUNT(*) FROM records) FROM records WHERE {MINE}",
        f"SELECT COUNT(*) + SUM(COUNT(*)) OVER () FROM records WHERE {MINE}",
        f"SELECT COUNT(*) FROM (SELECT value FROM records WHERE {MINE}) AS t",
        f"WITH t AS (SELECT value FROM records WHERE {MINE}) SELECT COUNT(*) FROM t",
        f"SELECT DISTINCT COUNT(*) FROM records WHERE {MINE}",
        f"SELECT COUNT(*) FROM records WHERE EXISTS (SELECT 1 FROM support_cases WHERE {MINE})",
    ],
)
def test_what_a_group_would_change_is_not_grouped(query: str) -> None:
    assert batched(check_query(query)).empty is None


def test_rewriting_leaves_the_checked_query_as_it_was() -> None:
    checked = check_query(f"SELECT COUNT(*) FROM records WHERE {MINE}")
    before = checked.sql
    batched(checked)
    single(checked)
    counted(checked)

    assert checked.sql == before


def test_the_rows_of_a_plain_aggregate_are_counted_for_one_subject() -> None:
    query = f"SELECT ROUND(AVG(value), :places) FROM records r WHERE r.{MINE} AND value > 3"

    assert counted(check_query(query, {"places": Decimal(1)})) == Statement(
        'SELECT COUNT(*) FROM "records" AS "r" WHERE "r"."user_id" = CAST($1 AS BIGINT) AND "value" > 3',
        ("user_id",),
    )


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT value FROM records WHERE {MINE} ORDER BY value LIMIT 1",
        f"SELECT COUNT(*) FILTER (WHERE value > 3) FROM records WHERE {MINE}",
        f"SELECT COUNT(*) FROM records WHERE {MINE} HAVING COUNT(*) > 2",
        f"SELECT SUM(value) FROM records WHERE {MINE} GROUP BY source LIMIT 1",
        f"SELECT COUNT(*) FROM records r JOIN support_cases c ON c.assigned_to = r.user_id WHERE r.{MINE}",
        f"SELECT COUNT(*) + (SELECT COUNT(*) FROM records) FROM records WHERE {MINE}",
        f"SELECT COUNT(*) FROM (SELECT value FROM records WHERE {MINE}) AS t",
        f"WITH t AS (SELECT value FROM records WHERE {MINE}) SELECT COUNT(*) FROM t",
        f"SELECT (SELECT COUNT(*) FROM records WHERE {MINE})",
        f"SELECT COUNT(*) FROM records WHERE {MINE} UNION SELECT COUNT(*) FROM records WHERE {MINE} LIMIT 1",
    ],
)
def test_rows_are_not_counted_where_the_conditions_do_not_tell_them(query: str) -> None:
    assert counted(check_query(query)) is None
