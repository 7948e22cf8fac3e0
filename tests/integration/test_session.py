"""Array literals arrive as they were sent, whatever the texts in them hold."""

from datetime import datetime, timedelta, timezone

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.unit_of_work import WorkContext

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001 — bounds
elements = st.one_of(
    st.tuples(st.just("text"), st.lists(st.none() | texts)),
    st.tuples(st.just("bigint"), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))),
    st.tuples(st.just("numeric"), st.lists(st.none() | st.decimals(allow_nan=False, allow_infinity=False))),
    st.tuples(st.just("date"), st.lists(st.none() | st.dates())),
    st.tuples(st.just("timestamptz"), st.lists(st.none() | instants)),
)


@given(elements)
@example(("text", ["", "NULL", 'a "quoted" one', "back\\slash", "{a,b}", " spaced ", "ü\n", None]))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_array_literal_is_read_as_the_values_it_was_made_of(
    context: WorkContext, case: tuple[str, list[object]]
) -> None:
    kind, values = case
    sql = f"select v from unnest(cast($1 as {kind}[])) with ordinality as t(v, n) order by n"
    with context.engine.connect() as connection:
        assert list(connection.exec_driver_sql(sql, (array(values),)).scalars()) == values
