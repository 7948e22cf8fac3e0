"""What admin SQL may be made of. Whatever is not named here is refused."""

import re
from collections.abc import Mapping

from sqlglot import exp

from lodestar.domain.sources import BoundParameter

MAX_QUERY_BYTES = 8 * 1024
DEEPEST_BRACKETS = 32
MAX_NODES = 1500
MAX_RELATIONS = 4
RESERVED_PREFIX = "__lodestar"

SUBJECT_PARAMETERS = ("user_id", "team_id", "company_id")
PARAMETERS: Mapping[str, str] = {
    BoundParameter.USER_ID: "bigint",
    BoundParameter.TEAM_ID: "bigint",
    BoundParameter.COMPANY_ID: "bigint",
    BoundParameter.START_DATE: "timestamptz",
    BoundParameter.END_DATE: "timestamptz",
}
"""The parameters that every query may use, with the type that each is cast to."""

AGGREGATES = frozenset(
    {
        *("avg", "bool_and", "bool_or", "count", "max", "min", "percentile_cont", "percentile_disc"),
        *("stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance"),
    }
)
WINDOW_FUNCTIONS = frozenset({"dense_rank", "lag", "lead", "rank", "row_number"})
SCALARS = frozenset(
    {
        *("abs", "ceil", "ceiling", "floor", "mod", "round", "sign", "sqrt", "trunc"),
        *("btrim", "char_length", "length", "lower", "ltrim", "rtrim", "upper"),
        *("coalesce", "greatest", "least", "nullif"),
        *("date_part", "date_trunc"),
    }
)

OF_THE_PLATFORM = frozenset({"attribute_number", "attribute_time"})
"""Functions of ours, in the company's own schema: an attribute by its name, NULL if it is not of the type."""

FUNCTIONS = AGGREGATES | WINDOW_FUNCTIONS | SCALARS | OF_THE_PLATFORM
"""By the names of PostgreSQL, which are called and written as they are found."""

TRIMS = frozenset({"btrim", "ltrim", "rtrim"})
PARTS_OF_TIME = frozenset(
    {
        *("epoch", "year", "quarter", "month", "week", "day", "hour", "minute", "second"),
        *("dow", "isodow", "doy", "isoyear"),
    }
)
"""What EXTRACT, date_part and date_trunc may take of a time."""
INTERVAL_FIELDS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})
"""The words that may follow INTERVAL '1'."""


class NotBefore(exp.Not):
    """`NOT x`, while `exp.Not` is a NOT inside of its operand, as in `x NOT IN (…)`.

    PostgreSQL has different operators for the two, so each is written as it was found.
    """


_STRUCTURE: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Alias,
        exp.CTE,
        exp.Column,
        exp.DataType,
        exp.DataTypeParam,
        exp.Distinct,
        exp.Except,
        exp.Filter,
        exp.From,
        exp.Group,
        exp.Having,
        exp.Identifier,
        exp.Intersect,
        exp.Join,
        exp.Limit,
        exp.Offset,
        exp.Order,
        exp.Ordered,
        exp.Paren,
        exp.Placeholder,
        exp.Select,
        exp.Star,
        exp.Subquery,
        exp.Table,
        exp.TableAlias,
        exp.Tuple,
        exp.Union,
        exp.Where,
        exp.Window,
        exp.With,
        exp.WithinGroup,
    }
)

_OPERATORS: frozenset[type[exp.Expr]] = frozenset(
    {
        NotBefore,
        exp.Add,
        exp.And,
        exp.Anonymous,  # a call of a function by its name
        exp.AtTimeZone,
        exp.Between,
        exp.Boolean,
        exp.Case,
        exp.Cast,
        exp.DPipe,
        exp.Div,
        exp.EQ,
        exp.Exists,
        exp.Extract,
        exp.GT,
        exp.GTE,
        exp.ILike,
        exp.If,
        exp.In,
        exp.Interval,
        exp.Is,
        exp.JSONExtract,
        exp.JSONExtractScalar,
        exp.LT,
        exp.LTE,
        exp.Like,
        exp.Literal,
        exp.Mod,
        exp.Mul,
        exp.NEQ,
        exp.Neg,
        exp.Not,
        exp.Null,
        exp.NullSafeEQ,
        exp.NullSafeNEQ,
        exp.Or,
        exp.Sub,
        exp.Trim,
        exp.Var,
    }
)

NODES = _STRUCTURE | _OPERATORS

_OF_SET_OPERATION = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset"})
PARTS: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.Between: frozenset({"this", "low", "high"}),
    exp.CTE: frozenset({"this", "alias", "materialized"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.Column: frozenset({"this", "table"}),
    exp.DPipe: frozenset({"this", "expression", "safe"}),
    exp.DataType: frozenset({"this", "expressions"}),
    exp.DataTypeParam: frozenset({"this"}),
    exp.Distinct: frozenset({"expressions"}),
    exp.Except: _OF_SET_OPERATION,
    exp.Group: frozenset({"expressions"}),
    exp.In: frozenset({"this", "expressions", "query"}),
    exp.Intersect: _OF_SET_OPERATION,
    exp.Interval: frozenset({"this", "unit"}),
    exp.Join: frozenset({"this", "on", "using", "side", "kind", "method"}),
    exp.JSONExtract: frozenset({"this", "expression"}),
    exp.JSONExtractScalar: frozenset({"this", "expression"}),
    exp.Limit: frozenset({"expression"}),
    exp.Offset: frozenset({"expression"}),
    exp.Order: frozenset({"expressions"}),
    exp.Ordered: frozenset({"this", "desc", "nulls_first"}),
    exp.Select: frozenset(
        {
            "with_",
            "expressions",
            "from_",
            "joins",
            "where",
            "group",
            "having",
            "order",
            "limit",
            "offset",
            "distinct",
        }
    ),
    exp.Star: frozenset(),
    exp.Subquery: frozenset({"this", "alias"}),
    exp.Table: frozenset({"this", "alias", "db", "catalog"}),
    exp.TableAlias: frozenset({"this"}),
    exp.Trim: frozenset({"this", "position", "expression"}),
    exp.Union: _OF_SET_OPERATION,
    exp.Window: frozenset({"this", "partition_by", "order", "over"}),
}
"""Of nodes that can carry more than their operands: the parts that they may have."""

NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
"""Names of tables, columns, aliases and parameters, in lower case; longer ones Postgres cuts."""

TYPES: Mapping[exp.DType, str] = {
    exp.DType.BIGINT: "bigint",
    exp.DType.BOOLEAN: "boolean",
    exp.DType.DATE: "date",
    exp.DType.DECIMAL: "numeric",
    exp.DType.DOUBLE: "double precision",
    exp.DType.INT: "integer",
    exp.DType.INTERVAL: "interval",
    exp.DType.SMALLINT: "smallint",
    exp.DType.TEXT: "text",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamptz",
    exp.DType.VARCHAR: "varchar",
}
"""What a cast may name, with the word of PostgreSQL for it."""
