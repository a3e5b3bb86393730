"""The shop as it might change: variants of its spec, each rendered once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from meshgen.filesystem.files import File
from meshgen.operations.generate import generate
from meshgen.output.moved_paths import Renames, former_paths
from meshgen.output.overlays import Overlays
from meshgen.progress import Progress
from meshgen.project.base import Base, Rendering
from meshgen.project.render_cache import RenderCache
from meshgen.spec.check import check_text
from meshgen.system.lower import resolve

SHOP = (Path(__file__).parents[2] / "specs" / "shop.yaml").read_text(encoding="utf-8")

_MOBILE = SHOP[SHOP.index("  mobile:") : SHOP.index("  backoffice:")]
_LOAD = "    mobile GET /home: 40/s\n"
_TAKE_OUT = SHOP[SHOP.index("          TakeItemOut:") : SHOP.index("          CheckOut:")]
_TAKE_OUT_OF_WEB = next(line for line in SHOP.splitlines(True) if "cart.TakeItemOut(" in line)
_TAKEN = SHOP[SHOP.index("          ItemTakenOut:") : SHOP.index("          CartCheckedOut:")]
_LISTED = "ProductListed: {name: string, category: string, price: decimal,"


def changed(text: str, *changes: tuple[str, str]) -> str:
    """`text` with each first string replaced by the second."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


SPECS: Mapping[str, str] = {
    "as it is": SHOP,
    "a field more": changed(
        SHOP, ("PriceChanged: {price", 'PriceChanged: {reason: "string?", price')
    ),
    "a front end less": changed(SHOP, (_MOBILE, ""), (_LOAD, ""), (", mobile,", ",")),
    "other limits": changed(
        SHOP, ("page: 50", "page: 25"), ("max_length: 200", "max_length: 99"), ("15m", "20m")
    ),
    "a command less": changed(SHOP, (_TAKE_OUT, ""), (_TAKE_OUT_OF_WEB, ""), (_TAKEN, "")),
    "another engine": changed(SHOP, ("store: redis", "store: sqlite")),
    "another name": changed(SHOP, ("name: shop\n", "name: bazaar\n")),
    "all at once": changed(
        SHOP,
        ("name: shop\n", "name: bazaar\n"),
        (_MOBILE, ""),
        (_LOAD, ""),
        (", mobile,", ","),
        (_TAKE_OUT, ""),
        (_TAKE_OUT_OF_WEB, ""),
        (_TAKEN, ""),
        ("page: 50", "page: 25"),
    ),
}
NEW_TEMPLATES = "other templates"
NAMES = (*SPECS, NEW_TEMPLATES)


@dataclass(frozen=True)
class Variant:
    """A variant's spec and what is rendered for it; `moves` are its paths under another name."""

    spec: bytes
    rendering: Rendering
    moves: Callable[[str], dict[str, str]]

    @property
    def files(self) -> dict[str, File]:
        """All pristine files."""
        parts = self.rendering.files.values()
        return {path: file for of_part in parts for path, file in of_part.items()}


@cache
def variant(name: str) -> Variant:
    """Render a variant, once for all tests."""
    if name == NEW_TEMPLATES:
        return _under_other_templates(variant("a field more"))
    spec = SPECS[name].encode()
    checked, findings = check_text(name, SPECS[name])
    assert checked is not None, findings
    mesh = resolve(checked)
    rendering = generate(name, spec)
    paths = [path for of_part in rendering.files.values() for path in of_part]
    return Variant(
        spec, rendering, lambda system: former_paths(paths, mesh, Renames(system=system))
    )


def _under_other_templates(of: Variant) -> Variant:
    """As if the templates had got other headers, and another line at the end of each file."""

    def other(path: str, file: File) -> File:
        text = file.content.replace(b"yours to edit", b"edit as you like")
        return replace(file, content=text + b"# the end\n" if path.endswith(".py") else text)

    files = {
        part: {path: other(path, file) for path, file in of_part.items()}
        for part, of_part in of.rendering.files.items()
    }
    spec = of.spec + b"# as other templates have it\n"
    return Variant(spec, replace(of.rendering, files=files, spec=spec), of.moves)


def generate_variant(
    path: str,
    spec: bytes,
    progress: Progress = lambda _: None,
    *,
    base: Base | None = None,
    cache: RenderCache | None = None,
    overlays: Overlays | None = None,
) -> Rendering:
    """In place of `generate`: what was rendered before for this spec."""
    found = next(v for name in NAMES if (v := variant(name)).spec == spec)
    return replace(found.rendering, moved=found.moves(base.state.system) if base else {})
