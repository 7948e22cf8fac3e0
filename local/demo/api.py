"""The public HTTP API, as one person uses it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from local.errors import CannotRun


@dataclass(frozen=True, slots=True)
class Api:
    """Calls with one person's token. Bodies and answers are JSON.

    Every call raises `CannotRun` with the API's own sentence when it is refused.
    """

    http: httpx.Client
    token: str

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 — JSON
        """Read something."""
        return self._answer(self.http.get(path, params=query, headers=self._headers))

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 — JSON
        """Make something."""
        return self._answer(self.http.post(path, json=body, headers=self._headers))

    def everything(self, path: str, name: str) -> Iterator[Any]:
        """All entries of a list, page by page; `name` is the list's field in the answer."""
        page = self.get(path, limit=200)
        yield from page[name]
        while page["next_cursor"]:
            page = self.get(path, limit=200, cursor=page["next_cursor"])
            yield from page[name]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @staticmethod
    def _answer(response: httpx.Response) -> Any:  # noqa: ANN401 — JSON
        if response.is_error:
            asked = f"{response.request.method} {response.request.url.path}"
            message = (
                f"The demo company is not complete: {asked} answered {response.status_code}: {response.text}"
            )
            raise CannotRun(message)
        return response.json()
