"""Which texts are formulas: the benign give their answers, the hostile are refused for their reasons."""

import json
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.values import Failure, NoData
from lodestar.engine.formula import compile_formula
from lodestar.engine.grammar import FormulaRefused, tokens
from tests.shared_data import hostile_cases, needs_shared

HERE = Path(__file__).parent
BENIGN = json.loads((HERE / "benign_formulas.json").read_text())
HOSTILE = json.loads((HERE / "hostile_formulas.json").read_text())

SHARED_CASES = hostile_cases("formulas")

INPUTS = dict.fromkeys(("revenue", "a", "x"))

SYNTAX = {"formula_syntax"}
REASONS = {
    "FRM-DOS": {"formula_syntax", "formula_too_long", "formula_too_deep", "formula_never_a_number"},
    "FRM-DOS-02": SYNTAX,
    "FRM-DOS-05": {"formula_never_a_number"},
    "FRM-DOS-10": {"formula_too_deep"},
    "FRM-DOS-13": {"formula_too_long"},
    "FRM-DOS-15": {"formula_too_long"},
    "FRM-DOS-16": {"formula_too_long"},
    "FRM-ESC": {"formula_syntax", "formula_unknown_function"},
    "FRM-ESC-16": {"formula_unknown_function"},
    "FRM-ESC-17": {"formula_unknown_function"},
    "FRM-ESC-20": {"formula_unknown_function"},
    "FRM-ESC-21": {"formula_unknown_function"},
    "FRM-GRM": SYNTAX,
    "FRM-GRM-06": {"formula_unknown_variable"},
    "FRM-GRM-29": {"formula_arity"},
    "FRM-VAL": SYNTAX,
    "FRM-VAL-04": {"formula_never_a_number"},
    "FRM-VAL-05": {"formula_never_a_number"},
    "FRM-VAL-06": {"formula_never_a_number"},
    "FRM-VAL-12": {"formula_type"},
}


def refusal(text, variables=INPUTS):
    with pytest.raises(FormulaRefused) as caught:
        compile_formula(text, variables)
    return caught.value


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case["formula"])
def test_a_benign_formula_gives_its_answer(case):
    inputs = {name: Decimal(value) for name, value in case["inputs"].items()}
    formula = compile_formula(case["formula"], dict.fromkeys(inputs))
    assert formula.evaluate(inputs) == Decimal(case["value"])
    assert formula.explain(inputs).value == Decimal(case["value"])


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["why"])
def test_a_hostile_formula_is_refused_for_its_reason(case):
    assert refusal(case["formula"]).code == case["code"]


@needs_shared("hostile/formulas.json")
@pytest.mark.parametrize("case", SHARED_CASES, ids=lambda case: case["id"])
def test_a_shared_hostile_formula_never_becomes_a_number(case):
    if case["id"] == "FRM-VAL-02":  # only the data can tell
        inputs = {"revenue": Decimal(5), "a": Decimal(3)}
        formula = compile_formula(case["payload"], dict.fromkeys(inputs))
        assert formula.evaluate(inputs) == NoData("division_by_zero")
    else:
        family = case["id"].rpartition("-")[0]
        assert refusal(case["payload"]).code in REASONS.get(case["id"], REASONS[family])


def test_a_refusal_names_the_place_the_field_and_the_remedy():
    refused = refusal("revenue + a + profit")
    assert refused.message == (
        "At character 15: There is no input `profit`: add it to the inputs or correct the name."
    )
    assert [(detail.field, detail.message) for detail in refused.details] == [
        ("data_source.formula", refused.message)
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(" * 32 + "1" + ")" * 32, None),
        ("(" * 33 + "1" + ")" * 33, "formula_too_deep"),
        ("-" * 32 + "1", None),
        ("-" * 33 + "1", "formula_too_deep"),
        ("if(" + "not " * 32 + "1 > 0, 1, 0)", "formula_too_deep"),
        ("1**" * 32 + "1", None),
        ("1**" * 33 + "1", "formula_too_deep"),
        ("abs(" * 33 + "1" + ")" * 33, "formula_too_deep"),
        ("max(" + "1," * 63 + "1)", None),
        ("max(" + "1," * 64 + "1)", "formula_arity"),
        ("1+" * 249 + "1", None),
        ("1+" * 250 + "1", "formula_too_large"),
        ("1" + " " * 1_999, None),
        ("1" + " " * 2_000, "formula_too_long"),
        ("0." + "1" * 27, None),
        ("0." + "1" * 28, "formula_too_long"),
    ],
)
def test_each_limit_holds_to_the_last_step(text, code):
    if code:
        assert refusal(text, {}).code == code
    else:
        assert isinstance(compile_formula(text, {}).evaluate({}), Decimal)


@pytest.mark.parametrize("length", [64, 65])
def test_a_name_has_at_most_64_characters(length):
    name = "a" * length
    if length == 64:
        assert compile_formula(name, {name: None}).variables == (name,)
    else:
        assert refusal(name, {}).code == "formula_too_long"


@pytest.mark.parametrize(
    "name", ["Revenue", "1st", "net-revenue", "", "rеvenue", "a" * 65, "if", "max", "and"]
)
def test_an_input_that_no_formula_could_name_is_refused(name):
    assert refusal("revenue", {"revenue": None, name: None}).code == "formula_input_name"


def test_an_input_that_the_formula_never_uses_is_refused():
    refused = refusal("revenue", {"revenue": None, "cost": None})
    assert (refused.code, "`cost`" in refused.message) == ("formula_unused_input", True)


def test_the_worst_formulas_within_the_limits_are_compiled_and_evaluated_at_once():
    deepest = "if(1>0 and not 1>2+3*-(" * 7 + "a" + "),1,0)" * 7
    widest = "+".join(["a**99.5"] * 120)
    longest = "a-" * 249 + "a"
    began = perf_counter()
    for text in (deepest, widest, longest):
        formula = compile_formula(text, {"a": None})
        for value in (Decimal("99999999999999.9999"), Decimal("1e-999999"), Decimal("1e999999")):
            assert isinstance(formula.evaluate({"a": value}), Decimal | NoData | Failure)
            formula.explain({"a": value})
    assert perf_counter() - began < 2  # seconds: hundreds of times what it takes, far less than a hang


words = st.lists(
    st.sampled_from([*"+-−*/%(),<> 0", "**", "==", "!=", "1.5", "9" * 28, "a", "x", "if(", "max(", "round("])
    | st.sampled_from(
        ["coalesce(", "not ", " and ", " or ", "avg(", "abs(", "revenue", "..", "e9", "'", "\n"]
    ),
    max_size=60,
).map("".join)


@given(st.text(max_size=2_100) | words)
def test_any_text_is_a_formula_or_a_refusal(text):
    try:
        formula = compile_formula(text, dict.fromkeys(name for name in INPUTS if name in names_in(text)))
    except FormulaRefused as refused:
        outcome = refused.code
    else:
        outcome = formula.evaluate(dict.fromkeys(INPUTS, Decimal("12.5")))
    assert isinstance(outcome, Decimal | NoData | Failure) or outcome.startswith("formula_")


def names_in(text):
    try:
        return {token.text for token in tokens(text)}
    except FormulaRefused:
        return set()
