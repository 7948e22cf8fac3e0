"""A function pays at its start only for what it surely needs: heavy modules are imported when first used."""

import json
import os
import subprocess
import sys

import pytest

from tests.architecture.house import FUNCTIONS, ROOT, function_files, module_of

MODULES = [module_of(function_file) for function_file in function_files()]
# Powertools imports the bare package botocore, which is small; a session is what costs.
HEAVY = (
    "alembic",
    "boto3",
    "botocore.session",
    "httpx",
    "pg8000",
    "reportlab",
    "sqlalchemy",
    "sqlglot",
    "xlsxwriter",
    "yaml",
)

# The parent imports what all functions share, then each child one function: a fork is as good as a fresh
# interpreter, and costs a tenth.
PROBE = """
import importlib, json, os, sys

modules, heavy = json.load(sys.stdin)
import lodestar.runtime.endpoint, lodestar.runtime.worker

for module in modules:
    sys.stdout.flush()
    if os.fork() == 0:
        importlib.import_module(module)
        print(json.dumps([module, [each for each in heavy if each in sys.modules]]), flush=True)
        os._exit(0)
    os.wait()
"""


def heavy_imports(modules: list[str]) -> dict[str, list[str]]:
    """Which heavy modules are loaded after each module was imported alone."""
    paths = os.pathsep.join([str(ROOT / "layers" / "lodestar"), str(FUNCTIONS)])
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        input=json.dumps([modules, HEAVY]),
        env={"PYTHONPATH": paths, "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def imports() -> dict[str, list[str]]:
    return heavy_imports(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_function_imports_nothing_heavy(module: str, imports: dict[str, list[str]]) -> None:
    # The catalog is YAML: who answers from it reads it, and nobody else.
    assert imports[module] == (["yaml"] if module.startswith("api.catalog.") else [])


def test_the_guard_finds_a_heavy_import() -> None:
    found = heavy_imports(["lodestar.delivery.slack", "lodestar.delivery.queues", "lodestar.domain.refusals"])
    assert found["lodestar.delivery.slack"] == ["httpx"]
    assert found["lodestar.delivery.queues"] == ["boto3", "botocore.session"]
    assert found["lodestar.domain.refusals"] == []
