"""One name through the tree: file = function = route = sample event = test."""

import ast
import sys
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest

from lodestar.runtime.endpoint import PUBLIC, Route
from tests.architecture.house import (
    FUNCTIONS,
    Function,
    function_files,
    functions_of,
    module_of,
    read_template,
)
from tests.functions.effects import EFFECTS
from tests.functions.samples import SAMPLES, function_of
from tests.functions.samples import module_of as module_of_sample

MAX_HANDLER_LINES = 20
FILES = function_files()
MODULES = [module_of(each) for each in FILES]
ENDPOINTS = [each for each in functions_of(read_template()) if each.module.startswith("api.")]


def doubles(names: Iterable[str]) -> list[str]:
    """The names that come more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def lines_of_handler(source: str) -> int:
    """How many lines the handler takes, with its decorator."""
    (handler,) = [
        each
        for each in ast.parse(source).body
        if isinstance(each, ast.FunctionDef) and each.name == "handler"
    ]
    assert handler.end_lineno is not None
    return handler.end_lineno - min(each.lineno for each in handler.decorator_list) + 1


def route_trouble(function: Function, route: Route) -> str | None:
    """How the template's event differs from what the decorator says."""
    told = [event["Properties"] for event in function.events if event["Type"] == "HttpApi"]
    wanted = [(route.method, path) for path in route.paths]
    if [(each["Method"], each["Path"]) for each in told] != wanted:
        return f"the template says {told}, the code {wanted}"
    if any((each.get("Auth", {}).get("Authorizer") == "NONE") != (route.needs == PUBLIC) for each in told):
        return "the template and the code disagree on whether anybody may call it"
    return None


def imports_of(source: str) -> set[str]:
    """The modules that a source imports."""
    nodes = list(ast.walk(ast.parse(source)))
    plain = {name.name for each in nodes if isinstance(each, ast.Import) for name in each.names}
    return plain | {
        "." * node.level + (node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)
    }


def test_each_file_is_one_function_of_the_template_in_the_order_of_the_files() -> None:
    assert [each.module for each in functions_of(read_template())] == MODULES


def test_each_function_is_named_as_its_file() -> None:
    named = [function_of(module.replace(".", "/")) for module in MODULES]
    assert [each.id for each in functions_of(read_template())] == named
    assert doubles(named) == []


def test_each_function_has_one_sample_event_and_each_sample_event_a_function() -> None:
    assert sorted(map(module_of_sample, SAMPLES)) == sorted(MODULES)


def test_each_worker_and_schedule_has_an_effect_that_its_sample_event_is_tested_for() -> None:
    assert sorted(map(module_of_sample, EFFECTS)) == sorted(
        module for module in MODULES if module[:4] != "api."
    )


@pytest.mark.parametrize("function", ENDPOINTS, ids=lambda each: each.id)
def test_the_template_routes_to_an_endpoint_what_its_decorator_says(function: Function) -> None:
    assert route_trouble(function, import_module(function.module).handler.route) is None


def test_each_method_and_path_is_there_once() -> None:
    routes = [event["Properties"] for endpoint in ENDPOINTS for event in endpoint.events]
    assert doubles(f"{route['Method']} {route['Path']}" for route in routes) == []


def test_no_folder_or_file_of_functions_shadows_the_standard_library() -> None:
    assert {file.stem for file in FUNCTIONS.iterdir()} & sys.stdlib_module_names == set()


def test_the_artifact_of_the_functions_holds_every_folder_of_them() -> None:
    copied = (FUNCTIONS / "Makefile").read_text(encoding="utf-8").split("cp -r ")[1].split(' "$(')[0].split()
    assert sorted(copied) == sorted({file.parts[0] for file in FILES})


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_handler_is_short(file: Path) -> None:
    assert lines_of_handler((FUNCTIONS / file).read_text(encoding="utf-8")) <= MAX_HANDLER_LINES


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_function_imports_no_other_function(file: Path) -> None:
    imported = {each.split(".")[0] for each in imports_of((FUNCTIONS / file).read_text(encoding="utf-8"))}
    assert imported & {"api", "workers", "deploy", "schedules", ""} == set()


# Each guard, seen to fail on a defect.


def test_the_guards_find_a_double_a_long_handler_and_an_import_of_a_neighbour() -> None:
    assert doubles(["GET /a", "GET /b", "GET /a"]) == ["GET /a"]
    assert lines_of_handler("@endpoint\ndef handler():\n" + "    pass\n" * 19) == 21
    assert imports_of("from api.users import list\nimport api.me.get\nfrom . import get") == {
        "api.users",
        "api.me.get",
        ".",
    }


@pytest.mark.parametrize(
    ("told", "route"),
    [
        ({"Method": "GET", "Path": "/api/a"}, Route("GET", "/api/b", None, 200)),
        ({"Method": "GET", "Path": "/api/a"}, Route("POST", "/api/a", None, 200)),
        ({"Method": "GET", "Path": "/api/a/"}, Route("GET", "/api/a/", None, 200)),
        ({"Method": "GET", "Path": "/api/a"}, Route("GET", "/api/a", PUBLIC, 200)),
        (
            {"Method": "GET", "Path": "/api/a", "Auth": {"Authorizer": "NONE"}},
            Route("GET", "/api/a", None, 200),
        ),
    ],
    ids=["path", "method", "not without its slash", "closed in the template", "open in the template"],
)
def test_the_guard_finds_a_route_that_differs(told: dict[str, object], route: Route) -> None:
    events = {"Http": {"Type": "HttpApi", "Properties": told}}
    assert route_trouble(Function("AFunction", {"Events": events}), route) is not None
