"""Odd requests, made from the OpenAPI document: the largest and strangest of each part of each operation.

A part is a path, a query string, headers, a body or a file; an odd one is put in the place of the usual one.
"""

import base64
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.conformance import Contract
from tests.e2e.attempts import Attempted, options

type Event = dict[str, Any]

MEGABYTE = 1024**2
LARGEST = 5 * MEGABYTE
MARKS = "\u0301\u0316"
"""Two marks that programs put in order: the square of how many there are takes long."""


@dataclass(frozen=True)
class Odd:
    """What is odd, and the parts of an event that make it so; a large one is not sent by everybody."""

    what: str
    parts: Mapping[str, Any]
    is_large: bool = False

    def put_into(self, event: Event) -> Event:
        """The event with the odd parts."""
        headers = {**event["headers"], **self.parts.get("headers", {})}
        return {**event, **self.parts, "headers": headers}


TEXTS: Mapping[str, str] = {
    "nothing": "",
    "blanks": " \t ",
    "a long text": "x" * 7_000,
    "thousands of digits": "9" * 7_000,
    "thousands of decimals": "0." + "1" * 7_000,
    "a number beyond all": "1e400000",
    "an exponent beyond all": "1e99999999999999999999",
    "not a number": "NaN",
    "more than an id": str(2**63),
    "less than nothing": "-1",
    "Arabic digits": "٣",
    "the first day": "0001-01-01",
    "the last instant": "9999-12-31T23:59:59.999999+14:00",
    "null": "null",
    "a list": "[[]]",
    "a character that nothing keeps": "\x00",
    "a change of direction": "\u202e\u2066",
    "marks": "a" + MARKS * 500,
    "SQL": "'; select pg_sleep(60) --",
}
RAW_TEXTS: Mapping[str, str] = {"no UTF-8": "%ff%fe", "half a character": "%ed%a0%80", "half a sign": "%"}
"""As they are sent: what no text can be quoted to."""
QUERIES: Mapping[str, str] = {
    "a long query string": "a=" + "x" * 200_000,
    "many parameters": "&".join(f"p{number}=1" for number in range(90)),
    "very many parameters": "&".join("p=1" for _ in range(20_000)),
    "a long name of a parameter": "x" * 7_000 + "=1",
    "names of nothing": "&&&=&=&?&;",
    "names that are no text": "%ff=1&%00=2&%ed%a0%80=3",
}
HEADERS: Mapping[str, Mapping[str, str]] = {
    "long headers": {"x-anything": "x" * 200_000},
    "a long key": {"idempotency-key": "k" * 7_000},
    "a key that is no text": {"idempotency-key": "\x00é"},
    "tags that do not end": {"if-match": '"a" , ' * 1_100, "if-none-match": '"a" , ' * 1_100},
    "tags that are none": {"if-match": '"' * 7_999, "if-none-match": "W/" * 3_999},
    "blanks for tags": {"if-match": " " * 7_990 + "x", "if-none-match": "," * 7_990},
    "an encoding of its own": {"content-type": "application/json; charset=utf-16"},
    "a form": {"content-type": "multipart/form-data; boundary=" + "x" * 7_000},
    "a type of nothing": {"content-type": ";;;", "accept": "*" * 7_000, "accept-encoding": "zip"},
}
EMPTY: Mapping[str, str] = {
    "nothing of a form": "application/x-www-form-urlencoded",
    "nothing in parts": "multipart/form-data",
    "nothing of no type": ";;;",
}
"""Media types of empty bodies."""
VALUES: Mapping[str, str] = {
    "null": "null",
    "a switch": "true",
    "a long text": json.dumps("x" * 100_000),
    "a text of blanks": '" \\t "',
    "a text that nothing keeps": '"a\\u0000b"',
    "half a character": '"\\ud800"',
    "a change of direction": '"\\u202eabc\\u2066"',
    "marks": json.dumps("=" + MARKS * 1_900),
    "thousands of digits": "9" * 100_000,
    "hundreds of digits": "9" * 999,
    "digits in quotes": json.dumps("9" * 100_000),
    "hundreds of decimals": "0." + "1" * 900,
    "a number beyond all": "1e400000",
    "a number almost beyond all": "-1e999",
    "an exponent beyond all": "1e-99999999999999999999",
    "more than an id": str(2**63),
    "less than nothing": "-1",
    "half of one": "0.5",
    "the first day": '"0001-01-01"',
    "the last instant": '"9999-12-31T23:59:59.999999-14:00"',
    "a list": "[]",
    "a long list": "[" + "1," * 15_000 + "1]",
    "a long list of texts": "[" + '"a b",' * 15_000 + '""]',
    "a long list of objects": "[" + "{}," * 9_000 + "{}]",
    "an object": "{}",
    "a large object": json.dumps({f"field {number}": number for number in range(15_000)}),
    "long names": json.dumps({f"{number:0200}": [] for number in range(9_000)}),
    "a long name": json.dumps({"n" * 100_000: 1}),
    "deep lists": "[" * 30 + "]" * 30,
    "deeper lists": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 30 + "{}" + "}" * 30,
    "a type of its own": '{"type": "' + "t" * 10_000 + '"}',
}
"""Of a field, as JSON text: what no program would write is among them."""
BODIES: Mapping[str, str] = {
    "no JSON": '{"name": ',
    "nothing": "",
    "null": "null",
    "a text": '"name"',
    "a list": "[{}]",
    "an object of nothing": "{}",
    "a field twice": '{"name": "A", "name": "B"}',
    "no number": '{"name": NaN, "weight": -Infinity}',
    "deep lists": '{"name": ' + "[" * 100_000,
    "deep objects": '{"name":' * 100_000,
    "many unknown fields": json.dumps({f"f{number}": number for number in range(19_000)}),
    "texts that nothing keeps": '{"name": [' + '"\\ud800",' * 15_000 + '"\\u0000"]}',
    "quotes": '"' * 10_000,
}
LARGE_BODIES: Mapping[str, str] = {
    "40,000 unknown fields": json.dumps({f"f{number}": 1 for number in range(40_000)}),
    "300,000 unknown fields": json.dumps({f"f{number}": 1 for number in range(300_000)}),
    "a field of five megabytes": '{"name": "' + "x" * (LARGEST - 20) + '"}',
    "a name of five megabytes": '{"' + "x" * (LARGEST - 20) + '": 1}',
    "a number of five megabytes": '{"value": ' + "9" * (LARGEST - 20) + "}",
    "decimals of five megabytes": '{"value": 0.' + "9" * (LARGEST - 20) + "}",
    "five megabytes of numbers": '{"value": [' + "1.5," * (LARGEST // 4 - 10) + "1]}",
    "five megabytes of lists": "[" + "[]," * (LARGEST // 3 - 10) + "[]]",
    "five megabytes of texts": '["' + '","' * (LARGEST // 3 - 10) + '"]',
    "five megabytes of escapes": '{"name": "' + '\\"' * (LARGEST // 2 - 20) + '"}',
    "five megabytes of brackets": "{" * LARGEST,
    "five megabytes of marks": json.dumps({"name": MARKS * (LARGEST // 5)}, ensure_ascii=False),
    "six megabytes": json.dumps({"name": "x" * 6 * MEGABYTE}),
}
BINARY: Mapping[str, bytes] = {
    "no UTF-8": b'{"name": "\xff"}',
    "another encoding": '{"name": "A"}'.encode("utf-16"),
    "the mark of an encoding": '{"name": "A"}'.encode("utf-8-sig"),
    "noise": bytes(range(256)) * 4_000,
}


def odd_requests(contract: Contract, operation: Attempted) -> Iterator[Odd]:
    """What is odd about a whole part, of an operation with or without such a part."""
    template = operation.request.template
    yield Odd("a long path", {"rawPath": template + "/" + "x" * 200_000})
    yield Odd("a path of breaks", {"rawPath": operation.request.address + "\n\x00\u202e"})
    for what, query in QUERIES.items():
        yield Odd(what, {"rawQueryString": query, "queryStringParameters": {"p": "1"}})
    for what, headers in HEADERS.items():
        yield Odd(what, {"headers": headers})
    kind = media_type(contract, operation)
    if kind == "text/csv":
        yield from _files(str(_content(contract, operation)[kind]["example"]))
    elif operation.request.method in ("POST", "PUT"):
        yield from (Odd(what, _json(body)) for what, body in BODIES.items())
        yield from (Odd(what, _json(body), is_large=True) for what, body in LARGE_BODIES.items())
    for what, empty in EMPTY.items():
        yield Odd(what, {"body": "", "headers": {"content-type": empty}})
    if operation.request.method in ("POST", "PUT"):
        for what, content in BINARY.items():
            yield Odd(what, {**_encoded(content), "headers": {"content-type": kind}})


def odd_values(contract: Contract, operation: Attempted) -> Iterator[Odd]:
    """Every odd value in the place of every single field and parameter of the document."""
    for parameter in _document(contract, operation)["parameters"]:
        if parameter["in"] == "query":
            yield from _odd_parameter(operation, parameter["name"])
        elif parameter["in"] == "path":
            yield from _odd_variable(operation, parameter["name"])
    body = _content(contract, operation).get("application/json")
    if body is not None:
        yield from _odd_fields(contract, operation, body["schema"])


def media_type(contract: Contract, operation: Attempted) -> str:
    """Of the body that an operation takes; JSON where it takes none."""
    return next(iter(_content(contract, operation)), "application/json")


def _content(contract: Contract, operation: Attempted) -> Any:
    return _document(contract, operation).get("requestBody", {}).get("content", {})


def _document(contract: Contract, operation: Attempted) -> Any:
    request = operation.request
    return contract.document["paths"][request.template][request.method.lower()]


def _odd_parameter(operation: Attempted, name: str) -> Iterator[Odd]:
    others = [
        f"{other}={quote(str(value))}" for other, value in operation.request.query.items() if other != name
    ]
    values = {what: (text, quote(text)) for what, text in TEXTS.items()}
    values |= {what: ("\ufffd", text) for what, text in RAW_TEXTS.items()}
    for what, (value, sent) in values.items():
        query = {**operation.request.query, name: value}
        parts = {"rawQueryString": "&".join([*others, f"{name}={sent}"]), "queryStringParameters": query}
        yield Odd(f"{what} as {name}", parts)
    twice = {"rawQueryString": f"{name}=1&" * 90 + f"{name}=1", "queryStringParameters": {name: "1,1"}}
    yield Odd(f"{name} many times", twice)


def _odd_variable(operation: Attempted, name: str) -> Iterator[Odd]:
    for what, text in TEXTS.items():
        if text and "/" not in text:
            path = {**operation.request.path, name: text}
            parts = {"rawPath": operation.request.template.format_map(path), "pathParameters": path}
            yield Odd(f"{what} as {name}", parts)


def _odd_fields(contract: Contract, operation: Attempted, schema: Any) -> Iterator[Odd]:
    for way in dict.fromkeys(_ways(contract, schema, operation.request.body, ())):
        for what, value in VALUES.items():
            name = ".".join(map(str, way))
            yield Odd(f"{what} as {name}", _json(_with_value(operation.request.body, way, value)))


def _ways(
    contract: Contract, schema: Any, example: Any, way: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """The fields of a body, and those in it as far as the example goes."""
    for option in options(contract, schema):
        fields = option.get("properties", {}) if isinstance(example, dict) else {}
        for name, each in fields.items():
            yield (*way, name)
            if name in example:
                yield from _ways(contract, each, example[name], (*way, name))
        if "items" in option and isinstance(example, list) and example:
            yield (*way, 0)
            yield from _ways(contract, option["items"], example[0], (*way, 0))


def _with_value(body: Any, way: tuple[str | int, ...], value: str) -> str:
    """The JSON of a body with another JSON text in one place: it may be one that no value of Python has."""
    mark = "the place of the odd value"
    changed = copy.deepcopy(body)
    spot = changed
    for step in way[:-1]:
        spot = spot[step]
    spot[way[-1]] = mark
    return json.dumps(changed).replace(json.dumps(mark), value)


def _files(example: str) -> Iterator[Odd]:
    """Odd CSV files, around a good one."""
    header, line, *_ = example.splitlines()
    width = header.count(",") + 1
    files = {
        "an empty file": "",
        "a header alone": header,
        "a header of 400 KB": ",".join(f"column_{number}" for number in range(32_000)) + f"\n{line}\n",
        "a header of empty columns": header + "," * 9_000 + f"\n{line}\n",
        "a name of a column that does not end": "x" * 9_000 + f"\n{line}\n",
        "a header over many lines": f'"{"a\n" * 60_000}",' * 3 + f"{header}\n{line}\n",
        "no end of a quote": f'{header}\n"{line}\n' + f"{line}\n" * 4_000,
        "characters that nothing keeps": f"{header}\n" + ",".join(["\x00\u202e"] * width) + "\n",
        "rows without cells": f"{header}\n" + "1\n" * 4_999,
        "rows of very many cells": f"{header}\n" + ("," * 50_000 + "1\n") * 50,
        "a separator of its own": header.replace(",", ";") + "\n" + ";".join(["1.234"] * width) + "\n",
    }
    yield from (Odd(what, _csv(text)) for what, text in files.items())
    cells = {
        "digits": "9" * 90_000,
        "thousands": "1" + ".234" * 20_000,
        "marks": f"'a{MARKS * 20_000}",
        "apostrophes and separators": "';" * 40_000,
        "letters": "😀" * 24_000,
        "line ends": "\n" * 90_000,
    }
    for what, cell in cells.items():
        row = ",".join([f'"{cell}"'] * width)
        times = max(1, LARGEST // (len(row.encode()) + 1) - 1)
        yield Odd(f"five megabytes of {what}", _csv(f"{header}\n" + f"{row}\n" * times), is_large=True)
        semicolons = _csv(header.replace(",", ";") + "\n" + row.replace('","', '";"') + "\n")
        yield Odd(f"cells of {what} between semicolons", semicolons)
    large = {
        "as many bad rows as there may be": f"{header}\n"
        + (",".join(["\u00e9" * 60] * width) + "\n") * 5_000,
        "as many unlike rows as there may be": f"{header}\n"
        + "".join(f"{number},{line.partition(',')[2]}\n" for number in range(5_000)),
        "too many rows": f"{header}\n" + f"{line}\n" * 50_000,
        "five megabytes of line ends": f"{header}\n" + "\n" * (LARGEST - len(header) - 1),
        "five megabytes of empty rows": f"{header}\n" + f"{',' * width}\n" * (LARGEST // (width + 1) - 10),
        "five megabytes of columns": "," * LARGEST,
        "five megabytes of quotes": '"' * LARGEST,
        "six megabytes": "x" * 6 * MEGABYTE,
    }
    yield from (Odd(what, _csv(text), is_large=True) for what, text in large.items())


def _json(body: str) -> Event:
    return {"body": body, "headers": {"content-type": "application/json"}}


def _csv(text: str) -> Event:
    return {"body": text, "headers": {"content-type": "text/csv"}}


def _encoded(content: bytes) -> Event:
    return {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}
