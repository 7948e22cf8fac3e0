"""The typed Python client, made from the document: a module of types and one of methods for each tag."""

import keyword
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contract.naming import is_enum, with_named_enums
from contract.typing import definition_of, names_in, references, type_of

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "client" / "lodestar_client"
SHARED = "shared"
ENUMS = "enums"
MANY_LINES = 350
_HAND_WRITTEN = {"core.py", "decoding.py"}
_NOTE = "Made from the OpenAPI document by `make openapi`: change that, not this."
_TYPING = ("Any", "Literal", "NotRequired", "TypedDict")
_CORE = ("Core", "Number", "Request", "pages", "quoted")
_JSON = "application/json"
_SUCCESS = ("200", "201", "202")

type Json = Mapping[str, Any]
type Operations = list[tuple[str, str, Json]]
"""Each with its method and path."""


def made(document: Json) -> dict[str, str]:
    """The source of each generated file, by its path inside the package."""
    document = with_named_enums(document)
    schemas = document["components"]["schemas"]
    tags: dict[str, Operations] = defaultdict(list)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tags[operation["tags"][0]].append((method.upper(), path, operation))
    modules = _modules(tags, schemas)
    files = {
        f"types/{module}.py": _types(module, modules, schemas) for module in sorted(set(modules.values()))
    }
    files |= {
        f"api/{tag}.py": _methods(tag, operations, modules, schemas) for tag, operations in tags.items()
    }
    files |= {"api/__init__.py": "", "types/__init__.py": _all_types(modules)}
    files["__init__.py"] = _package(sorted(tags))
    return {name: formatted(text) for name, text in files.items()}


def is_current(document: Json, package: Path = PACKAGE) -> bool:
    """Whether the package holds exactly what the document makes."""
    kept = {str(file.relative_to(package)): file.read_text() for file in package.rglob("*.py")}
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


def _modules(tags: Mapping[str, Operations], schemas: Json) -> dict[str, str]:
    """The module of each schema: its tag's where only that uses it, else one of the two shared ones.

    The enums of a tag with many types have a module of their own.
    """
    users: dict[str, set[str]] = defaultdict(set)
    for tag, operations in tags.items():
        waiting = [name for *_, operation in operations for name in references(operation)]
        while waiting:
            name = waiting.pop()
            if name in schemas and tag not in users[name]:
                users[name].add(tag)
                waiting += references(schemas[name])
    shared = {name: ENUMS if is_enum(schemas[name]) else SHARED for name in users.keys() & schemas.keys()}
    own = {name: next(iter(found)) for name, found in users.items() if len(found) == 1}
    lines = Counter[str]()
    for name, tag in own.items():
        lines[tag] += _least_lines(schemas[name])
    enums = {name: f"{tag}_{ENUMS}" for name, tag in own.items() if is_enum(schemas[name])}
    return shared | own | {name: enums[name] for name in enums if lines[own[name]] > MANY_LINES}


def _least_lines(schema: Json) -> int:
    """A class with its docstring and a line for each member."""
    return 6 + len(schema.get("enum", schema.get("properties", ())))


def _types(module: str, modules: Mapping[str, str], schemas: Json) -> str:
    names = [name for name in in_order(schemas) if modules.get(name) == module]
    body = "\n\n".join(definition_of(name, schemas[name]) for name in names)
    return f'"""Types: {module}. {_NOTE}"""\n\n{_imports(body, modules, module)}\n\n{body}'


def _all_types(modules: Mapping[str, str]) -> str:
    """Every type under one address, which stays when a type comes to be shared."""
    lines = (
        f"from lodestar_client.types.{module} import {name} as {name}" for name, module in modules.items()
    )
    return f'"""All types. {_NOTE}"""\n\n' + "\n".join(sorted(lines))


def in_order(schemas: Json) -> list[str]:
    """The schemas, each behind those that it is made of."""
    ordered: dict[str, None] = {}

    def add(name: str, above: frozenset[str]) -> None:
        for part in references(schemas[name]):
            if part not in above:
                add(part, above | {name})
        ordered.setdefault(name)

    for name in sorted(schemas):
        add(name, frozenset({name}))
    return list(ordered)


def _imports(body: str, modules: Mapping[str, str], own: str | None = None) -> str:
    used = names_in(body)
    lines = []
    if "dt" in used:
        lines.append("import datetime as dt")
    if "Iterator" in used:
        lines.append("from collections.abc import Iterator")
    if "StrEnum" in used:
        lines.append("from enum import StrEnum")
    if typing := [name for name in _TYPING if name in used]:
        lines.append(f"from typing import {', '.join(typing)}\n")
    if core := [name for name in _CORE if name in used]:
        lines.append(f"from lodestar_client.core import {', '.join(core)}")
    names: dict[str, list[str]] = defaultdict(list)
    for name in sorted(used & modules.keys()):
        if modules[name] != own:
            names[modules[name]].append(name)
    lines += [
        f"from lodestar_client.types.{module} import {', '.join(names[module])}" for module in sorted(names)
    ]
    return "\n".join(lines)


