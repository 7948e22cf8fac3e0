"""The Python of the client's readme, as somebody would try it who has just installed it."""

import re
import subprocess
import sys

from contract.client import PACKAGE
from local import demo
from local.running_stack import RunningStack

README = PACKAGE.parent / "README.md"
HUNG_AFTER = 180
"""Seconds."""


def test_the_python_of_the_clients_readme_works(stack: RunningStack) -> None:
    demo.load(stack)
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    ended = subprocess.run(
        [sys.executable, "-c", block],
        cwd=README.parent,
        env={"LODESTAR": stack.base_url, "TOKEN": stack.token_for("robert@polaris.example")},
        capture_output=True,
        text=True,
        timeout=HUNG_AFTER,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    *standing, refusal = ended.stdout.splitlines()
    assert any(line.startswith("Lena Fischer ") for line in standing)
    assert re.search(r"^\d\d [A-Z]\w+ \d{4}-\d\d-\d\d ", "\n".join(standing), re.M)
    assert refusal.startswith("409 duplicate ")
