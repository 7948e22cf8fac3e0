"""A door before the database that can freeze: it stays open, and nothing passes any more."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import sleep

from local.postgres import HOST, Database


class Door:
    """Passes bytes between clients and the database, each connection in threads of its own."""

    def __init__(self, database: Database, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self._database = database
        self._listener = listener
        self._is_open = Event()
        self._is_open.set()
        self._holds_an_answer = Event()
        self._freezes_at = self._breaks_at = b""
        self._sockets: list[socket.socket] = []

    def freeze(self) -> None:
        """Let nothing through: the door still takes connections and bytes, and says nothing."""
        self._is_open.clear()

    def freeze_at(self, text: bytes) -> None:
        """Freeze once, before what a client sends with this text."""
        self._freezes_at = text

    def break_at(self, text: bytes) -> None:
        """Break once, when the database has answered what a client sends with this text, and lose the answer."""
        self._breaks_at = text

    def thaw(self) -> None:
        """Let all through that waited, and what comes."""
        self._is_open.set()

    def break_connections(self) -> None:
        """End every connection, as a failover does."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((self._database.host, self._database.port))
                self._sockets += [client, server]
                for each in ((self._ask, client, server), (self._answer, server, client)):
                    Thread(target=each[0], args=each[1:], daemon=True).start()

    def close(self) -> None:
        """End it all."""
        self._listener.close()
        self.thaw()
        self.break_connections()
        for each in self._sockets:
            each.close()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 20):
                if self._freezes_at and self._freezes_at in data:
                    self._freezes_at = b""
                    self.freeze()
                self._is_open.wait()
                if self._breaks_at and self._breaks_at in data:
                    self._breaks_at = b""
                    self._lose_answer(data, server)
                    return
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 20):
                if not self._is_open.is_set():
                    self._holds_an_answer.set()
                self._is_open.wait()
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    def _lose_answer(self, data: bytes, server: socket.socket) -> None:
        self._holds_an_answer.clear()
        self.freeze()
        server.sendall(data)
        self._holds_an_answer.wait(5)
        sleep(0.3)  # the first part of the answer is there: the last statement of the flight is done soon
        self.break_connections()
        self.thaw()


@contextmanager
def door_before(database: Database) -> Iterator[Door]:
    """A door to a database on a port of its own."""
    listener = socket.create_server((HOST, 0))
    door = Door(database, listener)
    Thread(target=door.serve, daemon=True).start()
    try:
        yield door
    finally:
        door.close()
