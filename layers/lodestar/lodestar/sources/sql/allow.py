"""What admin SQL may be made of. Whatever is not named here is refused (spec 6.2, layer 1)."""

from collections.abc import Mapping

from sqlglot import exp

LONGEST_TEXT = 8 * 1024
DEEPEST_BRACKETS = 32
MOST_NODES = 1500
MOST_RELATIONS = 4
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

SANDBOX: Mapping[str, frozenset[str]] = {
    "records": frozenset(
        ["source", "external_id", "occurred_at", "user_id", "team_id", "company_id", "value", "attributes"]
    ),
    "support_cases": frozenset(
        [
            "external_id",
            "assigned_to",
            "team_id",
            "company_id",
            "opened_at",
            "first_response_at",
            "closed_at",
            "status",
            "priority",
            "channel",
            "resolution_minutes",
            "first_response_minutes",
            "satisfaction",
            "reopened",
        ]
    ),
}
"""The tables of a company's sandbox (migration 0006) and their columns."""

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
        exp.Case,
        exp.Cast,
        exp.Ceil,
        exp.Coalesce,
        exp.Extract,
        exp.Floor,
        exp.Greatest,
        exp.If,
        exp.Least,
        exp.Length,
        exp.Lower,
        exp.Nullif,
        exp.Round,
        exp.Sqrt,
        exp.TimestampTrunc,
        exp.Trim,
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
        exp.With,
        exp.WithinGroup,
    }
)

_OPERATORS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Add,
        exp.And,
        exp.Between,
        exp.Div,
        exp.EQ,
        exp.Exists,
        exp.GT,
        exp.GTE,
        exp.ILike,
        exp.In,
        exp.Interval,
        exp.Is,
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
        exp.Boolean,
        exp.Or,
        exp.Sub,
        exp.Var,
    }
)

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
