"""`python -m chassis.embedded`: the command line of the embedded mode."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.options import Options
from chassis.embedded.paths import ProjectPaths

_EXAMPLES = """\
examples:
  python -m chassis.embedded up                 start everything and wait until it is ready
  python -m chassis.embedded up --each          a process for every unit (or PROCESSES=each)
  python -m chassis.embedded up --replicas 2    every process twice (or REPLICAS=2)
  ENGINES=real python -m chassis.embedded up    on the engines of the spec (KAFKA_URL, ...)
  GATEWAY_PORT=0 python -m chassis.embedded up  the gateway on any free port
  python -m chassis.embedded status --json
  python -m chassis.embedded logs order -f      follow the log of one unit
  python -m chassis.embedded restart            restart one process after the other
  python -m chassis.embedded token --role customer --ttl 8h
"""
_UNITS_OF_TIME = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except EmbeddedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `... logs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chassis.embedded",
        description="Run the whole system on this machine: real servers, no containers.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root", type=_folder, default=Path.cwd(), help="the project (default: this folder)"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start what is not running and wait until it is ready")
    up.add_argument("--each", action="store_true", help="run each unit in a process of its own")
    up.add_argument("--replicas", metavar="N", help="run every process N times (default: 1)")
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="stop everything; the data is kept")
    down.add_argument(
        "--volumes", action="store_true", help="remove the data of servers in containers"
    )
    down.set_defaults(run=_down)

    restart = commands.add_parser("restart", help="restart processes, one after the other")
    restart.add_argument("names", nargs="*", metavar="NAME", help="a process (default: all units)")
    restart.set_defaults(run=_restart)

    status = commands.add_parser(
        "status", help="show what is running; exit code 1 if a part is not ready"
    )
    status.add_argument("--json", action="store_true", help="print JSON")
    status.set_defaults(run=_status)

    logs = commands.add_parser("logs", help="show the last lines of the logs")
    logs.add_argument("name", nargs="?", help="a process or a unit (default: all processes)")
    logs.add_argument(
        "-f", "--follow", action="store_true", help="print new lines as they are written"
    )
    logs.add_argument("-n", "--lines", type=int, default=20, help="number of lines (default: 20)")
    logs.set_defaults(run=_logs)

    token = commands.add_parser("token", help="print a token of the development issuer")
    token.add_argument("--role", action="append", required=True, help="a role; can be repeated")
    token.add_argument("--sub", type=UUID, help="the subject (default: the same one for each role)")
    token.add_argument("--random", action="store_true", help="a new subject")
    token.add_argument(
        "--ttl", type=_duration, default="1h", help="lifetime, e.g. 90s, 30m, 1h, 7d (default: 1h)"
    )
    token.set_defaults(run=_token)

    keys = commands.add_parser("keys", help="create the keys of the development issuer, once")
    keys.set_defaults(run=_keys)

    supervise = commands.add_parser("supervise", help="run by `up` in the background")
    supervise.add_argument("start", help="the start that it belongs to")
    supervise.set_defaults(run=_supervise)
    return parser


def _up(options: argparse.Namespace) -> int:
    from chassis.embedded.up import up

    env = dict(os.environ)
    if options.each:
        env["PROCESSES"] = "each"
    if options.replicas is not None:
        env["REPLICAS"] = options.replicas
    up(options.root, Console(), Options.from_env(env))
    return 0


def _down(options: argparse.Namespace) -> int:
    from chassis.embedded.down import down

    down(options.root, Console(), volumes=options.volumes)
    return 0


def _restart(options: argparse.Namespace) -> int:
    from chassis.embedded.restart import restart

    restart(options.root, Console(), options.names)
    return 0


def _status(options: argparse.Namespace) -> int:
    from chassis.embedded.status import status

    return 0 if status(options.root, Console(), as_json=options.json) else 1


def _logs(options: argparse.Namespace) -> int:
    from chassis.embedded.logs import show

    console = Console()
    show(options.root, console, name=options.name, count=options.lines, follow=options.follow)
    return 0


def _supervise(options: argparse.Namespace) -> int:
    from chassis.embedded.supervisor import supervise

    supervise(options.root, options.start)
    return 0


def _token(options: argparse.Namespace) -> int:
    from chassis.embedded import keys, topology

    paths = ProjectPaths(options.root)
    auth = topology.load(paths.topology).auth
    for role in options.role:
        if role not in auth.roles:
            raise EmbeddedError(f"there is no role {role!r}; there are {', '.join(auth.roles)}")
    keys.ensure_keys(paths)
    default = uuid4() if options.random else keys.default_subject(auth, options.role)
    subject = options.sub or default
    print(keys.issue(paths, auth, roles=options.role, subject=subject, ttl=options.ttl))
    return 0


def _keys(options: argparse.Namespace) -> int:
    from chassis.embedded import keys

    keys.ensure_keys(ProjectPaths(options.root))
    return 0


def _folder(text: str) -> Path:
    return Path(text).resolve()


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration like 90s, 30m, 1h or 7d")
    return timedelta(**{_UNITS_OF_TIME[match[2]]: int(match[1])})


if __name__ == "__main__":
    sys.exit(main())
