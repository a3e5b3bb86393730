"""The render cache: what was rendered last, so that unchanged parts are not rendered again.

It depends on meshgen, not on the project: "this version of meshgen renders a part with this
fingerprint to content with this hash". It can be deleted at any time, is valid on every branch, and
is not committed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.worktree import Worktree
from meshgen.project.state import FOLDER

RENDER_CACHE = f"{FOLDER}/cache.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderCache:
    """`engine` rendered the spec with the hash `spec` to `parts`: (fingerprint, content) each.

    `templates` is the hash of the user's own templates, `messages` those of the inputs of
    each module of the contracts library.
    """

    engine: str = ""
    spec: str = ""
    templates: str = ""
    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the content of the file, for `read_render_cache`."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    def renders(self, engine: str, spec: str, templates: str, contents: Mapping[str, str]) -> bool:
        """Tell whether `engine` is known to render this spec to exactly these contents."""
        known = {name: content for name, (_, content) in self.parts.items()}
        same = (self.engine, self.spec, self.templates) == (engine, spec, templates)
        return same and known == contents

    def content(self, engine: str, part: str, fingerprint: str) -> str | None:
        """Return the hash of the content to which `engine` renders a part, if known."""
        known, content = self.parts.get(part, ("", ""))
        return content if self.engine == engine and known == fingerprint else None

    def typed(self, engine: str, module: str, source: str, part: str, content: str | None) -> bool:
        """Tell whether `engine` generated `module` from `source` in this content of a part.

        `source` is the hash of the inputs of the module.
        """
        _, known = self.parts.get(part, ("", ""))
        return (self.engine, self.messages.get(module), known) == (engine, source, content)


def read_render_cache(root: Path) -> RenderCache:
    """Read the render cache of the project in `root`; an empty one if it is missing or damaged."""
    try:
        file = Worktree(root).read(RENDER_CACHE)
        document = json.loads(b"" if file is None or file.link else file.content)
        parts = {
            str(name): (str(fingerprint), str(content))
            for name, (fingerprint, content) in document["parts"].items()
        }
        return RenderCache(
            engine=str(document["engine"]),
            spec=str(document["spec"]),
            templates=str(document["templates"]),
            parts=parts,
            messages={str(name): str(source) for name, source in document["messages"].items()},
        )
    except (MeshgenError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return RenderCache()
