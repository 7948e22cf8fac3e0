"""The commands of the README and of the tour, as a newcomer would type them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local import demo
from local.running_stack import RunningStack

ROOT = Path(__file__).parents[2]
HUNG_AFTER = 180
"""Seconds. Some sixty commands take a third of it; how fast they are on a busy machine is no matter here."""
README, TOUR = ROOT / "README.md", ROOT / "docs" / "tour.md"


@pytest.fixture(scope="module")
def demo_stack(stack: RunningStack) -> RunningStack:
    """What `make up` starts: a stack with the demo company."""
    demo.load(stack)
    return stack


def typed(page: Path, demo_stack: RunningStack) -> list[str]:
    """What the commands of a page answer, line by line. Those of make start and deploy what is running here."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    ended = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            "\n".join(block for block in blocks if not block.startswith("make ")),
        ],
        cwd=ROOT,
        env=os.environ | {"LODESTAR": demo_stack.base_url, "DATA": str(demo_stack.data)},
        capture_output=True,
        text=True,
        timeout=HUNG_AFTER,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip().splitlines()


def shown_value(name: str, standing: str) -> float:
    """The value of a KPI in a person's list."""
    kpi = re.search(rf'"name" : "{name}".*?"actual_value" : ([0-9.]+)', standing)
    assert kpi is not None, name
    return float(kpi[1])


def test_every_command_of_the_readme_works_and_its_kpi_shows_its_value(demo_stack: RunningStack) -> None:
    told = typed(README, demo_stack)
    assert not [answer for answer in told if answer.startswith('{"error"')]
    me, dashboard, alerts, *_, standing = told
    assert "robert@polaris.example" in me
    assert '"daily"' in dashboard
    assert "firing" in alerts
    assert shown_value("Workshops held", standing) == 1


def test_every_command_of_the_tour_works_and_each_kind_of_kpi_shows_its_value(
    demo_stack: RunningStack,
) -> None:
    *told, standing, refusal = typed(TOUR, demo_stack)
    assert not [answer for answer in told if answer.startswith('{"error"')]
    shown = {"Shop visits": 2, "Cases closed": 1, "Cases closed per visit": 0.5, "Courtesy": 4}
    for name, value in shown.items():
        assert shown_value(name, standing) == value, name
    assert '"code":"sql_not_select"' in refusal


def test_the_python_of_the_tour_works(demo_stack: RunningStack) -> None:
    (block,) = re.findall(
        r"```python\n(.*?)```", README.read_text(encoding="utf-8") + TOUR.read_text(encoding="utf-8"), re.S
    )
    ended = subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-c", block],
        cwd=ROOT / "client",
        env={"LODESTAR": demo_stack.base_url, "TOKEN": demo_stack.token_for("robert@polaris.example")},
        capture_output=True,
        text=True,
        timeout=HUNG_AFTER,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    *standing, refusal = ended.stdout.splitlines()
    assert any(line.startswith("Lena Fischer ") for line in standing)
    assert refusal.startswith("409 duplicate ")
