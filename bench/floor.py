"""The floor: bare Jinja2 rendering of a project's files, with no checks, formatting or writing.

`python -m bench.floor SPEC` reads and resolves the spec and finds out what is to be rendered, then
prints the processor seconds that rendering alone took.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from jinja2 import Environment, FileSystemLoader

from meshgen.output.plan import as_json, plan
from meshgen.output.templates import templates_root
from meshgen.render.filters import FILTERS
from meshgen.spec.check import read_spec
from meshgen.system.lower import resolve

Answers = Mapping[str, Any]
_YIELD = re.compile(r"\{% yield (\w+) from ([\w.]+) %\}(.*)\{% endyield %\}(.*)")


def files(template: str, answers: Answers) -> Iterator[tuple[str, Answers]]:
    """The files of a template: what is filled, below the templates, and with what."""
    root = templates_root()
    for path in sorted((root / template / "template").rglob("*.jinja")):
        inside = path.relative_to(root / template / "template")
        for found in _contexts(inside.parts, answers):
            yield path.relative_to(root).as_posix(), found


def _contexts(parts: tuple[str, ...], answers: Answers) -> Iterator[Answers]:
    """The answers for each file that a path stands for."""
    if not parts:
        yield answers
        return
    jinja = Environment()
    part = parts[0].removesuffix(".jinja")
    values = [answers]
    if found := _YIELD.fullmatch(part):
        name, over, part = found[1], found[2], found[3] + found[4]
        items = jinja.compile_expression(over)(**answers)
        assert items is not None
        values = [{**answers, name: item} for item in items]
    for value in values:
        if PurePath(jinja.from_string(part).render(value)).stem:
            yield from _contexts(parts[1:], value)


def main() -> None:
    """Print the seconds of processor time that rendering every file once takes."""
    found = [
        file
        for row in plan(resolve(read_spec(Path(sys.argv[1]))))
        for file in files(row.template, json.loads(as_json(row.answers)))
    ]
    began = time.process_time()
    jinja = Environment(
        loader=FileSystemLoader(templates_root()), trim_blocks=True, lstrip_blocks=True
    )
    jinja.filters.update(FILTERS)
    for template, answers in found:
        jinja.get_template(template).render(answers)
    print(time.process_time() - began)


if __name__ == "__main__":
    main()
