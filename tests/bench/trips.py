"""Row 5: round trips to the database, counted where they happen: at the client's socket."""

import socket
from collections.abc import Callable
from typing import Any, ClassVar
from unittest.mock import patch

from api.definitions.create import handler as define
from api.users.kpis import handler as kpis_of_user
from api.users.measure import handler as measure
from lodestar import bootstrap
from lodestar.domain.periods import Cadence
from lodestar.domain.sources import AggregationMethod, RecordsSource
from tests.bench.batches import planned
from tests.bench.measure import Finding
from tests.bench.stage import LAMBDA, Stage, http_event, quiet
from workers.calculate import handler as calculate

ADMIN = "admin@example.com"
ORDERS = RecordsSource("orders", AggregationMethod.COUNT)

type Call = tuple[Callable[..., Any], list[dict[str, Any]]]
"""A handler, and the same event twice: the first call connects, the second is counted."""


class CountedSocket(socket.socket):
    """A socket that counts a round trip whenever something is sent after something was received."""

    trips: ClassVar[int] = 0
    _is_answered = True

    def send(self, *args: Any) -> int:
        """As `socket.send`; what leaves in pieces before an answer is one trip."""
        CountedSocket.trips += self._is_answered
        self._is_answered = False
        return super().send(*args)

    def recv_into(self, *args: Any) -> int:
        """As `socket.recv_into`."""
        self._is_answered = True
        return super().recv_into(*args)


def trip_findings(stage: Stage) -> list[Finding]:
    """Count each kind of call on a connection that is there already."""
    stage.tenant.user(email=ADMIN, role="admin")
    people = stage.crowd(100)
    bootstrap.work_context().engine.dispose()
    with _counted_connections(stage.database.port), quiet():
        findings = [
            Finding("5", "round trips of a read request: GET /users/{id}/kpis", 2, _trips(*_read(stage)), ""),
            Finding(
                "5",
                "… of a calculated batch: 100 people × 1 records KPI",
                4,
                _trips(*_batch(stage, people)),
                "",
            ),
            Finding("5", "… of a write request: POST /kpis/definitions", 4, _trips(*_definition()), ""),
            Finding(
                "5",
                "… of a write request: POST …/measure, a closed day",
                4,
                _trips(*_entry(stage, people[0])),
                "",
            ),
        ]
    bootstrap.work_context().engine.dispose()
    return findings


def _read(stage: Stage) -> Call:
    email = "somebody@example.com"
    user_id = stage.tenant.user(email=email)
    return kpis_of_user, [http_event(email, f"/api/users/{user_id}/kpis", user_id=user_id)] * 2


def _batch(stage: Stage, people: list[int]) -> Call:
    definition = stage.tenant.definition(data_source=ORDERS, aggregation_period=Cadence.MONTHLY)
    stage.assign(definition, people, aim=10)
    return calculate, [planned(stage, definition, people) for _ in range(2)]


def _definition() -> Call:
    plain = {"name": "Trips", "data_source": {"type": "manual"}, "aggregation_period": "daily"}
    bodies = [{"key": f"trips-{number}", **plain} for number in range(2)]
    return define, [http_event(ADMIN, "/api/kpis/definitions", body) for body in bodies]


def _entry(stage: Stage, user_id: int) -> Call:
    (assignment,) = stage.assign(stage.tenant.definition(), [user_id], aim=10)
    path = f"/api/users/{user_id}/kpis/{assignment.id}/measure"
    bodies = [
        {"actual_value": 1, "period_start": day, "period_end": day} for day in ("2026-03-02", "2026-03-03")
    ]
    return measure, [http_event(ADMIN, path, body, user_id=user_id, kpi_id=assignment.id) for body in bodies]


def _trips(handler: Callable[..., Any], events: list[dict[str, Any]]) -> int:
    first, second = events
    _succeed(handler(first, LAMBDA))
    before = CountedSocket.trips
    _succeed(handler(second, LAMBDA))
    return CountedSocket.trips - before


def _succeed(answer: dict[str, Any]) -> None:
    if answer.get("batchItemFailures") or answer.get("statusCode", 200) >= 300:
        raise RuntimeError(f"The call failed: {answer}")


def _counted_connections(port: int) -> Any:
    """A context in which new connections to `port` are counted."""
    connect = socket.create_connection

    def create(address: tuple[str, int], *args: Any, **rest: Any) -> socket.socket:
        made = connect(address, *args, **rest)
        if address[1] != port:
            return made
        timeout = made.gettimeout()
        counting = CountedSocket(fileno=made.detach())
        counting.settimeout(timeout)
        return counting

    return patch("socket.create_connection", create)
