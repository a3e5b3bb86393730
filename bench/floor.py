"""The floor: bare Jinja2 rendering of a project's files, with no checks, formatting or writing.

`python -m bench.floor SPEC` reads and resolves the spec, then prints the processor seconds that
rendering alone took.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from meshgen.output.plan import plan
from meshgen.output.templates import templates_root
from meshgen.render.filters import FILTERS
from meshgen.spec.check import read_spec
from meshgen.system.lower import resolve


def main() -> None:
    """Print the seconds of processor time that rendering every template once takes."""
    tasks = plan(resolve(read_spec(Path(sys.argv[1]))))
    began = time.process_time()
    jinja = Environment(
        loader=FileSystemLoader(templates_root()), trim_blocks=True, lstrip_blocks=True
    )
    jinja.filters.update(FILTERS)
    for task in tasks:
        jinja.get_template(task.template).render(task.context)
    print(time.process_time() - began)


if __name__ == "__main__":
    main()
