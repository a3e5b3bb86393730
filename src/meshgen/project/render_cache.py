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
    """`engine` rendered the spec with the hash `spec` to `parts`: (fingerprint, content) each.

    `templates` is the hash of the user's own templates, `messages` that of what each module of the
    contracts library was made from.
    """

    engine: str = ""
    spec: str = ""
    templates: str = ""
    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The bytes of the file, for `read_memo`."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    def renders(self, engine: str, spec: str, templates: str, contents: Mapping[str, str]) -> bool:
        """Whether `engine` is known to render this spec to exactly these contents."""
        known = {name: content for name, (_, content) in self.parts.items()}
        same = (self.engine, self.spec, self.templates) == (engine, spec, templates)
        return same and known == contents

    def content(self, engine: str, part: str, fingerprint: str) -> str | None:
        """The hash of the content to which `engine` renders a part, if it is known."""
        known, content = self.parts.get(part, ("", ""))
        return content if self.engine == engine and known == fingerprint else None

    def typed(self, engine: str, module: str, source: str, part: str, content: str | None) -> bool:
        """Whether `engine` is known to have typed `module` from `source` in this content of a part.

        `source` is the hash of what the module is made from.
        """
        _, known = self.parts.get(part, ("", ""))
        return (self.engine, self.messages.get(module), known) == (engine, source, content)


def read_memo(root: Path) -> Memo:
    """The memo of the project in `root`; an empty one if there is none to read."""
    try:
        file = Worktree(root).read(MEMO)
        document = json.loads(b"" if file is None or file.link else file.content)
        parts = {
            str(name): (str(fingerprint), str(content))
            for name, (fingerprint, content) in document["parts"].items()
        }
        return Memo(
            engine=str(document["engine"]),
            spec=str(document["spec"]),
            templates=str(document["templates"]),
            parts=parts,
            messages={str(name): str(source) for name, source in document["messages"].items()},
        )
    except (MeshgenError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memo()
