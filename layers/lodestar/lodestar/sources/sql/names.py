"""Layer 1, names: what they mean, each where it is visible.

Promises that every table is an offered one or a visible WITH part, and every column one of a relation that is
visible where it is written. Made against names that merely look like a column and are the whole row (`SELECT
c FROM cases c`) or a function of the row (`c.pg_sleep`), and against WITH parts that are named like a table.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from lodestar.sources.sql import allow
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.sizes import MAX_NODES, MAX_WORK, OF_A_COLUMN, Size, Sizes
from lodestar.sources.sql.tables import Tables

type Columns = Mapping[str, Size]
"""The columns of a relation by name, each with the size of the expression that it stands for."""

_FIRST = ("with_", "from_", "joins", "this", "expression", "expressions")  # checked before the other clauses
_TOO_MUCH_WORK = (
    "One row of the query may take too long: give casts of texts a size, such as numeric(20, 4), and compare "
    "shorter texts."
)
_SORTING = ("group", "order")  # these may also name the SELECT's own outputs


@dataclass(frozen=True, slots=True)
class _Place:
    """What a part of the query can see: WITH parts, the relations of its SELECT, and those around it."""

    parts: Mapping[str, Columns]
    relations: Mapping[str, Columns]
    outer: "_Place | None" = None

    def size(self, column: exp.Column) -> Size | None:
        """What a column of a visible relation stands for; None for any other name."""
        chosen = [self.relations.get(column.table, {})] if column.table else self.relations.values()
        found = [
            columns_of_table[column.name] for columns_of_table in chosen if column.name in columns_of_table
        ]
        if found or self.outer is None:
            return largest(found) if found else None
        return self.outer.size(column)

    def offers(self, table: str) -> list[str]:
        """The names of the columns here, of one relation when `table` names one."""
        chosen = [self.relations[table]] if table in self.relations else self.relations.values()
        return sorted({name for columns_of_table in chosen for name in columns_of_table})


def check_names(tree: exp.Query, tables: Tables, sizes: Sizes) -> None:
    """Every table is one of `tables` or a visible WITH part; every column belongs to a visible relation.

    Raises:
        QueryRefused: the first name that means something else, or an expression that gets too large.
    """
    if sum(1 for _ in tree.find_all(exp.Table)) > allow.MAX_RELATIONS:
        raise QueryRefused("too_many_tables", f"A query may read {allow.MAX_RELATIONS} tables at most.")
    names = [cte.alias for cte in tree.find_all(exp.CTE)]
    if len(set(names)) < len(names) or set(names) & set(tables):
        raise QueryRefused("name_taken", "Name each WITH part differently, and not like a table.")
    _Names(tables, sizes).outputs(tree, _Place({}, {}))


class _Names:
    def __init__(self, tables: Tables, sizes: Sizes) -> None:
        self._tables = tables
        self._sizes = sizes
        self._nodes = self._work = 0

    def outputs(self, query: exp.Expr, around: _Place) -> Columns:
        """A query's columns, after everything in it is checked."""
        if isinstance(query, exp.Subquery):
            return self.outputs(query.this, around)
        around = self._with(query, around)
        if isinstance(query, exp.SetOperation):
            return self._set_operation(query, around)
        if not isinstance(query, exp.Select):
            raise QueryRefused("not_select", "Every part of the query must be a SELECT.")
        return self._select(query, around)

    def _with(self, query: exp.Expr, around: _Place) -> _Place:
        with_ = query.args.get("with_")
        if with_ is None:
            return around
        if with_.args.get("recursive"):
            raise QueryRefused("recursive", "WITH RECURSIVE is not allowed.")
        for part in with_.expressions:
            columns = self.outputs(part.this, around)
            around = _Place({**around.parts, part.alias: columns}, around.relations, around.outer)
        return around

    def _set_operation(self, query: exp.SetOperation, around: _Place) -> Columns:
        first, second = self.outputs(query.this, around), self.outputs(query.expression, around)
        if len(query.this.selects) != len(query.expression.selects):
            raise QueryRefused("many_columns", "Both sides of a UNION must have the same columns.")
        others = largest(second.values())
        outputs = {name: largest([size, others]) for name, size in first.items()}
        outputs = {
            name: replace(each, nodes=first[name].nodes + others.nodes) for name, each in outputs.items()
        }
        self._clauses(query, around, _Place(around.parts, {"": outputs}))
        return outputs

    def _select(self, query: exp.Select, around: _Place) -> Columns:
        place = _Place(around.parts, dict(self._relations(query, around)), around)
        for join in query.args.get("joins") or ():
            self._check(join.args.get("on"), place)
        outputs = {_name(expression): self._check(expression, place) for expression in query.expressions}
        self._clauses(query, place, _Place(place.parts, {"": outputs}, place))
        return outputs

    def _clauses(self, query: exp.Query, place: _Place, sorting: _Place) -> None:
        """Whatever else a query has: a list of clauses could forget one."""
        for part in query.iter_expressions():
            if part.arg_key not in _FIRST:
                self._check(part, sorting if part.arg_key in _SORTING else place)

    def _relations(self, query: exp.Select, around: _Place) -> Iterator[tuple[str, Columns]]:
        from_ = query.args.get("from_")
        if from_ is None:
            return
        seen: dict[str, Columns] = {}
        for node, join in [(from_.this, None), *((j.this, j) for j in query.args.get("joins") or ())]:
            name, columns = self._relation(node, around)
            if name in seen:
                raise QueryRefused("name_taken", f'The name "{name}" is used twice: give it an alias.')
            if join is not None:
                _check_join(join, columns, seen)
            seen[name] = columns
            yield name, columns

    def _relation(self, node: exp.Expr, around: _Place) -> tuple[str, Columns]:
        if isinstance(node, exp.Subquery):
            if not node.alias:
                raise QueryRefused("name_missing", "Name the SELECT in FROM: FROM (SELECT …) AS name.")
            return node.alias, self.outputs(node, around)
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise QueryRefused("table_not_allowed", "FROM takes tables and SELECTs only.")
        if node.args.get("db") or node.args.get("catalog"):
            raise QueryRefused("table_not_allowed", "Name tables without a schema in front.")
        if node.name in self._tables:
            return node.alias_or_name, dict.fromkeys(self._tables[node.name], OF_A_COLUMN)
        if node.name not in around.parts:
            known = ", ".join(sorted(self._tables))
            raise QueryRefused("table_not_allowed", f'There is no table "{node.name}" here: use {known}.')
        return node.alias_or_name, around.parts[node.name]

    def _check(self, part: exp.Expr | None, place: _Place) -> Size:
        """The columns of an expression, and the queries inside it; how large it may get."""
        if part is None:
            return Size()
        before = self._nodes
        size = self._sizes.of(part, lambda node: self._resolved(node, place))
        self._nodes += size.nodes
        self._work += size.work
        if self._nodes > MAX_NODES:
            raise QueryRefused("too_long", "Its inner SELECTs multiply the query: make it simpler.")
        if self._work > MAX_WORK:
            raise QueryRefused("too_expensive", _TOO_MUCH_WORK)
        return replace(size, nodes=self._nodes - before)

    def _resolved(self, node: exp.Column | exp.Query, place: _Place) -> Size:
        if isinstance(node, exp.Column):
            return _size(node, place)
        outputs = self.outputs(node, _Place(place.parts, {}, place))
        return replace(largest(outputs.values()), nodes=0, work=0)  # counted as it was checked


