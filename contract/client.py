"""The typed Python client, made from the document: a module of types and one of methods for each tag."""

import keyword
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contract.typing import definition_of, names_in, references, type_of

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "client" / "lodestar_client"
SHARED = "shared"
_HAND_WRITTEN = {"core.py"}
_NOTE = "Made from the OpenAPI document by `make openapi`: change that, not this."
_TYPING = ("Any", "Literal", "NotRequired", "TypedDict")
_JSON = "application/json"
_SUCCESS = ("200", "201", "202")

type Json = Mapping[str, Any]


def made(document: Json) -> dict[str, str]:
    """The source of each generated file, by its path inside the package."""
    schemas = document["components"]["schemas"]
    tags: dict[str, list[tuple[str, str, Json]]] = defaultdict(list)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tags[operation["tags"][0]].append((method.upper(), path, operation))
    homes = _homes(tags, schemas)
    files = {f"types/{home}.py": _types(home, homes, schemas) for home in sorted(set(homes.values()))}
    files |= {f"api/{tag}.py": _methods(tag, operations, homes, schemas) for tag, operations in tags.items()}
    files |= {f"{room}/__init__.py": "" for room in ("types", "api")}
    files["__init__.py"] = _package(sorted(tags))
    return {name: formatted(text) for name, text in files.items()}


def is_current(document: Json, package: Path = PACKAGE) -> bool:
    """Whether the package holds exactly what the document makes."""
    kept = {str(each.relative_to(package)): each.read_text() for each in package.rglob("*.py")}
    return {name: text for name, text in kept.items() if name not in _HAND_WRITTEN} == made(document)


def write(document: Json, package: Path = PACKAGE) -> None:
    """Write the package anew."""
    files = made(document)
    for old in package.rglob("*.py"):
        if str(old.relative_to(package)) not in {*files, *_HAND_WRITTEN}:
            old.unlink()
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")


def formatted(source: str) -> str:
    """As `ruff` sorts its imports and lays it out."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    for work in (["check", "--select=I", "--fix", "--quiet"], ["format"]):
        command = [ruff, *work, "--stdin-filename", str(PACKAGE / "made.py"), "-"]
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603 — our own tool
        source = done.stdout
    return source


def _homes(tags: Mapping[str, list[tuple[str, str, Json]]], schemas: Json) -> dict[str, str]:
    """The module of each schema: its tag's where only that uses it, else the shared one."""
    users: dict[str, set[str]] = defaultdict(set)
    for tag, operations in tags.items():
        waiting = [name for *_, operation in operations for name in references(operation)]
        while waiting:
            name = waiting.pop()
            if name in schemas and tag not in users[name]:
                users[name].add(tag)
                waiting += references(schemas[name])
    return {name: next(iter(found)) if len(found) == 1 else SHARED for name, found in users.items() if found}


def _types(home: str, homes: Mapping[str, str], schemas: Json) -> str:
    names = [each for each in in_order(schemas) if homes.get(each) == home]
    body = "\n\n".join(definition_of(name, schemas[name]) for name in names)
    return f'"""Types: {home}. {_NOTE}"""\n\n{_imports(body, homes, home)}\n\n{body}'


def in_order(schemas: Json) -> list[str]:
    """The schemas, each behind those that it is made of."""
    ordered: dict[str, None] = {}

    def add(name: str, above: frozenset[str]) -> None:
        for each in references(schemas[name]):
            if each not in above:
                add(each, above | {name})
        ordered.setdefault(name)

    for name in sorted(schemas):
        add(name, frozenset({name}))
    return list(ordered)


def _imports(body: str, homes: Mapping[str, str], own: str | None = None) -> str:
    used = names_in(body)
    lines = []
    if typing := [each for each in _TYPING if each in used]:
        lines.append(f"from typing import {', '.join(typing)}\n")
    if core := [each for each in ("Core", "Number", "Request", "pages") if each in used]:
        lines.append(f"from lodestar_client.core import {', '.join(core)}")
    rooms: dict[str, list[str]] = defaultdict(list)
    for name in sorted(used & homes.keys()):
        if homes[name] != own:
            rooms[homes[name]].append(name)
    lines += [f"from lodestar_client.types.{home} import {', '.join(rooms[home])}" for home in sorted(rooms)]
    return "\n".join(lines)


def _methods(
    tag: str, operations: list[tuple[str, str, Json]], homes: Mapping[str, str], schemas: Json
) -> str:
    methods = "\n".join(
        text for method, path, operation in operations for text in _both(method, path, operation, schemas)
    )
    body = f'class {class_of(tag)}:\n    """The operations of the tag `{tag}`."""\n\n'
    body += f"    def __init__(self, core: Core) -> None:\n        self._core = core\n\n{methods}"
    head = "from collections.abc import Iterator\n" if "Iterator[" in body else ""
    return f'"""Methods: {tag}. {_NOTE}"""\n\n{head}{_imports(body, homes)}\n\n\n{body}'


def class_of(tag: str) -> str:
    """`UsersApi` of `users`."""
    return tag.title().replace("_", "") + "Api"


