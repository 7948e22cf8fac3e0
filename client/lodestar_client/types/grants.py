"""Types: grants. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import TypedDict


class GrantBody(TypedDict):
    """What somebody may do with a KPI; all false takes everything away."""

    can_edit: bool
    can_set_targets: bool
    can_view: bool


class GrantView(TypedDict):
    """A grant to one user, or to everybody of a role."""

    can_edit: bool
    can_set_targets: bool
    can_view: bool
    kpi_id: int
    role: str | None
    user_id: int | None
    user_name: str | None


class GrantList(TypedDict):
    """One page of the grants on a KPI."""

    next_cursor: str | None
    permissions: list[GrantView]


class GrantedView(TypedDict):
    """What a user may do with a KPI beyond their role."""

    can_edit: bool
    can_set_targets: bool
    can_view: bool
    kpi_id: int
    user_id: int
