"""The peer: the same request by FastAPI and psycopg, both asynchronous, with the same SQL.

`/typical` lets FastAPI validate the answer against the model; `/lean` passes the text on, as Lodestar does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Response
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from lodestar.application.insight.people_kpis import PERIODS_FOR_TREND
from lodestar.application.insight.shapes import UserKpis
from lodestar.domain.periods import Calendar
from lodestar.persistence.all_views import VIEWS
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.values.score_parts import calendar_parameters


def _sql(statement: str) -> str:
    return str(text(statement).compile(dialect=PGDialect_psycopg()))


SIGN_IN = _sql("select lodestar.sign_in(:sub, now()) as who")
VIEW = _sql(f"select s.v as body from ({VIEWS['user_kpis']}) as s(v)")
TEXT_VIEW = _sql(f"select cast(s.v as text) as body from ({VIEWS['user_kpis']}) as s(v)")


@dataclass(frozen=True, slots=True)
class Request:
    """A connection inside a transaction, and who asks."""

    connection: AsyncConnection[dict[str, Any]]
    who: Mapping[str, Any]


class Peer:
    """A FastAPI application on one connection, called through its ASGI interface."""

    def __init__(self, connection: AsyncConnection[dict[str, Any]]) -> None:
        self._connection = connection
        self._app = app = FastAPI()

        async def signed_in(sub: Annotated[str, Header()]) -> Any:
            async with connection.transaction():
                cursor = await connection.execute(SIGN_IN, {"sub": sub})
                row = await cursor.fetchone()
                if row is None or row["who"] is None:
                    raise HTTPException(403, "Nobody active here has this identity.")
                yield Request(connection, row["who"])

        type SignedIn = Annotated[Request, Depends(signed_in)]

        @app.get("/typical/{user_id}", response_model=UserKpis)
        async def typical(user_id: int, request: SignedIn, on: date | None = None) -> Any:
            return await _answer(VIEW, user_id, on, request)

        @app.get("/lean/{user_id}")
        async def lean(user_id: int, request: SignedIn, on: date | None = None) -> Response:
            return Response(await _answer(TEXT_VIEW, user_id, on, request), media_type="application/json")

    @classmethod
    async def connected(cls, dsn: str) -> "Peer":
        """A peer with a connection that prepares its statements."""
        return cls(await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row))

    async def close(self) -> None:
        await self._connection.close()

    async def get(self, path: str, sub: str) -> bytes:
        """The body of a successful answer."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"sub", sub.encode())],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        if sent[0]["status"] != 200:
            raise RuntimeError(f"The peer answers {sent}")
        return b"".join(each.get("body", b"") for each in sent)


async def _answer(statement: str, user_id: int, on: date | None, request: Request) -> Any:
    if user_id != request.who["user_id"]:
        raise HTTPException(403, "Only this person can see these KPIs.")
    company = request.who["company"]
    today = datetime.now(UTC).date()
    day = on or today
    calendar = calendar_parameters(
        Calendar(company["calendars"][0]["timezone"]),
        [min(day, today - timedelta(days=1))],
        PERIODS_FOR_TREND,
    )
    parameters = {"company": company["id"], "users": array([user_id]), "on": day}
    cursor = await request.connection.execute(statement, parameters | calendar)
    row = await cursor.fetchone()
    assert row is not None
    return row["body"]
