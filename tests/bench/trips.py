"""Round trips to the database, counted where they happen: at the client's sockets."""

import socket
from collections.abc import Callable
from typing import Any, ClassVar
from unittest.mock import patch


class CountedSocket(socket.socket):
    """A socket that counts a round trip whenever something is sent after something was received."""

    trips: ClassVar[int] = 0
    _answered = True

    def send(self, *args: Any) -> int:
        """As `socket.send`; what is sent in pieces before an answer is one trip."""
        CountedSocket.trips += self._answered
        self._answered = False
        return super().send(*args)

    def recv_into(self, *args: Any) -> int:
        """As `socket.recv_into`."""
        self._answered = True
        return super().recv_into(*args)


def trips_of(call: Callable[[], object]) -> int:
    """The round trips of a call; of connections to the database that are made by `counted` only."""
    before = CountedSocket.trips
    call()
    return CountedSocket.trips - before


def counted(port: int) -> Any:
    """A context in which new connections to `port` are counted."""
    connect = socket.create_connection

    def create(address: tuple[str, int], *args: Any, **rest: Any) -> socket.socket:
        made = connect(address, *args, **rest)
        return CountedSocket(fileno=made.detach()) if address[1] == port else made

    return patch("socket.create_connection", create)
