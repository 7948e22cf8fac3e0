"""Small functions, small files, few parameters, and a reason for every exception."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, python_files

MAX_FUNCTION_LINES = 50
MAX_FILE_LINES = 399
MAX_PARAMETERS = 5
FILES = list(python_files("functions", "layers/lodestar/lodestar", "local", "contract"))
_MANY_WITH_REASON = re.compile(r"# noqa: PLR0913 — \w")
_EXCEPTION = re.compile(r"# (noqa|type: ignore)")
_WITH_REASON = re.compile(r"# (noqa: [A-Z]+\d+(, [A-Z]+\d+)* — \w|type: ignore\[[a-z, -]+\] +# \w)")

type AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


def troubles(source: str) -> Iterator[str]:
    """What in a file is larger than the house allows, or excepted without a reason."""
    lines = source.splitlines()
    if len(lines) > MAX_FILE_LINES:
        yield f"{len(lines)} lines: make two files of it"
    for number, line in enumerate(lines, 1):
        if _EXCEPTION.search(line) and not _WITH_REASON.search(line):
            yield f"line {number}: an exception without its code and a reason"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _function_troubles(node, lines[node.lineno - 1])


def _function_troubles(node: AnyFunction, first_line: str) -> Iterator[str]:
    assert node.end_lineno is not None
    length = node.end_lineno - node.lineno + 1
    if length > MAX_FUNCTION_LINES:
        yield f"{node.name} has {length} lines: name its parts"
    count = len(_parameters(node))
    if count > MAX_PARAMETERS and not _MANY_WITH_REASON.search(first_line):
        yield f"{node.name} has {count} parameters: make an object of those that belong together"


def _parameters(node: AnyFunction) -> list[str]:
    arguments = node.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return [name for name in names if name not in {"self", "cls"}]


@pytest.mark.parametrize("file", FILES, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_file_keeps_to_the_rules_of_the_house(file: Path) -> None:
    assert list(troubles(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "trouble"),
    [
        ("\n" * 400, "400 lines"),
        ("def f():\n" + "    pass\n" * 50, "f has 51 lines"),
        ("async def f(a, b, /, c, *, d, e, g): ...", "f has 6 parameters"),
        ("class A:\n    def f(self, a, b, c, d, e, g): ...", "f has 6 parameters"),
        ("def f(a, b, c, d, e, g): ...  # noqa: PLR0913", "without its code and a reason"),
        ("import os  # noqa", "without its code and a reason"),
        ("a = 1  # type: ignore", "without its code and a reason"),
        ("a = 1  # type: ignore[misc]", "without its code and a reason"),
    ],
)
def test_the_guard_finds_what_is_too_large_or_excepted_without_a_reason(source: str, trouble: str) -> None:
    assert any(trouble in each for each in troubles(source))


def test_the_guard_lets_a_reasoned_exception_pass() -> None:
    assert list(troubles("def f(a, b, c, d, e, g): ...  # noqa: PLR0913 — as in the base class")) == []
    assert list(troubles("a = 1  # type: ignore[misc]  # publishes no types")) == []
