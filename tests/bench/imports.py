"""Rows 1 to 3: what a function's import costs, from the artifact that `sam build` makes."""

import os
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

from tests.bench.measure import Finding, interleaved, ratio

ROOT = Path(__file__).parents[2]
ROUNDS = 11
SAM_DATE = (1980, 1, 1, 0, 0, 0)
SAM_INSTANT = 315_532_800  # the same date in Unix seconds

BARE = "pass"
FLOOR = 'import boto3; boto3.client("sqs", region_name="eu-west-1")'
HOTTEST = ("api.users.kpis", "api.teams.kpis", "api.users.history")


def import_findings(room: Path) -> list[Finding]:
    """Build the artifact in `room`, as it is deployed and once more with fresh bytecode, and import."""
    built, fresh = room / "built", room / "fresh"
    _build(built)
    _zip_and_unzip(built, room / "artifact.zip", fresh)
    _set_dates(fresh)
    deployed, fresh = fresh, built
    _compile_by_time(fresh)
    codes = {"bare": BARE, "boto3": FLOOR, "worker": "import workers.calculate"}
    codes |= {name: f"import {name}" for name in HOTTEST}
    arms = {name: partial(_import_cpu, deployed, code) for name, code in codes.items()}
    arms["fresh"] = partial(_import_cpu, fresh, codes[HOTTEST[0]])
    for arm in arms.values():
        arm()  # the first run reads the files from the disk
    costs = interleaved(ROUNDS, arms)
    net = {
        name: [cost - bare for cost, bare in zip(each, costs["bare"], strict=True)]
        for name, each in costs.items()
    }
    reads = [ratio(net[name], net["boto3"]) for name in HOTTEST]
    return [
        Finding("1", "import CPU of GET /users/{id}/kpis ÷ boto3 + one SQS client", 0.9, reads[0]),
        Finding("1", "… the costliest of the three hottest reads", 0.55, max(reads)),
        Finding("2", "import CPU of the calculate worker ÷ same", 1.0, ratio(net["worker"], net["boto3"])),
        Finding("3", "import from the zipped and unzipped artifact ÷ fresh bytecode", 1.05,
                ratio(net[HOTTEST[0]], net["fresh"])),
    ]  # fmt: skip


def _build(target: Path) -> None:
    """The Makefiles that `sam build` calls, for this machine's architecture."""
    for folder, name in (("layers/vendor", "VendorLayer"), ("layers/lodestar", "LodestarLayer"), ("functions", "F")):
        target.mkdir(exist_ok=True)
        subprocess.run(
            ["make", "--silent", f"build-{name}", f"ARTIFACTS_DIR={target}", f"ARCHITECTURE={os.uname().machine}"],
            cwd=ROOT / folder,
            check=True,
        )
