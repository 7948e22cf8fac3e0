from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.scoring import Part, Score, overall

percents = st.decimals("0", "999.99", places=2)
weights = st.decimals("0", "100", places=2)
parts = st.lists(st.builds(Part, weights, st.none() | percents, st.booleans()), max_size=30)


def two_decimals(exact: Fraction) -> Decimal:
    """Half to even, as `round` does it for a Fraction, in whole cents: no decimal context takes part."""
    return Decimal(round(exact * 100)).scaleb(-2)


def expected_overall(parts: list[Part], cap: Decimal | None) -> Score:
    counted = []
    for part in parts:
        if part.achievement is not None:
            percent = Fraction(part.achievement)
            counted.append((Fraction(part.weight), percent if cap is None else min(percent, Fraction(cap))))
        elif part.counts_as_zero:
            counted.append((Fraction(part.weight), Fraction(0)))
    measured = sum(weight for weight, _ in counted)
    total = sum(Fraction(part.weight) for part in parts)
    return Score(
        two_decimals(sum(weight * percent for weight, percent in counted) / measured) if measured else None,
        two_decimals(100 * measured / total) if total else None,
    )


@given(parts, st.none() | percents)
def test_overall_is_the_weighted_mean_of_what_counts(parts: list[Part], cap: Decimal | None) -> None:
    assert overall(parts, cap) == expected_overall(parts, cap)


@given(parts)
def test_coverage_is_a_percentage_of_all_weight(parts: list[Part]) -> None:
    coverage = overall(parts).coverage
    assert coverage is None or 0 <= coverage <= 100


def test_a_score_tells_how_much_of_the_weight_it_rests_on() -> None:
    parts = [Part(Decimal(75), Decimal("82.4")), Part(Decimal(25), None)]
    assert overall(parts) == Score(Decimal("82.40"), Decimal("75.00"))


def test_a_missing_value_that_counts_as_0_lowers_the_score_and_is_covered() -> None:
    parts = [Part(Decimal(1), Decimal(100)), Part(Decimal(1), None, counts_as_zero=True)]
    assert overall(parts) == Score(Decimal("50.00"), Decimal("100.00"))


def test_a_value_that_is_there_counts_even_where_a_missing_one_would_be_0() -> None:
    assert overall([Part(Decimal(1), Decimal(90), counts_as_zero=True)]).score == Decimal("90.00")


def test_the_cap_holds_each_part_and_not_the_mean() -> None:
    parts = [Part(Decimal(1), Decimal(300)), Part(Decimal(1), Decimal(50))]
    assert overall(parts, Decimal(120)).score == Decimal("85.00")


def test_there_is_no_score_without_weight() -> None:
    assert overall([]) == Score(None, None)
    assert overall([Part(Decimal(0), Decimal(100))]) == Score(None, None)
    assert overall([Part(Decimal(10), None)]) == Score(None, Decimal("0.00"))
