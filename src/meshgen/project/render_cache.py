"""What rendering gave the last time, so that the next time it need not be asked.

A memo is a fact about meshgen, not about a project: "this meshgen renders a part with this
fingerprint to content with this hash". It can be thrown away at any time, it is true on every
branch, and it is not committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.worktree import Worktree
from meshgen.project.state import FOLDER

MEMO = f"{FOLDER}/cache.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """`engine` rendered the spec with the hash `spec` to `parts`: (fingerprint, content) each."""

    engine: str = ""
    spec: str = ""
    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The bytes of the file, for `read_memo`."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    def renders(self, engine: str, spec: str, contents: Mapping[str, str]) -> bool:
        """Whether `engine` is known to render this spec to exactly these contents."""
        known = {name: content for name, (_, content) in self.parts.items()}
        return (self.engine, self.spec) == (engine, spec) and known == contents

    def content(self, engine: str, part: str, fingerprint: str) -> str | None:
        """The hash of the content to which `engine` renders a part, if it is known."""
        known, content = self.parts.get(part, ("", ""))
        return content if self.engine == engine and known == fingerprint else None


def read_memo(root: Path) -> Memo:
    """The memo of the project in `root`; an empty one if there is none to read."""
    try:
        file = Worktree(root).read(MEMO)
        document = json.loads(b"" if file is None or file.link else file.content)
        parts = {
            str(name): (str(fingerprint), str(content))
            for name, (fingerprint, content) in document["parts"].items()
        }
        return Memo(engine=str(document["engine"]), spec=str(document["spec"]), parts=parts)
    except (MeshgenError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memo()
