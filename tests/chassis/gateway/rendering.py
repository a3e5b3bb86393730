"""The gateway's configuration as meshgen renders it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import jinja2

TEMPLATES = Path(__file__).parents[3] / "templates"
ISSUER = "https://id.shop.example"
AUDIENCE = "shop"
ORIGIN = "https://shop.example"
RATE, BURST = 4, 40  # slow enough that a busy machine can still ask more than it refills
CALLERS = 10_000
TIMEOUT_MS = 2000
LIVE = "/orders/live"
OPEN = "/notifications"
UNITS = ("order", "order_history", "nobody")


def render(
    *,
    rate_limit: bool = True,
    cors: tuple[str, ...] = (ORIGIN,),
    issuer: str = ISSUER,
    address_rate: int = 10_000,
) -> str:
    """The configuration as meshgen renders it, for a system of `UNITS`."""
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    jinja.filters["yml"] = json.dumps
    gateway = SimpleNamespace(
        issuer=issuer,
        audience=AUDIENCE,
        timeout_ms=TIMEOUT_MS,
        rate_limit=SimpleNamespace(rate=RATE, burst=BURST, callers=CALLERS) if rate_limit else None,
        address_limit=SimpleNamespace(rate=address_rate, burst=address_rate),
        cors=cors,
        methods=("GET", "POST"),
        public=(SimpleNamespace(path=OPEN, regex=None, below=True),),
        clusters=[
            SimpleNamespace(
                name=unit,
                host_variable=f"{unit.upper()}_HOST",
                port_variable=f"{unit.upper()}_PORT",
                document=f"/openapi/{unit}.json",
            )
            for unit in UNITS
        ],
        routes=[
            SimpleNamespace(prefix="/orders", cluster="order", stripped=False, live=(LIVE,)),
            SimpleNamespace(prefix=OPEN, cluster="order", stripped=False, live=()),
            SimpleNamespace(prefix="/history", cluster="order_history", stripped=True, live=()),
            SimpleNamespace(prefix="/nobody", cluster="nobody", stripped=False, live=()),
            SimpleNamespace(prefix="/order", cluster="order", stripped=True, live=()),
            SimpleNamespace(
                prefix="/order-history", cluster="order_history", stripped=True, live=()
            ),
        ],
    )
    template = jinja.get_template("gateway/template/envoy.yaml.jinja")
    return template.render(system=SimpleNamespace(spec_file="shop.yaml"), gateway=gateway)
