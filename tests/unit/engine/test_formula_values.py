"""What formulas give: exact where exact arithmetic says so, and a reason where there is no number."""

from decimal import Decimal, getcontext
from fractions import Fraction

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from lodestar.domain.values import Failure, NoData, Skipped
from lodestar.engine.formula import compile_formula
from lodestar.engine.grammar import FormulaRefused, tokens

INPUTS = ("a", "b", "c")


def formula_of(text):
    """The formula over the inputs that it uses."""
    words = {token.text for token in tokens(text)}
    return compile_formula(text, {name: None for name in INPUTS if name in words})


def outcome(text, **inputs):
    return formula_of(text).evaluate(inputs)


# An oracle: trees as nested tuples, their exact values as fractions, their texts with the fewest brackets.

PRECEDENCE = {"+": 1, "-": 1, "*": 2}
EXACT = {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__}

leaves = st.integers(0, 9999).map(lambda cents: Decimal(cents) / 100)
trees = st.recursive(
    leaves, lambda inner: st.tuples(st.sampled_from(sorted(EXACT)), inner, inner), max_leaves=6
)


def exact(tree):
    if isinstance(tree, Decimal):
        return Fraction(tree)
    operator, left, right = tree
    return EXACT[operator](exact(left), exact(right))


def text_of(tree, outer=0):
    if isinstance(tree, Decimal):
        return f"{tree:f}"
    operator, left, right = tree
    level = PRECEDENCE[operator]
    text = f"{text_of(left, level)} {operator} {text_of(right, level + 1)}"
    return f"({text})" if level < outer else text


@given(trees)
def test_sums_and_products_are_exact_and_grouped_as_written(tree):
    assert abs(exact(tree)) < 10**15
    value = outcome(text_of(tree))
    assert isinstance(value, Decimal)
    assert Fraction(value) == exact(tree)


# Formulas of every kind, to compare the two ways of evaluating one.

atoms = st.sampled_from([*INPUTS, *INPUTS, "0", "1", "2.5", "100", "0.5"])


def conditions(numbers):
    comparison = st.builds(
        "{} {} {}".format, numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers
    )
    return comparison | st.builds("({} {} {})".format, comparison, st.sampled_from(["and", "or"]), comparison)


def numbers(inner):
    infix = st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "%", "**"]), inner)
    many = st.builds(
        "{}({}, {})".format, st.sampled_from(["min", "max", "sum", "avg", "coalesce"]), inner, inner
    )
    one = st.builds("{}({})".format, st.sampled_from(["-", "abs", "round", "sum"]), inner)
    places = st.builds("round({}, {})".format, inner, st.integers(0, 15))
    choice = st.builds("if({}, {}, {})".format, conditions(inner), inner, inner)
    return infix | many | one | places | choice


formulas = st.recursive(atoms, numbers, max_leaves=12)
values = (
    st.decimals(allow_nan=True, allow_infinity=True)
    | st.decimals(-100, 100, places=2)
    | st.sampled_from(
        [Decimal(0), Decimal(1), NoData("no_rows"), Failure("source_down"), Skipped("awaiting_entry")]
    )
)
rows = st.dictionaries(st.sampled_from(INPUTS), values)


@given(formulas, st.lists(rows, max_size=4))
def test_the_compiled_formula_gives_what_the_explanation_gives(text, inputs):
    try:
        formula = formula_of(text)
    except FormulaRefused as refused:
        if refused.code != "formula_never_a_number":
            raise
        reject()
    evaluated = formula.evaluate_many(inputs)
    assert evaluated == [formula.explain(row).value for row in inputs]
    for value in evaluated:
        if isinstance(value, Decimal):
            assert abs(value) < 10**15
        else:
            reason = value.reason.partition(":")[0]
            known = {
                NoData: {"division_by_zero", "missing_input"},
                Failure: {"overflow", "not_a_number", "input_failed"},
            }
            assert reason in known[type(value)]


@pytest.mark.parametrize(
    "text", ["a / b", "a % b", "b ** -1", "b / b", "0 / b", "avg(a / b, 1)", "a / (b - b)"]
)
def test_a_division_by_zero_is_no_data(text):
    assert outcome(text, a=Decimal(5), b=Decimal(0)) == NoData("division_by_zero")


@pytest.mark.parametrize("inputs", [{}, {"b": NoData("division_by_zero")}, {"b": Skipped("awaiting_entry")}])
@pytest.mark.parametrize("text", ["a + b", "b * 0", "sum(a, b)", "max(a, b)", "if(b > 0, a, a)", "b"])
def test_an_input_without_a_value_is_missing_by_its_name_and_never_zero(text, inputs):
    assert outcome(text, a=Decimal(5), **inputs) == NoData("missing_input:b")


def test_an_input_that_failed_fails_the_formula():
    value = outcome("a + b", a=Decimal(5), b=Failure("source_down", "Intercom is away."))
    assert value == Failure("input_failed", "The input `b` failed: Intercom is away.")


