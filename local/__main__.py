"""The command line: `python -m local up | run | token <email> | tick <cadence>`."""

import argparse
import sys
from pathlib import Path

from local.errors import CannotRun, NoSuchPerson

CADENCES = ("daily", "weekly", "monthly", "quarterly")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code. What a person can correct is said in one sentence on standard error."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except NoSuchPerson as nobody:
        print(nobody, file=sys.stderr)
        return 2
    except CannotRun as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # as a shell tells it; `up` ends with 0, for there Ctrl-C is the way to end


def _run(options: argparse.Namespace) -> int:
    """Each command imports what it needs: a token is not worth a second of imports."""
    if options.command in ("up", "run"):
        from local import commands  # noqa: PLC0415 — see above

        if options.command == "up":
            return commands.up(options.data, options.port, with_demo=options.demo)
        return commands.run_once(options.data, CADENCES)
    from local import remote  # noqa: PLC0415 — see above

    if options.command == "token":
        print(remote.token(options.data, options.email))
    else:
        print(remote.tick(options.data, options.cadence, options.at))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="Runs Lodestar on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="serve the API until Ctrl-C")
    up.add_argument("--port", type=int, default=3000, help="of the HTTP API (3000)")
    up.add_argument("--no-demo", dest="demo", action="store_false", help="do not load the demo company")
    run = commands.add_parser("run", help="calculate everything that is due once, and exit")
    token = commands.add_parser("token", help="print a bearer token for a person")
    token.add_argument("email")
    tick = commands.add_parser("tick", help="fire a schedule by hand")
    tick.add_argument("cadence", choices=CADENCES)
    tick.add_argument("--at", help="the clock of the tick, e.g. 2026-01-05T02:00:00Z (now)")
    for command in (up, run, token, tick):
        command.add_argument(
            "--data",
            type=Path,
            default=Path(".lodestar"),
            help="folder of data and logs (.lodestar)",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
