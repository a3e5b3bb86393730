"""The base of a project: how it is read, and its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from meshgen import __version__
from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File, Files
from meshgen.filesystem.worktree import Worktree
from meshgen.identities import IDENTITIES, Identities, encoded
from meshgen.identities import decoded as decoded_identities
from meshgen.merge.identifiers import Names
from meshgen.project.archive import DamagedError, pack, unpack
from meshgen.project.render_cache import RENDER_CACHE, RenderCache
from meshgen.project.state import FOLDER, SPEC, STATE, State, archive_path, damaged, decoded
from meshgen.spec.diagnostics import Finding

_FIXED = {
    f"{FOLDER}/.gitignore": b"/cache.json\n/work/\n",
    f"{FOLDER}/.gitattributes": b"* -text linguist-generated\n/base/** -diff\n"
    b"/templates/** !text !linguist-generated\n",
}


@dataclass(frozen=True, slots=True)
class Base:
    """The base of the project in `root`; archives are read on demand."""

    root: Path
    state: State
    _read: dict[str, dict[str, File]] = field(default_factory=dict, compare=False)

    def current(self, spec: str) -> bool:
        """Tell whether this version of meshgen applied the spec with that hash."""
        return self.state.spec == spec and self.state.version == __version__

    def files(self, part: str) -> Files:
        """The pristine files of a part, none for a part that the project does not have.

        Raises:
            MeshgenError: Its archive is damaged.
        """
        if part not in self.state.parts:
            return {}
        if part not in self._read:
            self._read[part] = self._unpacked(part)
        return self._read[part]

    def all_files(self, parts: Iterable[str]) -> dict[str, File]:
        """The pristine files of several parts."""
        return {path: file for part in parts for path, file in self.files(part).items()}

    def spec(self) -> bytes:
        """The spec as last applied. Raises MeshgenError if it is damaged."""
        text = _content(self.root, SPEC)
        if digest(text) != self.state.spec:
            raise damaged(SPEC)
        return text

    def identities(self) -> Identities | None:
        """The table of identities; None for a project from before there was one.

        Raises:
            MeshgenError: It is damaged.
        """
        return read_identities(self.root)

    def digest(self, spec: bytes) -> str:
        """What tells apart from what a project is rendered: `spec`, and the table of identities."""
        path = self.root / IDENTITIES
        return digest(spec + (_content(self.root, IDENTITIES) if path.exists() else b""))

    def _unpacked(self, part: str) -> dict[str, File]:
        path = archive_path(part)
        try:
            return unpack(_content(self.root, path), self.state.parts[part])
        except DamagedError as error:
            raise damaged(path) from error


def read_base(root: Path) -> Base:
    """Return the base of the project in `root`.

    Raises:
        MeshgenError: There is none, it is damaged, or it was written by a newer version.
    """
    state = Worktree(root).read(STATE)
    if state is None:
        raise MeshgenError(
            f"{root} is not a meshgen project: it has no {STATE}",
            hint="pass --project, or create a base with `meshgen adopt`",
        )
    return Base(root, decoded(b"" if state.link else state.content, __version__))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """All that rendering a spec gave: `files` of the parts that were rendered, by part.

    `templates` is the hash of the user's own templates, `messages` that of what each module of the
    contracts library is made from.
    `unchanged` are the parts that need not be rendered, with the hash of their content; `moved`
    are new paths of renamed things, with their old ones, and `names` their identifiers in code;
    `losses` are the changes that are incompatible with stored data, `notices` say what new policies
    and sagas do about past events.
    """

    engine: str
    system: str
    spec_file: str
    spec: bytes
    fingerprints: Mapping[str, str]
    files: Mapping[str, Files]
    templates: str = ""
    messages: Mapping[str, str] = field(default_factory=dict)
    unchanged: Mapping[str, str] = field(default_factory=dict)
    identities: Identities = field(default_factory=Identities)
    moved: Mapping[str, str] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    losses: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()

    def base_files(self, before: Mapping[str, str] | None = None) -> dict[str, File]:
        """The files of the base that this rendering is, by path.

        Archives are left out whose content is that of `before`, the parts of a former state.
        """
        files = {path: File(content) for path, content in _FIXED.items()}
        identities = encoded(self.identities)
        contents = dict(self.unchanged)
        for part, of_part in self.files.items():
            archive, contents[part] = pack(of_part)
            if before is None or before.get(part) != contents[part]:
                files[archive_path(part)] = File(archive)
        state = State(
            version=__version__,
            system=self.system,
            spec_file=self.spec_file,
            spec=digest(self.spec),
            parts=contents,
        )
        cache = RenderCache(
            engine=self.engine,
            spec=digest(self.spec + identities),
            templates=self.templates,
            messages=self.messages,
            parts={name: (self.fingerprints[name], content) for name, content in contents.items()},
        )
        return files | {
            SPEC: File(self.spec),
            IDENTITIES: File(identities),
            STATE: File(state.encoded()),
            RENDER_CACHE: File(cache.encoded()),
        }


def read_identities(root: Path) -> Identities | None:
    """The table of identities of the project in `root`; None if there is none.

    Raises:
        MeshgenError: It is damaged.
    """
    path = root / IDENTITIES
    return decoded_identities(_content(root, IDENTITIES)) if path.exists() else None


def digest(content: bytes) -> str:
    """The hash of a file's content."""
    return hashlib.sha256(content).hexdigest()


def _content(root: Path, path: str) -> bytes:
    file = Worktree(root).read(path)
    if file is None or file.link:
        raise damaged(path)
    return file.content
