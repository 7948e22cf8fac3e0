"""Layer 1 by itself: no database, no sandbox."""

from decimal import Decimal

import pytest
from sqlglot import exp

from lodestar.sources.sql.check import check_query, check_writing
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.tables import SANDBOX

COUNT = "SELECT COUNT(*) FROM records WHERE user_id = :user_id"


def code_of(query: str) -> str:
    with pytest.raises(QueryRefused) as refusal:
        check_query(query)
    return refusal.value.code


def test_a_refusal_names_the_field_and_says_what_to_change() -> None:
    with pytest.raises(QueryRefused) as refusal:
        check_query("SELECT COUNT(*) FROM invoices WHERE user_id = :user_id")

    assert refusal.value.code == "sql_table_not_allowed"
    assert refusal.value.details[0].field == "data_source.query"
    known = ", ".join(sorted(SANDBOX))
    assert refusal.value.message == f'There is no table "invoices" here: use {known}.'


def test_what_runs_is_written_from_the_tree_without_comments_and_with_quoted_names() -> None:
    checked = check_query("select count(*) -- all\nfrom Records /* of mine */ where USER_ID = :user_id;")

    assert checked.sql == 'SELECT COUNT(*) FROM "records" WHERE "user_id" = :user_id'


def test_the_used_parameters_have_their_types() -> None:
    own = {"least": Decimal(5), "stage": "won", "unused": Decimal(1)}
    checked = check_query(f"{COUNT} AND value > :least AND source = :stage AND occurred_at < :end_date", own)

    assert checked.types == {
        "end_date": "timestamptz",
        "least": "numeric",
        "stage": "text",
        "user_id": "bigint",
    }


