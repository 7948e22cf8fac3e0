"""Types: roles. Made from the OpenAPI document by `make openapi`: change that, not this."""

from enum import StrEnum
from typing import NotRequired, TypedDict


class Role(StrEnum):
    """The built-in roles. A company may add its own, made of permission keys."""

    USER = "user"
    MANAGER = "manager"
    ADMIN = "admin"
    SUPERUSER = "superuser"


class BuiltInRole(TypedDict):
    """A role that every company has. `notes` are what its keys give beyond their names."""

    name: Role
    notes: list[str]
    permissions: list[str]


class Permission(StrEnum):
    """A word of `permissions`."""

    ALERTS_MANAGE = "alerts.manage"
    AUDIT_VIEW = "audit.view"
    COMPANY_EDIT = "company.edit"
    KPIS_ASSIGN = "kpis.assign"
    KPIS_ASSIGN_ALL = "kpis.assign_all"
    KPIS_CREATE = "kpis.create"
    KPIS_CUSTOM_VIEW = "kpis.custom.view"
    KPIS_CUSTOMER_SUPPORT_VIEW = "kpis.customer_support.view"
    KPIS_DELETE = "kpis.delete"
    KPIS_EDIT_TARGETS = "kpis.edit_targets"
    KPIS_FINANCE_VIEW = "kpis.finance.view"
    KPIS_MARKETING_VIEW = "kpis.marketing.view"
    KPIS_OPERATIONS_VIEW = "kpis.operations.view"
    KPIS_SALES_VIEW = "kpis.sales.view"
    KPIS_VIEW_ALL = "kpis.view_all"
    RECORDS_WRITE = "records.write"
    RUNS_MANAGE = "runs.manage"
    USERS_MANAGE = "users.manage"


class RoleChange(TypedDict):
    """What to change of a role; a field that is left out stays as it is. The name never changes."""

    description: NotRequired[str | None]
    permissions: NotRequired[list[Permission] | None]


class RoleDraft(TypedDict):
    """A new role. Without keys it gives nothing but what is granted to it on single KPIs."""

    description: NotRequired[str]
    name: str
    permissions: list[Permission]


class RoleView(TypedDict):
    """A role that the company made. `notes` are what its keys give beyond their names."""

    description: str
    id: int
    name: str
    notes: list[str]
    permissions: list[str]


class RoleList(TypedDict):
    """One page of the company's own roles, and on each the built-in ones beside which they stand."""

    built_in: list[BuiltInRole]
    next_cursor: str | None
    roles: list[RoleView]
