"""Methods: roles. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.roles import BuiltInRole, RoleChange, RoleDraft, RoleList, RoleView


class RolesApi:
    """The operations of the tag `roles`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> RoleList:
        """A page of the company's own roles, and the built-in ones."""
        request = Request("GET", "/api/roles", query={"limit": limit, "cursor": cursor})
        found: RoleList = self._core.call(request, RoleList)
        return found

    def all(self, *, limit: int | None = None) -> Iterator[BuiltInRole]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(limit=limit, cursor=cursor), "built_in")

    def create(self, body: RoleDraft, *, idempotency_key: str | None = None) -> RoleView:
        """Make a role of keys that the caller holds."""
        request = Request("POST", "/api/roles", headers={"Idempotency-Key": idempotency_key}, body=body)
        found: RoleView = self._core.call(request, RoleView)
        return found

    def delete(self, role_id: int) -> RoleView:
        """Delete a role; the answer is how it was."""
        request = Request("DELETE", f"/api/roles/{quoted(role_id)}")
        found: RoleView = self._core.call(request, RoleView)
        return found

    def get(self, role_id: int) -> RoleView:
        """A role that the company made, with its keys."""
        request = Request("GET", f"/api/roles/{quoted(role_id)}")
        found: RoleView = self._core.call(request, RoleView)
        return found

    def update(self, role_id: int, body: RoleChange) -> RoleView:
        """Change a role's description or keys; who has it holds the new ones from their next request on."""
        request = Request("PUT", f"/api/roles/{quoted(role_id)}", body=body)
        found: RoleView = self._core.call(request, RoleView)
        return found
