"""What admin SQL may be made of. Whatever is not named here is refused."""

import re
from collections.abc import Mapping

from sqlglot import exp

MAX_QUERY_BYTES = 8 * 1024
DEEPEST_BRACKETS = 32
MAX_NODES = 1500
MAX_EXPANDED_NODES = 20_000
"""Nodes of a query with its inner SELECTs written out, as the planner does before it heeds any timeout:
`SELECT v + v AS v FROM (SELECT v + v AS v FROM (…` doubles with each level, and 26 of them took 16 GB."""
MAX_RELATIONS = 4
RESERVED_PREFIX = "__lodestar"

SUBJECT_PARAMETERS = ("user_id", "team_id", "company_id")
PARAMETERS: Mapping[str, str] = {
    "user_id": "bigint",
    "team_id": "bigint",
    "company_id": "bigint",
    "start_date": "timestamptz",
    "end_date": "timestamptz",
}
"""The parameters that every query may use, with the type that each is cast to."""

AGGREGATES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Avg,
        exp.Count,
        exp.Max,
        exp.Min,
        exp.PercentileCont,
        exp.PercentileDisc,
        exp.Stddev,
        exp.StddevPop,
        exp.StddevSamp,
        exp.Sum,
        exp.Variance,
        exp.VariancePop,
        exp.LogicalAnd,
        exp.LogicalOr,
    }
)

_FUNCTIONS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Abs,
        exp.AtTimeZone,
        exp.Case,
        exp.Cast,
        exp.Ceil,
        exp.Coalesce,
        exp.DenseRank,
        exp.Extract,
        exp.Floor,
        exp.Greatest,
        exp.If,
        exp.Lag,
        exp.Lead,
        exp.Least,
        exp.Length,
        exp.Lower,
        exp.Nullif,
        exp.Rank,
        exp.Round,
        exp.RowNumber,
        exp.Sign,
        exp.Sqrt,
        exp.TimestampTrunc,
        exp.Trim,
        exp.Trunc,
        exp.Upper,
    }
)

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
        exp.Add,
        exp.And,
        exp.Between,
        exp.DPipe,
        exp.Div,
        exp.EQ,
        exp.Exists,
        exp.GT,
        exp.GTE,
        exp.ILike,
        exp.In,
        exp.Interval,
        exp.Is,
        exp.JSONExtract,
        exp.JSONExtractScalar,
        exp.JSONPath,
        exp.JSONPathKey,
        exp.JSONPathRoot,
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
        exp.Boolean,
        exp.Or,
        exp.Sub,
        exp.Var,
    }
)

_OF_SET_OPERATION = frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset"})
PARTS: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.CTE: frozenset({"this", "alias", "materialized"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.Column: frozenset({"this", "table"}),
    exp.Count: frozenset({"this", "big_int"}),
    exp.DataType: frozenset({"this", "expressions"}),
    exp.Distinct: frozenset({"expressions"}),
    exp.Except: _OF_SET_OPERATION,
    exp.Extract: frozenset({"this", "expression"}),
    exp.Group: frozenset({"expressions"}),
    exp.In: frozenset({"this", "expressions", "query"}),
    exp.Intersect: _OF_SET_OPERATION,
    exp.Interval: frozenset({"this", "unit"}),
    exp.Join: frozenset({"this", "on", "using", "side", "kind", "method"}),
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
    exp.TimestampTrunc: frozenset({"this", "unit"}),
    exp.Union: _OF_SET_OPERATION,
    exp.Window: frozenset({"this", "partition_by", "order", "over"}),
}
"""Of nodes that can carry more than their operands: the parts that they may have."""

WORDS = frozenset(
    {
        *("EPOCH", "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"),
        *("YEARS", "QUARTERS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES", "SECONDS"),
        *("DOW", "ISODOW", "DOY", "ISOYEAR"),
    }
)
"""The bare words of EXTRACT, date_trunc and INTERVAL. sqlglot writes a bare word as it is, without quotes:
any other would be SQL of the admin's own in the middle of ours."""

NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
"""Names of tables, columns, aliases and parameters, in lower case; longer ones Postgres cuts."""

CLOCK_WORDS = frozenset({"now", "today", "tomorrow", "yesterday"})
"""Texts that Postgres reads as the clock when it makes a date of them."""

NODES = AGGREGATES | _FUNCTIONS | _STRUCTURE | _OPERATORS

TYPES: frozenset[exp.DType] = frozenset(
    {
        exp.DType.BIGINT,
        exp.DType.BOOLEAN,
        exp.DType.DATE,
        exp.DType.DECIMAL,
        exp.DType.DOUBLE,
        exp.DType.INT,
        exp.DType.INTERVAL,
        exp.DType.SMALLINT,
        exp.DType.TEXT,
        exp.DType.TIMESTAMP,
        exp.DType.TIMESTAMPTZ,
        exp.DType.VARCHAR,
    }
)
