"""`python -m chassis.embedded.servers`: run a server, or say which ones there are."""

from __future__ import annotations

import argparse
import json
import os
import pwd
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from chassis.embedded import compose, processes
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.servers import catalog

# In the environment of a server and of all processes that it starts: its folder.
_FOLDER = "EMBEDDED_SERVER"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit code; a server takes the place of this process."""
    parser = argparse.ArgumentParser(prog="python -m chassis.embedded.servers")
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="run the server of an engine in the foreground")
    run.add_argument("engine")
    run.add_argument("folder", type=Path)
    run.set_defaults(call=lambda options: _run(options.engine, options.folder.resolve()))
    found = commands.add_parser("found", help="print JSON: what `make up ENGINES=real` would start")
    found.add_argument("engines", nargs="*")
    found.set_defaults(call=lambda options: _print_found(options.engines))
    options = parser.parse_args(arguments)
    try:
        options.call(options)
    except EmbeddedError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _print_found(engines: Sequence[str]) -> None:
    found, in_containers = {}, compose.answers(ProjectPaths(Path.cwd()))
    for engine in engines:
        server = catalog.find(engine)
        path = server.find() if server else None
        found[engine] = {
            "contained": in_containers,
            "path": str(path or ""),
            "version": server.version(path) if server and path else "",
            "advice": server.advice if server else "",
        }
    print(json.dumps(found))


def _run(engine: str, folder: Path) -> None:
    server = catalog.opened(engine, folder)
    installed = server.find()
    if installed is None:
        raise EmbeddedError(f"{server.product} is not installed: {server.advice}")
    os.environ[_FOLDER] = str(folder)
    _end_previous(folder)
    if server.user and os.geteuid() == 0:
        _become(server.user, folder)
    os.chdir(folder)
    os.umask(0o077)
    server.prepare(installed)
    command = server.command(installed)
    os.execvpe(command[0], command, {**os.environ, **server.environment(folder)})


def _end_previous(folder: Path) -> None:
    """Kill what a killed server has left behind, which holds its ports and its data."""
    session = os.getsid(0)
    left = [
        process
        for process in processes.with_variable(_FOLDER, str(folder))
        if processes.session(process) != session
    ]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=10)


def _become(user: str, folder: Path) -> None:
    """Go on as another user, who owns the folder and nothing else."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise EmbeddedError(
            f"the server refuses to run as root, and there is no user {user}"
        ) from None
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = str(folder)


if __name__ == "__main__":
    sys.exit(main())
