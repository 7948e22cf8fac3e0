"""The README's commands, as a newcomer would type them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local import demo
from local.running import Running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo_stack(stack: Running) -> Running:
    """What `make up` starts: a stack with the demo company."""
    demo.load(stack)
    return stack


def test_every_command_of_the_readme_works_and_each_kind_of_kpi_shows_its_value(demo_stack: Running) -> None:
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", text[text.index("## Try it") : text.index("## Deploy")], re.S)
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=ROOT,
        env=os.environ | {"LODESTAR": demo_stack.base_url, "DATA": str(demo_stack.data)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    answers = ended.stdout.strip().splitlines()
    *told, standing, refusal = answers
    assert not [each for each in told if each.startswith('{"error"')]
    shown = {"Shop visits": 2, "Cases closed": 1, "Cases closed per visit": 0.5, "Courtesy": 4}
    for name, value in shown.items():
        kpi = re.search(rf'"name" : "{name}".*?"actual_value" : ([0-9.]+)', standing)
        assert kpi is not None, name
        assert float(kpi[1]) == value, name
    assert '"code":"sql_not_select"' in refusal


def test_the_python_of_the_readme_works(demo_stack: Running) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    ended = subprocess.run(
        [ROOT / ".venv" / "bin" / "python", "-c", block],
        cwd=ROOT / "client",
        env={"LODESTAR": demo_stack.base_url, "TOKEN": demo_stack.token_for("robert@polaris.example")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    *standing, refusal = ended.stdout.splitlines()
    assert any(line.startswith("Lena Fischer ") for line in standing)
    assert refusal.startswith("409 duplicate ")
