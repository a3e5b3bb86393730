"""The stages up to rendering: from the text of a spec to the files of its project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from meshgen.evolution import Version, losses
from meshgen.filesystem.files import File
from meshgen.identities import Identities, assign
from meshgen.output.fingerprint import engine
from meshgen.output.moved_paths import former_paths, renamed_names, renames_of
from meshgen.output.overlays import Overlays, digest_of, digests
from meshgen.output.parts import Part, message_sources, parts_of
from meshgen.output.plan import contract_path
from meshgen.progress import Progress, silent
from meshgen.project.base import Base, Rendering
from meshgen.project.render_cache import Memo
from meshgen.project.state import State
from meshgen.spec.check import check_text
from meshgen.spec.diagnostics import SpecError
from meshgen.spec.model import Spec
from meshgen.spec.yaml.load import decoded
from meshgen.system.lower import resolve
from meshgen.system.model import Mesh


class Generate(Protocol):
    """The signature of `generate`."""

    def __call__(
        self,
        path: str,
        spec: bytes,
        progress: Progress = ...,
        *,
        base: Base | None = None,
        memo: Memo | None = None,
        overlays: Overlays | None = None,
    ) -> Rendering:
        """Render the project of a spec."""


def generate(
    path: str,
    spec: bytes,
    progress: Progress = silent,
    *,
    base: Base | None = None,
    memo: Memo | None = None,
    overlays: Overlays | None = None,
    identities: Identities | None = None,
) -> Rendering:
    """Render the project of a spec.

    Args:
        path: The name of the spec in messages.
        spec: The content of the spec file.
        progress: Called with the name of each stage.
        base: The base of an existing project. Parts that did not change since are not rendered.
        memo: What was rendered last.
        overlays: The user's own templates.
        identities: The identities of an existing project without a base.

    Raises:
        SpecError: The spec has findings.
        MeshgenError: The spec is not text, or one of the user's own templates fails.
    """
    # Imported here for start-up time: `--help` and `check` do not need these libraries.
    from meshgen.render import render, worker

    progress("checking")
    text = decoded(path, spec)
    with worker() as renderer:
        checked, findings = check_text(path, text)
        if checked is None:
            raise SpecError(path, text, findings)
        before = _before(base, spec, checked) if base else None
        known = before.identities if before else identities
        now = Version(checked, assign(checked, known, before.spec if before else None))
        mesh = resolve(checked, now.identities)
        own = overlays or {}
        parts = parts_of(mesh, digests(own))
        unchanged = _unchanged(parts, base.state, memo) if base and memo else {}
        wanted = [part for part in parts if part.name not in unchanged]
        messages = message_sources(mesh, digests(own))
        typed = _typed(mesh, wanted, messages, base, memo) if base and memo else {}
        files = render(mesh, wanted, renderer, progress, own, typed)
    paths = [path for of_part in files.values() for path in of_part]
    rendering = Rendering(
        engine=engine(),
        system=mesh.system.name,
        spec_file=mesh.system.spec_file,
        spec=spec,
        templates=digest_of(own),
        messages=messages,
        fingerprints={part.name: part.fingerprint for part in parts},
        files=files,
        unchanged=unchanged,
        identities=now.identities,
    )
    if base is None or before is None:
        return rendering
    renames = renames_of(base.state.system, before.identities, now.identities)
    return replace(
        rendering,
        moved=former_paths(paths, mesh, renames),
        names=renamed_names(mesh.system.package, before.identities, now.identities),
        losses=losses(before, now),
    )


def _before(base: Base, spec: bytes, checked: Spec) -> Version:
    """Return the version of the spec that a project was last updated to.

    If this version of meshgen cannot read it, it is assumed to equal the new spec.
    """
    applied = base.spec()
    old = checked if applied == spec else check_text("", applied.decode("utf-8", "replace"))[0]
    identities = base.identities()
    return Version(old or checked, assign(old or checked) if identities is None else identities)


def _unchanged(parts: tuple[Part, ...], state: State, memo: Memo) -> dict[str, str]:
    """Return the parts whose rendering is known to be what the base holds."""
    contents = {part.name: memo.content(engine(), part.name, part.fingerprint) for part in parts}
    return {
        name: content
        for name, content in contents.items()
        if content is not None and content == state.parts.get(name)
    }


def _typed(
    mesh: Mesh, wanted: Sequence[Part], messages: Mapping[str, str], base: Base, memo: Memo
) -> dict[str, File]:
    """The typed modules that would be the same as in the base."""
    found = {}
    for part in wanted:
        content = base.state.parts.get(part.name)
        for module in part.contracts:
            name, source = module.name, messages[module.name]
            path = contract_path(mesh.system.name, name)
            same = memo.typed(engine(), name, source, part.name, content)
            if same and (file := base.files(part.name).get(path)):
                found[path] = file
    return found
