"""The stages up to rendering: from the text of a spec to the files of its project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from meshgen.evolution import Version, losses, notices
from meshgen.filesystem.files import File
from meshgen.identities import Identities, assign
from meshgen.output.fingerprint import engine
from meshgen.output.moved_paths import former_paths, renamed_names, renames_of
from meshgen.output.overlays import Overlays, digest_of, digests
from meshgen.output.parts import Part, message_sources, parts_of
from meshgen.output.plan import contract_path
from meshgen.progress import Progress, silent
from meshgen.project.base import Base, Rendering
from meshgen.project.render_cache import RenderCache
from meshgen.project.state import SPEC, State
from meshgen.spec.check import check_text
from meshgen.spec.diagnostics import NOWHERE, Finding, SpecError
from meshgen.spec.model import Spec
from meshgen.spec.yaml.load import decoded
from meshgen.system.lower import resolve
from meshgen.system.model import Mesh

UNKNOWN = Finding(
    NOWHERE,
    "the spec as it was applied last cannot be read, so it is not known what data would be lost",
    f"{SPEC} is that spec: this meshgen may be older than the one that applied it",
)


class Generate(Protocol):
    """The signature of `generate`."""

    def __call__(
        self,
        path: str,
        spec: bytes,
        progress: Progress = ...,
        *,
        base: Base | None = None,
        cache: RenderCache | None = None,
        overlays: Overlays | None = None,
    ) -> Rendering:
        """Render the project of a spec."""


def generate(
    path: str,
    spec: bytes,
    progress: Progress = silent,
    *,
    base: Base | None = None,
    cache: RenderCache | None = None,
    overlays: Overlays | None = None,
    identities: Identities | None = None,
) -> Rendering:
    """Render the project of a spec.

    Args:
        path: The name of the spec in messages.
        spec: The content of the spec file.
        progress: Called with the name of each stage.
        base: The base of an existing project. Parts that did not change since are not rendered.
        cache: What was rendered last.
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
        applied = _applied(base, spec, checked) if base else None
        known = _identities(base, applied or checked) if base else identities
        now = assign(checked, known, applied)
        mesh = resolve(checked, now)
        own = overlays or {}
        parts = parts_of(mesh, digests(own))
        unchanged = _unchanged(parts, base.state, cache) if base and cache else {}
        wanted = [part for part in parts if part.name not in unchanged]
        messages = message_sources(mesh, digests(own))
        typed = _typed(mesh, wanted, messages, base, cache) if base and cache else {}
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
        identities=now,
    )
    if base is None or known is None:
        return rendering
    before, after = Version(applied, known) if applied else None, Version(checked, now)
    return replace(
        rendering,
        moved=former_paths(paths, mesh, renames_of(base.state.system, known, now)),
        names=renamed_names(mesh.system.package, known, now),
        losses=losses(before, after) if before else (UNKNOWN,),
        notices=notices(before, after) if before else (),
    )


def _applied(base: Base, spec: bytes, checked: Spec) -> Spec | None:
    """Return the spec that a project was last updated to; None if it is no longer readable."""
    text = base.spec()
    return checked if text == spec else check_text("", text.decode("utf-8", "replace"))[0]


def _identities(base: Base, applied: Spec) -> Identities:
    """Return the identities of a project, by default those of its spec."""
    found = base.identities()
    return assign(applied) if found is None else found


def _unchanged(parts: tuple[Part, ...], state: State, cache: RenderCache) -> dict[str, str]:
    """Return the parts whose rendering is known to be what the base holds."""
    contents = {part.name: cache.content(engine(), part.name, part.fingerprint) for part in parts}
    return {
        name: content
        for name, content in contents.items()
        if content is not None and content == state.parts.get(name)
    }


def _typed(
    mesh: Mesh, wanted: Sequence[Part], messages: Mapping[str, str], base: Base, cache: RenderCache
) -> dict[str, File]:
    """The typed modules that would be the same as in the base."""
    found = {}
    for part in wanted:
        content = base.state.parts.get(part.name)
        for module in part.contracts:
            name, source = module.name, messages[module.name]
            path = contract_path(mesh.system.name, name)
            same = cache.typed(engine(), name, source, part.name, content)
            if same and (file := base.files(part.name).get(path)):
                found[path] = file
    return found
