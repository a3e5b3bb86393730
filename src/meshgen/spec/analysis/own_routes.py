"""Routes of the owner's own: each leads to one service."""

from __future__ import annotations

from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.said_paths import RESERVED
from meshgen.spec.model import Spec
from meshgen.spec.routes import declared


def check_own_routes(check: Check, spec: Spec) -> None:
    """Check that what the owner's routers answer is what nothing else answers."""
    taken = dict.fromkeys(RESERVED, "the gateway")
    for unit in (*spec.services, *spec.views, *spec.bffs):
        taken.update(dict.fromkeys(declared(unit), f"`{unit.name}`"))
    for service in spec.services:
        name, own = f"`{service.name}`", declared(service)
        for route in service.routes:
            owner = taken.setdefault(route.path, name)
            if route.path in own:
                hint = "leave it out: your routers are asked for paths below it anyway"
                check.error(route.at, f"`{route.path}` is a path of {name} already", hint)
            elif owner != name:
                hint = "choose another segment, here and in your router"
                check.error(route.at, f"`{route.path}` belongs to {owner}", hint)