def _name(projection: exp.Expr) -> str:
    """What others may call a column. In SELECT 'row_to_json' sqlglot takes the text for its name."""
    return projection.alias or (projection.name if isinstance(projection, exp.Column) else "")


def largest(sizes: Iterable[Size]) -> Size:
    """One that is as large as any of them."""
    known = list(sizes)
    return Size(
        nodes=max(each.nodes for each in known),
        length=max(each.length for each in known),
        work=max(each.work for each in known),
        is_number=all(each.is_number for each in known),
    )


def _size(column: exp.Column, place: _Place) -> Size:
    size = place.size(column)
    if size is not None:
        return size
    name = f"{column.table}.{column.name}" if column.table else column.name
    known = ", ".join(place.offers(column.table)) or "none: the SELECT has no FROM"
    raise QueryRefused("column_not_allowed", f'There is no column "{name}" here. There are {known}.')


def _check_join(join: exp.Join, columns: Columns, before: Mapping[str, Columns]) -> None:
    on, using = join.args.get("on"), join.args.get("using") or ()
    is_plain = not join.args.get("method") and join.kind in ("", "INNER", "OUTER")
    if not is_plain or not (using or (on is not None and on.find(exp.Column))):
        raise QueryRefused("join_without_condition", "Join tables with ON or USING, naming their columns.")
    for identifier in using:
        if identifier.name not in columns or not any(identifier.name in known for known in before.values()):
            raise QueryRefused("column_not_allowed", f'USING needs "{identifier.name}" in both tables.')
