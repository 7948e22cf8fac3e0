"""The whole template, running: one stack for all end-to-end tests, and a company of its own for each module.

The template's own schedules run too. They do not disturb: every assignment of these tests ends long before
the days that a schedule of today looks at.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.running_stack import RunningStack, running_stack
from tests.conformance import conforming_client
from tests.e2e.client import Client
from tests.e2e.slack_stub import SlackStub, slack_stub

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
WARM_FUNCTIONS = 130
"""More than the template has: these tests go round through all of them, some of which run twice at once."""

PARAMETERS = {"LargestAnswer": "90000"}
"""Low enough that a test can ask for a larger file, high enough for those of the others."""

type SignIn = Callable[[str], Client]
type Found = Callable[..., Client]


@pytest.fixture(scope="package")
def data() -> Iterator[Path]:
    """The stack's folder. Not pytest's own: the user of Postgres may not enter that."""
    path = Path(tempfile.mkdtemp(prefix="lodestar-e2e-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="package")
def stack(data: Path) -> Iterator[RunningStack]:
    """The template, running with an up-to-date database. Package scope: one stack runs in a process."""
    with (
        pytest.MonkeyPatch.context() as patch,
        running_stack(TEMPLATE, data, parameters=PARAMETERS) as running,
    ):
        patch.setattr("local.functions.MAX_IDLE", WARM_FUNCTIONS)
        running.migrate()
        yield running


@pytest.fixture(scope="package")
def slack() -> Iterator[SlackStub]:
    """A Slack that takes everything, also what later ticks of other tests let a company's alerts send."""
    with slack_stub() as stub:
        yield stub


@pytest.fixture(scope="package")
def sign_in(stack: RunningStack) -> Iterator[SignIn]:
    """Signs in the person who has an email address."""
    with conforming_client(stack.base_url) as http:
        yield lambda email: Client(http, stack.token_for(email))


@pytest.fixture(scope="package")
def superuser(sign_in: SignIn) -> Client:
    """Who makes companies."""
    return sign_in("superuser@lodestar.local")


@pytest.fixture(scope="package")
def found_company(superuser: Client, sign_in: SignIn) -> Found:
    """Makes a company and signs in its admin: `found_company("acme", timezone="UTC")`."""

    def found(name: str, **fields: object) -> Client:
        email = f"ada@{name}.test"
        admin = {"name": "Ada Admin", "email": email}
        superuser.post("/companies", {"name": name, "timezone": "UTC", "admin": admin, **fields})
        return sign_in(email)

    return found
