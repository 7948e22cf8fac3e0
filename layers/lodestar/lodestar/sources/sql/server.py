"""Layer 2, the server's tree: what the server makes of a query, by the OIDs in its own parse tree.

Promises that what runs is made of allowed functions, operators, types and relations by the server's own
account: a temporary view, made and rolled back, keeps the tree that would be executed, in pg_rewrite. Made
against whatever layer 1 might overlook (current_user, a row as a value, a table by its OID), and against
texts that become times while the query runs: an attribute that holds "now", `CAST('no' || 'w' AS
timestamptz)`.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from lodestar.persistence.kernel.connection import OneTripConnection
from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.rewrite import Statement

_VIEW = f"{allow.RESERVED_PREFIX}_checked"
_TREE = "select ev_action::text from pg_catalog.pg_rewrite where ev_class = cast($1 as regclass)"

# By the names that the server has for what allow.py allows: TRIM is btrim, AT TIME ZONE is timezone.
_SCALARS = allow.SCALARS | {"extract", "like_escape", "timezone", "unnest"}
_NUMBERS = ("float4", "float8", "int2", "int4", "int8", "numeric")
_TIMES = ("date", "interval", "timestamp", "timestamptz")
_TYPES = (*_NUMBERS, *_TIMES, "bool", "jsonb", "text", "unknown", "varchar")

ALLOWED: Mapping[str, frozenset[str]] = {
    # A cast is a call of a function with the name of the type.
    "function": allow.FUNCTIONS | _SCALARS | frozenset(_TYPES),
    "operator": frozenset((*"+-*/%=<>", "<>", "<=", ">=", "||", "~~", "!~~", "~~*", "!~~*", "->", "->>")),
    "type": frozenset((*_TYPES, *(f"_{name}" for name in _TYPES))),
}
"""What a tree may be made of, by the server's own names; all of it in pg_catalog, or ours."""
_TIME_OIDS = {"1082", "1083", "1114", "1184", "1266"}

NODES = frozenset(
    {
        *("AGGREF", "ALIAS", "ARRAYEXPR", "BOOLEANTEST", "BOOLEXPR", "CASEEXPR", "CASETESTEXPR", "CASEWHEN"),
        *("COALESCEEXPR", "COERCEVIAIO", "COMMONTABLEEXPR", "CONST", "DISTINCTEXPR", "FROMEXPR", "FUNCEXPR"),
        *("JOINEXPR", "MINMAXEXPR", "NULLIFEXPR", "NULLTEST", "OPEXPR", "PARAM", "QUERY", "RANGETBLENTRY"),
        *("RANGETBLFUNCTION", "RANGETBLREF", "RELABELTYPE", "RTEPERMISSIONINFO", "SCALARARRAYOPEXPR"),
        *(
            "SETOPERATIONSTMT",
            "SORTGROUPCLAUSE",
            "SUBLINK",
            "TARGETENTRY",
            "VAR",
            "WINDOWCLAUSE",
            "WINDOWFUNC",
        ),
    }
)
"""The kinds of node that allowed queries come to; CURRENT_USER, XMLTABLE and the like are others."""

_FUNCTION_FIELDS = ("aggfnoid", "funcid", "winfnoid")
_TYPE_FIELDS = (
    *("aggtype", "array_typeid", "casetype", "coalescetype", "consttype", "element_typeid"),
    *("funcresulttype", "minmaxtype", "opresulttype", "paramtype", "resulttype", "vartype", "wintype"),
)
_KIND_OF_FIELD: Mapping[str, str] = {
    **dict.fromkeys(_FUNCTION_FIELDS, "function"),
    "opno": "operator",
    **dict.fromkeys(_TYPE_FIELDS, "type"),
    "relid": "relation",
}
# A field is `:name 23`; text of the query itself stands in the tree escaped, and constants as bytes.
_FIELD = re.compile(r":(\w+) (\d+)")
_NODE = re.compile(r"\{([A-Z]+)")
# A text that becomes a value of another type while the query runs; no other node has these two fields so.
_CAST_OF_TEXT = re.compile(r":resulttype (\d+) :resultcollid")

_TIME_OF_TEXT = (
    "A text becomes a time only where it is a constant, such as TIMESTAMPTZ '2026-01-31 12:00+00'. "
    "For an attribute write attribute_time(attributes, 'name')."
)
_NAMES = """
select 'function' as kind, p.proname as name, p.pronamespace = 'pg_catalog'::regnamespace
  or p.pronamespace::regnamespace::text = session_user and p.proname = any(cast($5 as text[])) as is_plain
from pg_catalog.pg_proc p where p.oid = any(cast($1 as oid[]))
union all
select 'operator', o.oprname, o.oprnamespace = 'pg_catalog'::regnamespace
from pg_catalog.pg_operator o where o.oid = any(cast($2 as oid[]))
union all
select 'type', t.typname, t.typnamespace = 'pg_catalog'::regnamespace
from pg_catalog.pg_type t where t.oid = any(cast($3 as oid[]))
union all
select 'relation', c.relname, c.relnamespace::regnamespace::text = session_user
from pg_catalog.pg_class c where c.oid = any(cast($4 as oid[]))"""


def check_on_server(connection: OneTripConnection, statement: Statement, tables: Collection[str]) -> None:
    """Let the server read a statement, in the caller's transaction, which must not be committed.

    `tables` are the names of what the sandbox offers.

    Raises:
        QueryRefused: the server's tree holds what no query may be made of.
    """
    # A view has no parameters. A `$1` in a text is replaced too, which changes no kind of thing.
    unbound = re.sub(r"\$\d+", "NULL", statement.sql)
    connection.execute_unnamed(f"create temporary view {_VIEW} as {unbound}", [])
    (tree,) = connection.execute_unnamed(_TREE, [f"pg_temp.{_VIEW}"]).rows[0]
    for node in sorted(set(_NODE.findall(tree)) - NODES):
        raise _refused("the expression", node.lower())
    if not _TIME_OIDS.isdisjoint(_CAST_OF_TEXT.findall(tree)):
        raise QueryRefused("time_of_text", _TIME_OF_TEXT)
    for kind, name, is_plain in _names(connection, tree):
        if not is_plain or name not in ALLOWED.get(kind, tables):
            raise _refused(f"the {kind}", name)


def _names(connection: OneTripConnection, tree: str) -> list[tuple[str, str, bool]]:
    """(kind, name, whether it lies in the schema where such things belong) of all that a tree refers to."""
    found: dict[str, set[str]] = {kind: set() for kind in ("function", "operator", "type", "relation")}
    for field, oid in _FIELD.findall(tree):
        if field in _KIND_OF_FIELD and oid != "0":
            found[_KIND_OF_FIELD[field]].add(oid)
    sets = [*found.values(), allow.OF_THE_PLATFORM]
    arrays: list[Any] = ["{" + ",".join(sorted(names)) + "}" for names in sets]
    return [tuple(row) for row in connection.execute_unnamed(_NAMES, arrays).rows]


def _refused(what: str, name: str) -> QueryRefused:
    return QueryRefused("server_not_allowed", f"The query uses {what} {name}, which is not allowed here.")
