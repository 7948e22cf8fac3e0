"""Schemathesis, with all its checks and as three roles, finds nothing that the API does against its document."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.__main__ import COMMITTED
from local.running_stack import RunningStack
from tests.e2e.conftest import Found, SignIn

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests" / "contract" / "schemathesis.toml"
EXAMPLES = int(os.environ.get("EXAMPLES", "3"))
"""Requests per operation and phase; `make fuzz EXAMPLES=…` sends more."""
PHASES = "examples,coverage,fuzzing,stateful" if "EXAMPLES" in os.environ else "examples,fuzzing,stateful"
"""The coverage phase tries every limit of every field, thousands of requests: `make fuzz` has the time."""
SEED = os.environ.get("SEED", "1")
ROLES = ("user", "manager", "admin")
YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}


type Run = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Fuzzed:
    """A company to be fuzzed: a token for each role, and ids that its operations may be called with."""

    tokens: Mapping[str, str]
    ids: Mapping[str, list[int]]


@pytest.fixture(scope="module")
def fuzzed(found_company: Found, sign_in: SignIn) -> Fuzzed:
    admin = found_company("fuzzed")
    manager = admin.create_user("Max", "max@fuzzed.test", role="manager")["id"]
    team = admin.create_team("Support", manager)["id"]
    user = admin.create_user("Una", "una@fuzzed.test", team_id=team)["id"]
    kpis = [admin.define(key, {"type": "manual"}, "weekly")["id"] for key in ("rating", "mood")]
    assignments = [admin.assign(user, each, target_value=4, **YEAR)["id"] for each in kpis]
    admin.watch(kpis[0], 20, "dashboard")
    run = admin.run("2025-03-03", "2025-03-09")["id"]
    people = {"manager": sign_in("max@fuzzed.test"), "user": sign_in("una@fuzzed.test"), "admin": admin}
    ids = {
        "user_id": [user],
        "team_id": [team],
        "definition_id": kpis,
        "kpi_id": [*assignments, *kpis],
        "run_id": [run],
    }
    return Fuzzed({role: each.token for role, each in people.items()}, ids)


def configuration(ids: Mapping[str, list[int]]) -> str:
    """The settings, with ids that are there for two of three requests."""
    dictionaries = "".join(f"[dictionaries.{name}]\nvalues = {values}\n" for name, values in ids.items())
    bound = "".join(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.67 }}\n' for name in ids)
    return f"{CONFIG.read_text()}\n{dictionaries}\n[parameters]\n{bound}"


@pytest.fixture(scope="module")
def runs(
    stack: RunningStack, fuzzed: Fuzzed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Run]]]:
    """A run of Schemathesis as each role, all at the same time: nobody is alone in a company."""
    with ThreadPoolExecutor() as pool:
        yield {role: pool.submit(fuzz, stack, fuzzed, role, tmp_path_factory.mktemp(role)) for role in ROLES}


def fuzz(stack: RunningStack, fuzzed: Fuzzed, role: str, folder: Path) -> Run:
    """One run of Schemathesis as a role."""
    config = folder / "schemathesis.toml"
    config.write_text(configuration(fuzzed.ids))
    command = [Path(sys.executable).with_name("st"), "--config-file", config, "run", COMMITTED]
    options = [
        f"--url={stack.base_url}",
        f"--max-examples={EXAMPLES}",
        f"--seed={SEED}",
        f"--phases={PHASES}",
        "--no-shrink",
    ]
    return subprocess.run(
        [*command, *options],
        cwd=folder,
        env={
            **os.environ,
            "LODESTAR_TOKEN": fuzzed.tokens[role],
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "layers" / "lodestar", ROOT / "functions"))),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("role", ROLES)
def test_fuzzing_the_document_as_a_role_finds_nothing(runs: Mapping[str, Future[Run]], role: str) -> None:
    run = runs[role].result()
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(re.findall(r"(\d+) generated", run.stdout)[-1]) > 100, run.stdout


def test_what_was_fuzzed_comes_to_rest(stack: RunningStack, runs: Mapping[str, Future[Run]]) -> None:
    wait(runs.values())
    stack.wait_idle()
