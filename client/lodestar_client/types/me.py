"""Types: me. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import TypedDict


class CompanyOfMe(TypedDict):
    """The caller's company."""

    id: int
    name: str
    timezone: str


class MeView(TypedDict):
    """The caller."""

    company: CompanyOfMe
    email: str
    id: int
    name: str
    permissions: list[str]
    role: str
    teams_managed: list[int]