@pytest.mark.parametrize("name", ["user_id", "Least", "a b", "", "__lodestar_u", "x" * 64])
def test_a_declared_parameter_needs_a_plain_name_of_its_own(name: str) -> None:
    with pytest.raises(QueryRefused) as refusal:
        check_query(COUNT, {name: Decimal(1)})

    assert refusal.value.code == "sql_parameter_name"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (COUNT + " " * 8192, "too_long"),
        (COUNT.replace(" ", "\u00a0", 1), "control_character"),
        (COUNT + "\r", "control_character"),
        (COUNT + "\ud800", "control_character"),
        (COUNT + "\u202e", "control_character"),
        ("SELECT " + "(" * 33 + "1" + ")" * 33, "too_deep"),
        ("SELECT " + "NOT " * 2000 + ":user_id", "too_deep"),
        ("SELECT 1 + 'it is", "syntax"),
        ("SELECT 1; SELECT 2", "many_statements"),
        ("-- nothing", "not_select"),
        ("(SELECT :user_id) UNION (SELECT 1) LIMIT 1", "not_select"),
        ("TABLE records", "not_select"),
        ("VALUES (:user_id)", "not_select"),
        ("FROM records SELECT COUNT(*)", "not_select"),
        ("WITH RECURSIVE r AS (SELECT 1 AS n) SELECT SUM(n) FROM r", "recursive"),
    ],
)
def test_a_text_that_no_parser_should_see_is_refused(query: str, code: str) -> None:
    assert code_of(query) == f"sql_{code}"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT " + "date(" * 30 + "1" + ")" * 30,
        "SELECT " + "array[" * 30 + "1" + "]" * 30,
        "SELECT " + "- if " * 60 + "1",
        "SELECT 1 FROM " + "records join " * 60 + "records",
    ],
)
def test_a_text_that_can_be_read_in_endless_ways_is_refused_at_once(query: str) -> None:
    assert code_of(query) in {"sql_too_deep", "sql_syntax"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"{COUNT} FOR UPDATE", "not_select"),
        ("SELECT now() - MAX(occurred_at) FROM records WHERE user_id = :user_id", "function_not_allowed"),
        (f"{COUNT} AND occurred_at < CURRENT_DATE", "function_not_allowed"),
        (f"{COUNT} AND occurred_at < 'now'", "function_not_allowed"),
        (f"{COUNT} AND occurred_at < ' Today 10:00'::timestamptz", "function_not_allowed"),
        (f"{COUNT} AND source ~ '(a|a)*$'", "function_not_allowed"),
        (f"{COUNT} AND source SIMILAR TO 'a*'", "not_allowed"),
        ("SELECT SUM(value ^ 2) FROM records WHERE user_id = :user_id", "function_not_allowed"),
        (f"{COUNT} AND REPEAT(source, 9) = ''", "function_not_allowed"),
        ("SELECT MAX(source::regclass::int) FROM records WHERE user_id = :user_id", "not_allowed"),
        ("SELECT MAX(source::char(9999999)) FROM records WHERE user_id = :user_id", "type_not_allowed"),
        ("SELECT MAX(value::int[]) FROM records WHERE user_id = :user_id", "not_allowed"),
        ("SELECT TRY_CAST(MAX(source) AS int) FROM records WHERE user_id = :user_id", "function_not_allowed"),
        (f"{COUNT} AND source = '{{user_id}}'", "text_not_plain"),
        (f"{COUNT} AND source = E'a'", "text_not_plain"),
        (f"{COUNT} AND source = $$a$$", "text_not_plain"),
        (f"{COUNT} AND value = ?", "parameter_unknown"),
        (f"{COUNT} AND value = :valeu", "parameter_unknown"),
        (f"{COUNT} AND occurred_at < :end_date - INTERVAL :user_id", "syntax"),
        ("SELECT MAX(value) OVER w FROM records WINDOW w AS (ORDER BY user_id) LIMIT 1", "not_allowed"),
        ("SELECT DISTINCT ON (source) value FROM records LIMIT 1", "not_allowed"),
        ("SELECT COUNT(*) FROM ONLY records WHERE user_id = :user_id", "not_allowed"),
        ("SELECT COUNT(*) FROM records TABLESAMPLE SYSTEM (1) WHERE user_id = :user_id", "not_allowed"),
        ("SELECT COUNT(*) FROM records AS r(a) WHERE user_id = :user_id", "not_allowed"),
        (f"{COUNT} LIMIT ALL", "word_not_allowed"),
        ("SELECT COUNT(*) AS __lodestar_v FROM records WHERE user_id = :user_id", "name_reserved"),
        ('SELECT COUNT(*) AS "a""b" FROM records WHERE user_id = :user_id', "name_not_allowed"),
        ('SELECT COUNT(*) FROM "Records" WHERE user_id = :user_id', "name_not_allowed"),
        ("SELECT COUNT(:user_id) FROM records", "aggregate_of_parameter"),
        ("SELECT COUNT(*) FILTER (WHERE :user_id = 1) FROM records", "aggregate_of_parameter"),
    ],
)
def test_what_is_not_on_a_list_is_refused(query: str, code: str) -> None:
    assert code_of(query) == f"sql_{code}"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT date_part('epoch from now()) + (select pg_sleep(9)) -- ', MAX(opened_at)) FROM support_cases",
        'SELECT extract("epoch from now()) + pg_sleep(9) -- " FROM MAX(opened_at)) FROM support_cases',
        "SELECT date_part('day from opened_at) + f(closed_at', opened_at) FROM support_cases LIMIT 1",
    ],
)
def test_a_bare_word_does_not_become_sql(query: str) -> None:
    """sqlglot writes the unit of EXTRACT without quotes."""
    assert code_of(query) == "sql_word_not_allowed"


