"""The smallest system, on each event hub and store that the language has."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from meshgen.output.templates import template_folder
from meshgen.spec.check import read_spec
from meshgen.spec.grammar.reads import VIEW_STORES
from meshgen.spec.grammar.services import SERVICE_STORES
from meshgen.spec.grammar.system import HUB_ENGINES

ROOT = Path(__file__).parents[2]
SPEC = Path(__file__).with_name("notes.yaml")
CHASSIS = template_folder("chassis") / "src" / "chassis"

MATRIX = tuple(product(HUB_ENGINES.words, VIEW_STORES.words))
"""A store that services cannot have is that of the projection only."""


_WORDS = {"hub": HUB_ENGINES.words, "store": VIEW_STORES.words}


def write_spec(folder: Path, hub: str, store: str) -> Path:
    """Write the spec of a system whose units are on `hub` and `store`; checked, as all specs."""
    of_service = store if store in SERVICE_STORES.words else "sqlite"
    text = SPEC.read_text(encoding="utf-8")
    path = folder / f"{hub}-{store}.yaml"
    text = text.replace("engine: nats", f"engine: {hub}")
    text = text.replace("store: sqlite # service", f"store: {of_service}")
    path.write_text(text.replace("store: sqlite # projection", f"store: {store}"), encoding="utf-8")
    read_spec(path)
    return path


def adapters(port: str) -> frozenset[str]:
    """The engines that the chassis has an adapter for: `port` is `hub` or `store`."""
    found = {path.parent.name for path in (CHASSIS / port).glob(f"*/{port}.py")}
    return frozenset(found & set(_WORDS[port]))