def _methods(tag: str, operations: Operations, modules: Mapping[str, str], schemas: Json) -> str:
    methods = "\n".join(
        text
        for method, path, operation in operations
        for text in _methods_of(method, path, operation, schemas)
    )
    body = f'class {class_of(tag)}:\n    """The operations of the tag `{tag}`."""\n\n'
    body += f"    def __init__(self, core: Core) -> None:\n        self._core = core\n\n{methods}"
    return f'"""Methods: {tag}. {_NOTE}"""\n\n{_imports(body, modules)}\n\n\n{body}'


def class_of(tag: str) -> str:
    """`UsersApi` of `users`."""
    return tag.title().replace("_", "") + "Api"


def _methods_of(method: str, path: str, operation: Json, schemas: Json) -> Iterator[str]:
    """The method of an operation, and for a list one more that reads all its pages."""
    name = operation["operationId"].removeprefix(operation["tags"][0] + "_")
    call = _Call(name + "_" if keyword.iskeyword(name) else name, method, path, operation)
    yield call.source()
    model = schemas.get(call.answer)
    if model and "next_cursor" in model.get("properties", {}):
        yield call.all_source(*next(_rows(model)))


def _rows(model: Json) -> Iterator[tuple[str, str]]:
    """Where the rows of a list are, and what they are."""
    for name, field in model["properties"].items():
        if field.get("type") == "array":
            yield name, type_of(field["items"])


class _Call:
    """One operation as a method."""

    def __init__(self, name: str, method: str, path: str, operation: Json) -> None:
        self.name, self._method, self._path, self._operation = name, method, path, operation
        in_place: dict[str, list[Json]] = defaultdict(list)
        for parameter in operation["parameters"]:
            in_place[parameter["in"]].append(parameter)
        self._in_path, self._in_query = in_place["path"], in_place["query"]
        self._in_header = [header for header in in_place["header"] if header["name"] != "If-None-Match"]

    @property
    def answer(self) -> str:
        """The type of a successful answer: `bytes` of a file."""
        responses = self._operation["responses"]
        content = next(responses[status] for status in _SUCCESS if status in responses)["content"]
        return type_of(content[_JSON]["schema"]) if _JSON in content else "bytes"

    def source(self) -> str:
        """The method."""
        arguments = [f'"{self._method}"', self._address]
        arguments += [f"query={_names_to_values(self._in_query)}"] if self._in_query else []
        arguments += [f"headers={_names_to_values(self._in_header)}"] if self._in_header else []
        arguments += ["body=body"] if self._body else []
        arguments += [f"media={self._media!r}"] if self._media not in (None, _JSON) else []
        return (
            f"    def {self.name}({self._signature()}) -> {self.answer}:\n"
            f'        """{self._summary}"""\n'
            f"        request = Request({', '.join(arguments)})\n"
            f"        found: {self.answer} = self._core.call(request, {self.answer})\n"
            "        return found\n"
        )

    @property
    def _address(self) -> str:
        """The source of the path, each parameter quoted."""
        path = self._path
        for parameter in self._in_path:
            path = path.replace(f"{{{parameter['name']}}}", f"{{quoted({parameter['name']})}}")
        return f'f"{path}"' if self._in_path else f'"{path}"'

    def all_source(self, rows: str, row: str) -> str:
        """The method that goes through all pages."""
        name = "all" if self.name == "list" else f"all_{self.name}"
        passed = [parameter["name"] for parameter in self._in_path]
        passed += [f"{name}={name}" for name in (_python(parameter["name"]) for parameter in self._in_query)]
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
        in_path = (f"{parameter['name']}: {type_of(parameter['schema'])}" for parameter in self._in_path)
        fixed = ["self", *in_path]
        fixed += [f"body: {self._body}"] if self._body else []
        named = [*self._in_query, *self._in_header]
        optional = [_optional(parameter) for parameter in named if parameter["name"] != without]
        return ", ".join([*fixed, *(["*", *optional] if optional else [])])


def _names_to_values(parameters: list[Json]) -> str:
    """The source of a dict: what the API calls each parameter, and what Python does."""
    names = [parameter["name"] for parameter in parameters]
    return "{" + ", ".join(f"{name!r}: {_python(name)}" for name in names) + "}"


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
from lodestar_client.core import Core, Detail, LodestarError, Refused, Unreachable


class Lodestar:
    """The operations by tag: `Lodestar(httpx.Client(base_url=…), token).users.list()`."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self.core = core = Core(http, token)
{fields}


__all__ = ["Detail", "Lodestar", "LodestarError", "Refused", "Unreachable"]
'''