@pytest.mark.parametrize("word", ["EPOCH FROM 1) + PG_SLEEP(9", "EPOCH FROM now()) --", "'"])
def test_a_tree_that_is_written_as_something_else_is_refused_whatever_it_holds(word: str) -> None:
    tree = check_query(
        "SELECT MAX(EXTRACT(EPOCH FROM opened_at)) FROM support_cases WHERE team_id = :team_id"
    ).tree
    bare = tree.find(exp.Var)
    assert bare is not None
    check_writing(tree)
    bare.set("this", word)

    with pytest.raises(QueryRefused):
        check_writing(tree)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT value FROM support_cases AS value WHERE assigned_to = :user_id LIMIT 1",
        "SELECT COUNT(records) FROM records WHERE user_id = :user_id",
        "SELECT COUNT(r.pg_sleep) FROM records r JOIN (SELECT user_id, 1 AS pg_sleep FROM records) s "
        "USING (user_id) WHERE r.user_id = :user_id",
        "SELECT COUNT(r.status) FROM records r WHERE r.user_id = :user_id",
        "SELECT COUNT(x.value) FROM records r WHERE r.user_id = :user_id",
        "SELECT COUNT(*) FROM records WHERE user_id = :user_id AND assigned_to = 1",
        "SELECT COUNT(*) FROM records r JOIN (SELECT r.value FROM support_cases) s ON s.value = r.value",
        "SELECT COUNT(*) FROM records r JOIN support_cases s USING (ctid) WHERE r.user_id = :user_id",
        "SELECT COUNT(*) FROM records WHERE user_id = :user_id HAVING COUNT(xmin) > 1",
        "SELECT value FROM records WHERE user_id = :user_id ORDER BY tableoid LIMIT 1",
        "SELECT SUM(value) FROM (SELECT COUNT(*) FROM records WHERE user_id = :user_id) AS t",
    ],
)
def test_a_column_belongs_to_a_visible_table(query: str) -> None:
    assert code_of(query) == "sql_column_not_allowed"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (
            "WITH a AS (SELECT value FROM b), b AS (SELECT 1 AS value) SELECT SUM(value) FROM a",
            "table_not_allowed",
        ),
        (
            "SELECT SUM(v) FROM (WITH a AS (SELECT 1 AS v) SELECT v FROM a) x JOIN a ON a.v = x.v",
            "table_not_allowed",
        ),
        ("WITH records AS (SELECT 1 AS value) SELECT SUM(value) FROM records", "name_taken"),
        ("WITH a AS (SELECT 1 AS v), a AS (SELECT 2 AS v) SELECT SUM(v) FROM a", "name_taken"),
        ("SELECT COUNT(*) FROM records JOIN records ON value = value", "name_taken"),
        ("SELECT COUNT(*) FROM lodestar.records", "table_not_allowed"),
        ("SELECT COUNT(*) FROM pg_class", "table_not_allowed"),
        ("SELECT COUNT(*) FROM generate_series(1, 9)", "function_not_allowed"),
        ("SELECT COUNT(*) FROM (SELECT value FROM records)", "name_missing"),
        ("SELECT COUNT(*) FROM records a, records b", "join_without_condition"),
        ("SELECT COUNT(*) FROM records a CROSS JOIN records b", "join_without_condition"),
        ("SELECT COUNT(*) FROM records a NATURAL JOIN records b", "join_without_condition"),
        ("SELECT COUNT(*) FROM records a JOIN records b ON true", "join_without_condition"),
        (
            "SELECT COUNT(*) FROM records a CROSS JOIN records b ON a.value = b.value",
            "join_without_condition",
        ),
        (
            "SELECT COUNT(*) FROM records a LEFT JOIN LATERAL (SELECT 1) b ON a.value = 1",
            "not_allowed",
        ),
        (
            "SELECT COUNT(*) FROM records a JOIN records b USING (user_id) JOIN records c USING (user_id) "
            "JOIN records d USING (user_id) JOIN records e USING (user_id)",
            "too_many_tables",
        ),
    ],
)
def test_a_table_is_named_plainly_and_where_it_is_visible(query: str, code: str) -> None:
    assert code_of(query) == f"sql_{code}"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT COUNT(*), 1 FROM records WHERE user_id = :user_id", "many_columns"),
        ("SELECT SUM(v) FROM (SELECT 1 AS v UNION SELECT 1, 2) t WHERE v = :user_id", "many_columns"),
        ("SELECT COUNT(r.*) FROM records r WHERE user_id = :user_id", "star"),
        ("SELECT value FROM records WHERE user_id = :user_id", "many_rows"),
        ("SELECT value FROM records WHERE user_id = :user_id LIMIT 2", "many_rows"),
        ("SELECT SUM(value) FROM records WHERE user_id = :user_id GROUP BY source", "many_rows"),
        ("SELECT SUM(value) OVER () FROM records WHERE user_id = :user_id", "many_rows"),
        ("SELECT (SELECT SUM(value) FROM records) FROM records WHERE user_id = :user_id", "many_rows"),
        ("SELECT COUNT(*) FROM records WHERE user_id = :user_id UNION SELECT 1", "many_rows"),
        ("SELECT COUNT(*) FROM records", "subject_missing"),
        ("SELECT COUNT(*) + :user_id FROM records", "subject_missing"),
        ("SELECT (user_id, value) FROM records WHERE user_id = :user_id LIMIT 1", "many_columns"),
        ("SELECT COUNT(*) FROM records WHERE user_id = :user_id AND team_id = :team_id", "subjects_mixed"),
    ],
)
def test_a_query_gives_one_number_of_one_subject(query: str, code: str) -> None:
    assert code_of(query) == f"sql_{code}"


