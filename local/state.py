"""What a running stack tells other programs on this machine: <data>/server.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.errors import CannotRun, NoSuchPerson
from local.files import write_private
from local.postgres import Database
from local.tokens import Issuer, SigningKey

_SUBJECT = """
select i.sub from lodestar.identities i
join lodestar.users u on u.company_id = i.company_id and u.id = i.user_id
where u.email = lower(:email) order by u.is_active desc, i.company_id limit 1
"""


@dataclass(frozen=True, slots=True)
class State:
    """Where a running stack is, who signs its tokens, and what `!Ref` gives for its resources.

    `token` opens what the runner serves beside the API, for this start.
    """

    pid: int
    base_url: str
    issuer_url: str
    client_id: str
    token: str
    database: Database
    refs: dict[str, str]

    @property
    def port(self) -> int:
        """The port of the HTTP API."""
        return int(self.base_url.rsplit(":", 1)[1])

    def save(self, data: Path) -> None:
        """Write the state for this user only: it holds passwords."""
        write_private(data / "server.json", json.dumps({"port": self.port, **asdict(self)}, indent=2))

    @classmethod
    def read(cls, data: Path) -> "State":
        """The state of the stack that runs on a data folder.

        Raises:
            CannotRun: none runs there.
        """
        try:
            fields: dict[str, Any] = json.loads((data / "server.json").read_text())
        except FileNotFoundError:
            message = (
                f"Lodestar is not running on {data}: start it (make up), or give its folder with --data."
            )
            raise CannotRun(message) from None
        del fields["port"]
        return cls(**fields | {"database": Database(**fields["database"])})

    def issuer(self, data: Path) -> Issuer:
        """The signer of this stack's tokens."""
        return Issuer(SigningKey.load(data), self.issuer_url, self.client_id)


def subject_of(email: str, database: Database) -> str:
    """The `sub` of the person with an email address, read past the row-level policies.

    Raises:
        NoSuchPerson: nobody who can sign in has this address.
    """
    connection = database.connect()
    try:
        rows = connection.run(_SUBJECT, email=email)
    finally:
        connection.close()
    if not rows:
        message = f"Nobody has the email address {email}: check its spelling, or create the user first."
        raise NoSuchPerson(message)
    return str(rows[0][0])
