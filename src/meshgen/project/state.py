"""`.meshgen/state.json`: what was applied last, by which meshgen, and what is in the base."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from meshgen.errors import MeshgenError
from meshgen.filesystem.paths import is_inside

FOLDER = ".meshgen"
STATE = f"{FOLDER}/state.json"
SPEC = f"{FOLDER}/spec.yaml"
FORMAT = 1


def archive_path(part: str) -> str:
    """Where the archive of a part is."""
    return f"{FOLDER}/base/{part}.tar.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What was applied last.

    `version` is that of the meshgen that rendered; `system` the name in the spec, `spec_file` the
    spec's path and `spec` the hash of its text; `parts` the hash of each part's archive.
    """

    version: str
    system: str
    spec_file: str
    spec: str
    parts: Mapping[str, str]

    def encoded(self) -> bytes:
        """The bytes of the state file, for `decoded`."""
        document = {"format": FORMAT, **asdict(self), "parts": dict(sorted(self.parts.items()))}
        return (json.dumps(document, indent=2) + "\n").encode()


def decoded(data: bytes, running: str) -> State:
    """Read a state file. `running` is the version of this meshgen.

    Raises:
        MeshgenError: The file is damaged, or was written by a newer meshgen.
    """
    try:
        document = json.loads(data)
        format_, version = document.pop("format"), document["version"]
        newer = format_ > FORMAT or _numbers(version) > _numbers(running)
        if not newer:
            return _checked(State(**document))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(STATE) from error
    raise MeshgenError(
        f"this project was last updated by meshgen {version}; this is {running}",
        hint=f"install meshgen {version} or later: an older one would take its changes back",
    )


def _checked(state: State) -> State:
    """The state, whose names become paths. Raises ValueError or TypeError if they cannot."""
    hashes = [state.spec, *state.parts.values()]
    names = [state.version, state.system, state.spec_file, *state.parts, *hashes]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("a name is no text")
    paths = [state.spec_file, f"{state.system}.yaml", *map(archive_path, state.parts)]
    if not all(map(is_inside, paths)) or "/" in state.spec_file + state.system:
        raise ValueError("a name is no path of a project")
    if not all(re.fullmatch("[0-9a-f]{64}", content) for content in hashes):
        raise ValueError("a hash is none")
    return state


def damaged(path: str) -> MeshgenError:
    """The error of a base that cannot be trusted."""
    return MeshgenError(
        f"{path} is damaged",
        hint=f"get {FOLDER}/ back from version control, as it was committed with the project; "
        "without a copy, `meshgen adopt --replace` makes a new one",
    )


def _numbers(version: str) -> tuple[int, ...]:
    """`1.10.0` -> (1, 10, 0)."""
    return tuple(int(number) for number in re.findall(r"[0-9]+", version))