@pytest.mark.parametrize("clause", ["ORDER BY", "LIMIT", "OFFSET"])
def test_what_follows_a_union_reads_allowed_tables_only(clause: str) -> None:
    union = f"SELECT 1 AS v UNION ALL SELECT 2 AS v {clause} (SELECT COUNT(*) FROM pg_user)"
    query = f"SELECT COUNT(*) FROM records r JOIN ({union}) t ON t.v = r.value WHERE r.user_id = :user_id"

    assert code_of(query) == "sql_table_not_allowed"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT :user_id",
        "SELECT COUNT(*) + :user_id FROM records",
        "SELECT COUNT(*) FROM records LIMIT :user_id",
        "SELECT value FROM records ORDER BY value LIMIT 1 OFFSET :user_id",
        "SELECT COUNT(*) FROM records WHERE :user_id = :user_id",
        "SELECT COUNT(*) FROM records WHERE value IN (SELECT value FROM records LIMIT :user_id)",
    ],
)
def test_a_subject_that_chooses_no_rows_is_not_enough(query: str) -> None:
    assert code_of(query) == "sql_subject_missing"


@pytest.mark.parametrize(
    "column",
    [
        "(COUNT(*), 1)",
        "COUNT((source, value))",
        "COALESCE((MAX(value), 1), (1, 2))",
        "CASE WHEN COUNT(*) > 1 THEN (1, 2) END",
    ],
)
def test_a_row_is_no_number(column: str) -> None:
    assert code_of(f"SELECT {column} FROM records WHERE user_id = :user_id") == "sql_many_columns"


def test_a_row_may_be_counted_or_compared() -> None:
    query = (
        "SELECT COUNT(DISTINCT (source, value)) FROM records WHERE (user_id, source) = (:user_id, 'deals')"
    )

    assert check_query(query)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (
            "SELECT AVG(s.satisfction) FROM support_cases s WHERE s.assigned_to = :user_id",
            "resolution_minutes",
        ),
        ("SELECT AVG(total) FROM (SELECT 1 AS sum_of_all) t WHERE 1 = :user_id", "sum_of_all"),
    ],
)
def test_a_misspelt_column_is_answered_with_the_columns_there_are(query: str, names: str) -> None:
    with pytest.raises(QueryRefused, match=names):
        check_query(query)


@pytest.mark.parametrize("text", ["'row_to_json'", "'row_to_json'::text", "UPPER('row_to_json')"])
def test_a_text_is_no_name_of_a_column(text: str) -> None:
    """Postgres calls the function of that name on the row: `t.row_to_json`."""
    inner = f"SELECT {text}, user_id FROM records"
    query = f"SELECT COUNT(t.row_to_json) FROM ({inner}) AS t WHERE t.user_id = :user_id"

    assert code_of(query) == "sql_column_not_allowed"


def nested(query: str, level: str) -> str:
    """A query inside 25 others, each of which names its column more than once."""
    for number in range(25):
        query = level.format(f"({query}) AS t{number}")
    return f"SELECT SUM(v) FROM ({query}) AS t"


@pytest.mark.parametrize(
    "level",
    [
        "SELECT v + v AS v FROM {}",
        "SELECT CASE WHEN v > 1 THEN v END AS v FROM {}",
        "SELECT (SELECT v + v AS w) AS v FROM {}",
        "SELECT 1 AS v UNION ALL SELECT v + v AS v FROM {}",
        "SELECT 1, 1, 1 AS v, 1 AS w UNION ALL SELECT 1 AS a, 2 AS b, v + v AS v, v AS w FROM {}",
    ],
)
def test_a_small_query_does_not_multiply_in_the_planner(level: str) -> None:
    mine = "SELECT value AS v FROM records WHERE user_id = :user_id"

    assert code_of(nested(mine, level)) == "sql_too_long"


def test_a_query_in_many_others_may_stay_small() -> None:
    mine = "SELECT value AS v FROM records WHERE user_id = :user_id"

    assert check_query(nested(mine, "SELECT v + 1 AS v FROM {}"))


def test_a_comment_may_follow_the_last_semicolon() -> None:
    assert check_query(f"{COUNT}; -- of the user").sql == check_query(COUNT).sql
