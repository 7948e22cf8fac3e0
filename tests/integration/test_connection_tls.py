"""The connection through TLS, as in the cloud; the Postgres of the tests is built without it."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.postgres import HOST, Database
from lodestar.persistence.kernel.connection import Address, OneTripConnection
from tests.integration.tenants import address_of


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback address and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lodestar")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    builder = builder.add_extension(address, critical=False)
    signed = builder.not_valid_after(datetime(2099, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    encodings = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(*encodings))
    return folder / "cert.pem", folder / "key.pem"


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)


@pytest.fixture
def tls(database: Database, tmp_path: Path) -> Iterator[tuple[Address, ssl.SSLContext]]:
    """A door with TLS before the database, and the context of a client that trusts it."""
    address = address_of(database)
    cert, key = certificate(tmp_path)
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(cert, key)

    def serve() -> None:
        plain, _ = door.accept()
        plain.recv(8)  # "do you speak TLS?"
        plain.sendall(b"S")
        with (
            inside.wrap_socket(plain, server_side=True) as client,
            socket.create_connection((address.host, address.port)) as server,
        ):
            back = Thread(target=pump, args=(server, client))
            back.start()
            pump(client, server)
            server.shutdown(socket.SHUT_RDWR)
            back.join()

    with socket.create_server((HOST, 0)) as door:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield replace(address, port=door.getsockname()[1]), ssl.create_default_context(cafile=str(cert))
        thread.join(5)


def test_a_connection_speaks_tls(tls: tuple[Address, ssl.SSLContext]) -> None:
    address, trusting = tls
    connection = OneTripConnection(address, ssl_context=trusting)
    cursor = connection.cursor().execute("select $1 || ''", ("private",))
    assert cursor.fetchone() == ["private"]
    connection.close()
