"""MongoDB: a replica set with one member, because only those have transactions."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.ports import LOOPBACK
from chassis.embedded.servers.server import Server, printed_version, program

_DATA, _MEMBER = Path("data"), Path("member")
_SET = "embedded"
_ALREADY_INITIALIZED = 23
_TIMEOUT = 60.0
_POLL = 0.1


class LocalServer(Server):
    """A server that all users of this machine can reach: it has no password."""

    product = "MongoDB"
    advice = "mongodb.com/docs/manual/installation, or `brew install mongodb-community`"

    @classmethod
    def find(cls) -> Path | None:
        """Return the path of mongod."""
        return program("mongod")

    @classmethod
    def version(cls, installed: Path) -> str:
        """Ask the program."""
        return printed_version(installed, "--version")

    @property
    def url(self) -> str:
        """The URL."""
        return f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true"

    def prepare(self, installed: Path) -> None:
        """Make the server a member of the set with its port, which the set remembers."""
        _DATA.mkdir(exist_ok=True)
        member = f"{LOOPBACK}:{self.port}"
        if _MEMBER.exists() and _MEMBER.read_text() == member:
            return
        process = subprocess.Popen(self.command(installed))
        try:
            with MongoClient[dict[str, Any]](self.url) as client:
                _wait_until_primary(client, process, member)
        finally:
            process.terminate()
            process.wait()
        _MEMBER.write_text(member)

    def command(self, installed: Path) -> list[str]:
        """Run mongod."""
        options = {"bind_ip": LOOPBACK, "port": str(self.port), "dbpath": str(_DATA)}
        options |= {"replSet": _SET, "wiredTigerCacheSizeGB": "0.25", **self.access.settings}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [str(installed), *words, "--nounixsocket", "--quiet"]

    def problem(self) -> str | None:
        """Ask whether it can be written to."""
        try:
            with MongoClient[dict[str, Any]](self.url, serverSelectionTimeoutMS=2000) as client:
                return None if _is_primary(client) else "no primary has been elected yet"
        except PyMongoError as error:
            return str(error)


def _wait_until_primary(
    client: MongoClient[dict[str, Any]], process: subprocess.Popen[bytes], member: str
) -> None:
    config = {"_id": _SET, "version": 1, "members": [{"_id": 0, "host": member}]}
    deadline = time.monotonic() + _TIMEOUT
    try:
        client.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise EmbeddedError(f"MongoDB: {error}") from error
        client.admin.command("replSetReconfig", config, force=True)  # the port is another one
    while not _is_primary(client):
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedError("MongoDB does not become the primary of its replica set")
        time.sleep(_POLL)


def _is_primary(client: MongoClient[dict[str, Any]]) -> bool:
    return bool(client.admin.command("hello").get("isWritablePrimary"))