def test_coalesce_passes_over_what_has_no_data_but_not_over_what_failed():
    assert outcome("coalesce(b, c, 7)", c=Decimal(3)) == 3
    assert outcome("coalesce(a / b, 7)", a=Decimal(1), b=Decimal(0)) == 7
    assert outcome("coalesce(a, b)", a=NoData("no_rows")) == NoData("missing_input:b")
    assert outcome("coalesce(a, 7)", a=Failure("source_down")).reason == "input_failed"


def test_if_needs_only_the_branch_that_it_takes():
    assert outcome("if(b == 0, 100, a / b)", a=Decimal(1), b=Decimal(0)) == 100
    assert outcome("if(a > 0, a, b)", a=Decimal(1)) == 1


def test_and_and_or_stop_where_the_answer_is_known():
    assert outcome("if(b != 0 and a / b > 2, 1, 0)", a=Decimal(1), b=Decimal(0)) == 0
    assert outcome("if(b == 0 or a / b > 2, 1, 0)", a=Decimal(1), b=Decimal(0)) == 1
    assert outcome("if(b == 0 and a > 0, 1, 0)", b=Decimal(0)) == NoData("missing_input:a")


@pytest.mark.parametrize("operator", ["and", "or"])
@pytest.mark.parametrize("value", [1, -1])
def test_a_condition_whose_first_side_is_missing_has_no_answer(operator, value):
    assert outcome(f"if(a > 0 {operator} b > 0, 1, 0)", b=Decimal(value)) == NoData("missing_input:a")


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("a ** 0.5", "-8", "not_a_number"),
        ("a ** (1 / 3)", "-8", "not_a_number"),
        ("a ** a", "0", "not_a_number"),
        ("2 ** a", "101", "overflow"),
        ("2 ** a", "-101", "overflow"),
        ("2 ** a", "1e900", "overflow"),
        ("a * 10", "1e14", "overflow"),
        ("a * -10", "1e14", "overflow"),
        ("a", "1e15", "overflow"),
        ("a ** 100", "1e14", "overflow"),
        ("a", "NaN", "not_a_number"),
        ("a + 1", "sNaN", "not_a_number"),
        ("1 / a", "Infinity", "not_a_number"),
        ("if(a == 0, 1, 2)", "NaN", "not_a_number"),
    ],
)
def test_what_is_no_number_or_too_large_a_one_fails_with_its_reason(text, value, reason):
    value = outcome(text, a=Decimal(value))
    assert isinstance(value, Failure)
    assert value.reason == reason
    assert value.message.endswith(".")


def test_a_result_may_come_up_to_the_limit_and_pass_it_on_the_way():
    assert outcome("a * 10", a=Decimal("99999999999999.9999")) == Decimal("999999999999999.999")
    assert outcome("a * 1000000 / 1000000", a=Decimal("99999999999999")) == Decimal("99999999999999")


def test_division_keeps_28_digits_whatever_the_caller_works_with():
    getcontext().prec, before = 6, getcontext().prec
    try:
        assert str(outcome("a / 3", a=Decimal(1))) == "0.3333333333333333333333333333"
        assert getcontext().prec == 6
    finally:
        getcontext().prec = before


def test_many_rows_give_each_its_own_outcome_in_order():
    formula = compile_formula("a / b", {"a": None, "b": None})
    one, zero = Decimal(1), Decimal(0)
    assert formula.evaluate_many(
        [{"a": one, "b": one}, {"a": one, "b": zero}, {"a": one}, {"a": zero, "b": one}]
    ) == [Decimal(1), NoData("division_by_zero"), NoData("missing_input:b"), Decimal(0)]


def test_an_explanation_shows_each_part_as_written_with_its_value():
    explanation = outcome_tree("if(b > 0, (a + 1) / b, c)", a=Decimal(5), b=Decimal(2))
    assert explanation == (
        "if(b > 0, (a + 1) / b, c)",
        3,
        [
            ("b > 0", True, [("b", 2, []), ("0", 0, [])]),
            ("(a + 1) / b", 3, [("a + 1", 6, [("a", 5, []), ("1", 1, [])]), ("b", 2, [])]),
        ],
    )


def test_an_explanation_of_no_data_shows_where_it_began():
    text, value, parts = outcome_tree("a * b", a=Decimal(5))
    assert (text, value) == ("a * b", NoData("missing_input:b"))
    assert parts == [("a", 5, []), ("b", NoData("missing_input:b"), [])]


def outcome_tree(text, **inputs):
    def plain(explanation):
        return (explanation.text, explanation.value, [plain(part) for part in explanation.parts])

    return plain(formula_of(text).explain(inputs))


def test_a_compiled_formula_can_reach_nothing_but_what_was_bound_for_it():
    compiled = compile_formula("if(a > 1, round(a ** 2, 1), max(b, 3))", {"a": None, "b": None}).compiled
    reachable = compiled.__globals__
    assert reachable["__builtins__"] == {}
    assert set(compiled.__code__.co_names) == reachable.keys() - {"__builtins__"} | {"quantize"}
