"""`make crash`: rounds of a run under many faults until there were KILLS kills, and the control."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "layers/lodestar"), str(ROOT / "functions")]

from tests.crash.harness import Faults, found_under, killable_postgres  # noqa: E402 — the paths come first

PEOPLE = 80
FAULTS = Faults(kills=25, restarts=3, doubles=0.3)
CONTROL = Faults(kills=25, has_outbox=False)


def main(kills: int) -> int:
    """Print a line for each round; 0 if nothing was lost or wrong, and the control lost something."""
    total = failures = seed = 0
    with killable_postgres() as where:
        expected = found_under(Faults(), PEOPLE, where)
        while total < kills:
            found = found_under(FAULTS, PEOPLE, where, seed)
            lost, is_same = len(found.lost(expected)), found.digest == expected.digest
            print(
                f"round {seed}: {found.kills} kills, {found.restarts} restarts of Postgres, {lost} lost, "
                f"{found.doubled} doubled, {'the same world' if is_same else 'ANOTHER WORLD'}",
                flush=True,
            )
            total += found.kills
            failures += lost + (not is_same) + max(0, found.doubled - found.kills - found.restarts)
            seed += 1
        control = len(found_under(CONTROL, PEOPLE, where).lost(expected))
    print(f"{total} kills: {failures} failures. Without the outbox {control} were lost.")
    return int(failures > 0 or control == 0)


if __name__ == "__main__":
    sys.exit(main(int(os.environ.get("KILLS", "1000"))))
