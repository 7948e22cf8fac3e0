"""Rows 1 to 3: what importing a function costs, from the artifact that `sam build` makes."""

import compileall
import os
import platform
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.bench.measure import Finding, interleaved, ratio

ROOT = Path(__file__).parents[2]
ROUNDS = 11
SAM_DATE = 315_532_800
"""1980-01-01 in Unix seconds: what SAM's zip makes of every file's time."""

BARE = "pass"
BOTO3 = 'import boto3; boto3.client("sqs", region_name="eu-west-1")'
HOTTEST = ("api.users.kpis", "api.teams.kpis", "api.users.history")
WORKER = "workers.calculate"


def import_findings(room: Path) -> list[Finding]:
    """Build in `room`, zip and unzip; import in fresh processes from that and from fresh bytecode."""
    fresh = _built(room / "fresh")
    deployed = _unzipped(shutil.make_archive(str(room / "artifact"), "zip", fresh), room / "deployed")
    _compile_anew(fresh)
    arms = {
        "bare": partial(_import_cpu, deployed, BARE),
        "boto3": partial(_import_cpu, deployed, BOTO3),
        **{each: partial(_import_cpu, deployed, f"import {each}") for each in (*HOTTEST, WORKER)},
        "fresh": partial(_import_cpu, fresh, f"import {HOTTEST[0]}"),
    }
    costs = interleaved(ROUNDS, arms)
    bare = costs.pop("bare")
    net = {name: [cost - base for cost, base in zip(each, bare, strict=True)] for name, each in costs.items()}
    reads = {name: ratio(net[name], net["boto3"]) for name in HOTTEST}
    hot = [
        Finding("1", f"import CPU of {name} ÷ boto3 + one SQS client (the hottest: ≤ 0.55)", 0.9, measured)
        for name, measured in reads.items()
    ]
    return [
        *hot,
        Finding("2", f"import CPU of {WORKER} ÷ same", 1.0, ratio(net[WORKER], net["boto3"])),
        Finding(
            "3",
            "import from the zipped artifact ÷ fresh bytecode",
            1.05,
            ratio(net[HOTTEST[0]], net["fresh"]),
        ),
    ]


def _built(target: Path) -> Path:
    """Both layers and the functions, by the Makefiles that `sam build` calls, for this machine."""
    rules = {"layers/vendor": "VendorLayer", "layers/lodestar": "LodestarLayer", "functions": "Function"}
    for folder, name in rules.items():
        artifacts = target / Path(folder).name
        artifacts.mkdir(parents=True)
        settings = (f"ARTIFACTS_DIR={artifacts}", f"ARCHITECTURE={platform.machine()}")
        subprocess.run(["make", "--silent", f"build-{name}", *settings], cwd=ROOT / folder, check=True)
    return target


def _unzipped(archive: str, target: Path) -> Path:
    shutil.unpack_archive(archive, target)
    for file in target.rglob("*"):
        os.utime(file, (SAM_DATE, SAM_DATE))
    return target


def _compile_anew(tree: Path) -> None:
    """Bytecode as Python itself writes it: checked against the time of its source."""
    compileall.compile_dir(tree, quiet=1, force=True)


def _import_cpu(tree: Path, code: str) -> float:
    """CPU seconds (user + system) of a fresh process that runs `code` and writes no bytecode."""
    paths = [str(tree / "functions"), str(tree / "lodestar/python"), str(tree / "vendor/python")]
    program = f"import sys; sys.path[:0] = {paths!r}\n{code}"
    process = subprocess.Popen([sys.executable, "-I", "-S", "-B", "-c", program])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"The program does not run: {code}")
    return usage.ru_utime + usage.ru_stime
