"""Types: roles. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import Literal, NotRequired, TypedDict

type Role = Literal["user", "manager", "admin", "superuser"]
"""The built-in roles. A company may add its own, made of permission keys."""


class BuiltInRole(TypedDict):
    """A role that every company has."""

    name: Role
    permissions: list[str]


class RoleChange(TypedDict):
    """What to change of a role; a field that is left out stays as it is. The name never changes."""

    description: NotRequired[str | None]
    permissions: NotRequired[
        list[
            Literal[
                "alerts.manage",
                "audit.view",
                "kpis.assign",
                "kpis.assign_all",
                "kpis.create",
                "kpis.custom.view",
                "kpis.customer_support.view",
                "kpis.delete",
                "kpis.edit_targets",
                "kpis.finance.view",
                "kpis.marketing.view",
                "kpis.operations.view",
                "kpis.sales.view",
                "kpis.view_all",
                "records.write",
                "runs.manage",
                "users.manage",
            ]
        ]
        | None
    ]


class RoleDraft(TypedDict):
    """A new role. Without keys it gives nothing but what is granted to it on single KPIs."""

    description: NotRequired[str]
    name: str
    permissions: list[
        Literal[
            "alerts.manage",
            "audit.view",
            "kpis.assign",
            "kpis.assign_all",
            "kpis.create",
            "kpis.custom.view",
            "kpis.customer_support.view",
            "kpis.delete",
            "kpis.edit_targets",
            "kpis.finance.view",
            "kpis.marketing.view",
            "kpis.operations.view",
            "kpis.sales.view",
            "kpis.view_all",
            "records.write",
            "runs.manage",
            "users.manage",
        ]
    ]


class RoleView(TypedDict):
    """A role that the company made."""

    description: str
    id: int
    name: str
    permissions: list[str]


class RoleList(TypedDict):
    """One page of the company's own roles, and on each the built-in ones beside which they stand."""

    built_in: list[BuiltInRole]
    next_cursor: str | None
    roles: list[RoleView]
