"""What templates may use beyond Jinja: quoting filters, and the macros in `templates/parts`.

Copier loads this extension because each template's `copier.yml` names it, so stock Copier renders
the templates as meshgen does.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, Template
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.ext import Extension
from jinja2.filters import FILTERS as JINJA_FILTERS

from meshgen.output.templates import templates_root
from meshgen.render.compiled import CACHE
from meshgen.render.filters import FILTERS

# What gives something else at every call would make every update a change.
_RANDOM_FILTERS = {"random"}
_RANDOM_GLOBALS = {"lipsum"}

Source = tuple[str, str | None, Callable[[], bool] | None]
_SOURCES: dict[tuple[str, str], Source] = {}


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
        parts = PrefixLoader({"parts": _Sources(FileSystemLoader(templates_root() / "parts"))})
        own = environment.loader
        loaders = [_Sources(own) if isinstance(own, FileSystemLoader) else own, parts]
        environment.loader = ChoiceLoader([loader for loader in loaders if loader])
        self._strings: dict[str, Template | _Text] = {}
        self._compile, self._from_string = environment.compile, environment.from_string
        environment.compile = self.compiled  # type: ignore[method-assign,assignment]
        environment.from_string = self.from_string  # type: ignore[method-assign,assignment]

    def compiled(
        self, source: str, name: str | None = None, filename: str | None = None, **options: Any
    ) -> CodeType:
        """Return the code of a template, compiled before if possible."""
        environment = self.environment
        syntax = (environment.trim_blocks, environment.lstrip_blocks, *environment.extensions)
        key = (source, name, filename, *syntax)
        code = CACHE.get(key)
        if code is None:
            code = self._compile(source, name, filename, **options)
            own = not filename or Path(filename).is_relative_to(templates_root())
            CACHE.put(key, code, lasting=own)
        else:
            self._forget_yield(source, name, filename)
        return code

    def from_string(
        self, source: str, globals: MutableMapping[str, Any] | None = None, **options: Any
    ) -> Template | _Text:
        """Return the template that a text is: Copier asks for each part of each path."""
        if not isinstance(source, str) or globals or options:
            return self._from_string(source, globals, **options)
        template = self._strings.get(source)
        if template is None:
            plain = "{" not in source and "\n" not in source
            template = _Text(source) if plain else self._from_string(source)
            self._strings[source] = template
        self._forget_yield(source)
        return template

    def _forget_yield(self, source: str, *place: str | None) -> None:
        """Do what compiling does: here Copier's `yield` tag forgets the path before."""
        self.environment.preprocess(source, *place)


class _Text:
    """A template without any Jinja in it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render(self, *_: object, **__: object) -> str:
        """Return the text."""
        return self._text


class _Sources(BaseLoader):
    """Reads a template once, as long as its file does not change."""

    def __init__(self, loader: FileSystemLoader) -> None:
        self._loader = loader

    def get_source(self, environment: Environment, template: str) -> Source:
        """Return the text of a template, its file, and what says whether it is up to date."""
        key = (":".join(map(str, self._loader.searchpath)), template)
        found = _SOURCES.get(key)
        if found is None or not found[2] or not found[2]():
            found = _SOURCES[key] = self._loader.get_source(environment, template)
        return found
