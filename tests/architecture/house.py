"""What is in the house: the files of functions/, and the functions that template.yaml makes of them."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
FOLDERS = ("api", "workers", "deploy", "schedules")
"""The rooms of functions/ in the order of the template."""

type Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Function:
    """A function of the template: its logical id and properties, with `!Ref X` as {"Ref": "X"}."""

    id: str
    properties: Properties

    @property
    def module(self) -> str:
        """`api.definitions.create`."""
        return str(self.properties["Handler"]).removesuffix(".handler")

    @property
    def events(self) -> list[Properties]:
        """What calls it, each with Type and Properties."""
        return list(self.properties.get("Events", {}).values())

    @property
    def variables(self) -> Properties:
        """Its own environment, without that of all functions."""
        found: Properties = self.properties.get("Environment", {}).get("Variables", {})
        return found


def read_template(text: str | None = None) -> dict[str, Any]:
    """template.yaml as it is written, before SAM transforms it; or another template's text."""
    parsed: dict[str, Any] = yaml_parse(text or (ROOT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


def functions_of(template: Properties) -> list[Function]:
    """The functions of a template in its order."""
    return [
        Function(name, each["Properties"])
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function"
    ]


def function_files() -> list[Path]:
    """Every file of functions/, relative to it, in the order of the rooms and their names."""
    files = (file.relative_to(FUNCTIONS) for file in FUNCTIONS.rglob("*.py"))
    return sorted(files, key=lambda each: (FOLDERS.index(each.parts[0]), each.parts))


def module_of(file: Path) -> str:
    """`api.definitions.create` of `api/definitions/create.py`."""
    return ".".join(file.with_suffix("").parts)


@cache
def module_of_operation(operation_id: str) -> str:
    """`api.job_search.load_csv` of `job_search_load_csv`: both may have underscores of their own."""
    modules = map(module_of, function_files())
    return next(module for module in modules if module.removeprefix("api.").replace(".", "_") == operation_id)


def bare_handler(source: str) -> Callable[..., Any]:
    """The handler of a module's source as it is written, without the decorator around it."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list.clear()
    namespace: dict[str, Any] = {"__name__": "bare"}
    exec(compile(tree, "handler", "exec"), namespace)
    handler: Callable[..., Any] = namespace["handler"]
    return handler


def python_files(*folders: str) -> Iterator[Path]:
    """Every Python file under some folders of the project."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))
