"""The Jinja side of rendering: the environment, and how a template is filled."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from meshgen.output.templates import templates_root
from meshgen.render.filters import FILTERS


def environment() -> Environment:
    """A sandboxed environment: undefined names are errors, values are never rendered again."""
    jinja = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates_root()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
    )
    jinja.filters.update(FILTERS)
    jinja.policies["json.dumps_kwargs"] = {"sort_keys": False}
    return jinja


def fill(jinja: Environment, template: str, context: Mapping[str, object]) -> str:
    """The text of `template` (a path below the templates) with `context` filled in."""
    return jinja.get_template(template).render(context)
