"""What templates may use beyond Jinja: quoting filters, and the macros in `templates/parts`.

Copier loads this extension because each template's `copier.yml` names it, so stock Copier renders
the templates as meshgen does.
"""

from __future__ import annotations

from types import CodeType
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.ext import Extension
from jinja2.filters import FILTERS as JINJA_FILTERS

from meshgen.output.templates import templates_root
from meshgen.render.compiled import CACHE
from meshgen.render.filters import FILTERS

# What gives something else at every call would make every update a change.
_RANDOM_FILTERS = {"random"}
_RANDOM_GLOBALS = {"lipsum"}


class Meshgen(Extension):
    """Quoting filters, shared macros, and one compilation of each template in a process.

    Copier's own filters are taken away: some read the disk and the environment, some are random.
    What is rendered depends on the answers alone.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        kept = JINJA_FILTERS.keys() - _RANDOM_FILTERS
        environment.filters = {
            **{name: JINJA_FILTERS[name] for name in sorted(kept)},
            "to_json": JINJA_FILTERS["tojson"],  # Copier replaces it
            **FILTERS,
        }
        environment.globals = {
            name: value for name, value in DEFAULT_NAMESPACE.items() if name not in _RANDOM_GLOBALS
        }
        environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
        parts = PrefixLoader({"parts": FileSystemLoader(templates_root() / "parts")})
        own = [environment.loader] if environment.loader else []
        environment.loader = ChoiceLoader([*own, parts])
        self._compile = environment.compile
        environment.compile = self.compiled  # type: ignore[method-assign,assignment]

    def compiled(
        self, source: str, name: str | None = None, filename: str | None = None, **options: Any
    ) -> CodeType:
        """Return the code of a template, compiled before if possible."""
        environment = self.environment
        key = (
            source,
            name,
            filename,
            environment.trim_blocks,
            environment.lstrip_blocks,
            tuple(environment.extensions),
        )
        code = CACHE.get(key)
        if code is None:
            code = self._compile(source, name, filename, **options)
            CACHE.put(key, code)
        else:
            # Where Copier's `yield` tag forgets the name of the path before.
            environment.preprocess(source, name, filename)
        return code
