from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.definitions import TargetType
from lodestar.domain.scoring import achievement
from lodestar.domain.targets import Target
from lodestar.domain.wording import achievement_in_words

HIGHER, LOWER, EXACT, RANGE = TargetType
numbers = st.decimals("-9999.9999", "9999.9999", places=4)
points = numbers.map(Target.point)
targets = st.tuples(numbers, numbers).map(lambda ends: Target(min(ends), max(ends)))


def point(value: int) -> Target:
    return Target.point(Decimal(value))


@pytest.mark.parametrize(
    ("actual", "target", "kind", "sentence"),
    [
        ("11.0000", point(10), HIGHER, "100 + 100 × (11 − 10) / |10| = 110 %"),
        ("-5", point(-10), HIGHER, "100 + 100 × (−5 − (−10)) / |−10| = 150 %"),
        ("12.5", point(10), LOWER, "100 − 100 × (12.5 − 10) / |10| = 75 %"),
        ("9", point(10), EXACT, "100 − 100 × |9 − 10| / |10| = 90 %"),
        ("9", Target(Decimal(10), Decimal(20)), RANGE, "100 − 100 × |9 − 10| / |10| = 90 %"),
        ("15", Target(Decimal(10), Decimal(20)), RANGE, "15 lies in the target of 10 to 20: 100 %"),
        ("-30", point(10), HIGHER, "100 + 100 × (−30 − 10) / |10| = 0 % (held between 0 % and 999.99 %)"),
        (
            "5000",
            point(10),
            HIGHER,
            "100 + 100 × (5000 − 10) / |10| = 999.99 % (held between 0 % and 999.99 %)",
        ),
        ("3", point(0), HIGHER, "3 meets a target of 0: 100 %"),
        ("3", point(0), LOWER, "3 misses a target of 0: 0 %"),
        (None, point(1), HIGHER, "There is no value, so there is no achievement."),
        ("1", None, HIGHER, "There is no target, so there is no achievement."),
    ],
)
def test_an_achievement_is_told_with_its_numbers(
    actual: str | None, target: Target | None, kind: TargetType, sentence: str
) -> None:
    value = None if actual is None else Decimal(actual)
    assert achievement_in_words(value, target, kind) == sentence


def calculated(formula: str) -> Fraction:
    """What a reader with a calculator gets; `|…|` is an absolute value."""
    plain = formula.replace("−", "-").replace("×", "*")
    parts = plain.split("|")
    opened = [part + ("abs(" if place % 2 == 0 else ")") for place, part in enumerate(parts[:-1])]
    return Fraction(eval("".join([*opened, parts[-1]]), {"abs": lambda x: abs(Fraction(x))}))


@given(
    st.integers(-500, 500).map(Decimal),
    st.integers(1, 500).map(Decimal),
    st.sampled_from([HIGHER, LOWER, EXACT]),
)
def test_whoever_calculates_the_sentence_again_gets_the_achievement(
    actual: Decimal, aim: Decimal, kind: TargetType
) -> None:
    sentence = achievement_in_words(actual, Target.point(aim), kind)
    formula, _, told = sentence.partition(" = ")
    held = min(max(calculated(formula), Fraction(0)), Fraction(99999, 100))
    assert Decimal(told.split(" ")[0]) == Decimal(round(held * 100)).scaleb(-2)
    assert ("held" in told) == (held != calculated(formula))


@given(st.none() | numbers, st.none() | targets, st.sampled_from(TargetType))
def test_the_sentence_ends_with_the_achievement_wherever_there_is_one(
    actual: Decimal | None, target: Target | None, kind: TargetType
) -> None:
    if kind is not RANGE and target is not None:
        target = Target.point(target.low)
    sentence, achieved = achievement_in_words(actual, target, kind), achievement(actual, target, kind)
    if achieved is None:
        assert sentence.startswith("There is no")
    else:
        assert f"{achieved.normalize():f} %" in sentence