def _both(method: str, path: str, operation: Json, schemas: Json) -> Iterator[str]:
    """The method of an operation, and for a list one more that reads all its pages."""
    name = operation["operationId"].removeprefix(operation["tags"][0] + "_")
    call = _Call(name + "_" if keyword.iskeyword(name) else name, method, path, operation)
    yield call.source()
    model = schemas.get(call.answer)
    if model and "next_cursor" in model.get("properties", {}):
        yield call.all_source(*next(_rows(model)))


def _rows(model: Json) -> Iterator[tuple[str, str]]:
    """Where the rows of a list are, and what they are."""
    for name, each in model["properties"].items():
        if each.get("type") == "array":
            yield name, type_of(each["items"])


class _Call:
    """One operation as a method."""

    def __init__(self, name: str, method: str, path: str, operation: Json) -> None:
        self.name, self._method, self._path, self._operation = name, method, path, operation
        of = {
            place: [each for each in operation["parameters"] if each["in"] == place]
            for place in ("path", "query", "header")
        }
        self._in_path, self._in_query = of["path"], of["query"]
        self._in_header = [each for each in of["header"] if each["name"] != "If-None-Match"]

    @property
    def answer(self) -> str:
        """The type of a successful answer: `bytes` of a file."""
        told = next(
            self._operation["responses"][each] for each in _SUCCESS if each in self._operation["responses"]
        )
        return (
            type_of(told["content"]["application/json"]["schema"])
            if "application/json" in told["content"]
            else "bytes"
        )

    def source(self) -> str:
        """The method."""
        told = [f'"{self._method}"', f'f"{self._path}"' if self._in_path else f'"{self._path}"']
        told += [f"query={_names_to_values(self._in_query)}"] if self._in_query else []
        told += [f"headers={_names_to_values(self._in_header)}"] if self._in_header else []
        told += ["body=body"] if self._body else []
        told += [f"media={self._media!r}"] if self._media not in (None, _JSON) else []
        return (
            f"    def {self.name}({self._signature()}) -> {self.answer}:\n"
            f'        """{self._summary}"""\n'
            f"        found: {self.answer} = self._core.call(Request({', '.join(told)}))\n"
            "        return found\n"
        )

    def all_source(self, rows: str, row: str) -> str:
        """The method that goes through all pages."""
        name = "all" if self.name == "list" else f"all_{self.name}"
        passed = [each["name"] for each in self._in_path]
        passed += [f"{_python(each['name'])}={_python(each['name'])}" for each in self._in_query]
        return (
            f"    def {name}({self._signature(without='cursor')}) -> Iterator[{row}]:\n"
            f'        """Every row of `{self.name}`, page by page."""\n'
            f"        return pages(lambda cursor: self.{self.name}({', '.join(passed)}), {rows!r})\n"
        )

    @property
    def _summary(self) -> str:
        return str(self._operation["summary"]).replace("\\", "\\\\")

    @property
    def _media(self) -> str | None:
        """What the body is: JSON, or a text of another type that is sent as it stands."""
        return next(iter(self._operation.get("requestBody", {}).get("content", {})), None)

    @property
    def _body(self) -> str | None:
        if self._media is None:
            return None
        return type_of(self._operation["requestBody"]["content"][self._media]["schema"])

    def _signature(self, without: str | None = None) -> str:
        fixed = ["self", *(f"{each['name']}: {type_of(each['schema'])}" for each in self._in_path)]
        fixed += [f"body: {self._body}"] if self._body else []
        named = [*self._in_query, *self._in_header]
        optional = [_optional(each) for each in named if each["name"] != without]
        return ", ".join([*fixed, *(["*", *optional] if optional else [])])


def _names_to_values(parameters: list[Json]) -> str:
    """The source of a dict: what the API calls each, and what Python does."""
    return "{" + ", ".join(f"{each['name']!r}: {_python(each['name'])}" for each in parameters) + "}"


def _optional(parameter: Json) -> str:
    kind = type_of(parameter["schema"])
    name = _python(parameter["name"])
    return f"{name}: {kind}" if parameter.get("required") else f"{name}: {kind} | None = None"


def _python(name: str) -> str:
    """A parameter's name in Python: `from_`, `if_match`."""
    plain = name.lower().replace("-", "_")
    return plain + "_" if keyword.iskeyword(plain) else plain


def _package(tags: list[str]) -> str:
    imports = "\n".join(f"from lodestar_client.api.{tag} import {class_of(tag)}" for tag in tags)
    fields = "\n".join(f"        self.{tag} = {class_of(tag)}(core)" for tag in tags)
    return f'''"""A typed client of Lodestar. {_NOTE}"""

import httpx

{imports}
from lodestar_client.core import Core, Detail, LodestarError


class Lodestar:
    """The operations by tag: `Lodestar(httpx.Client(base_url=…), token).users.list()`."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self.core = core = Core(http, token)
{fields}


__all__ = ["Detail", "Lodestar", "LodestarError"]
'''
