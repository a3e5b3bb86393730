"""`meshgen doctor`: what a project needs to run on the engines that its spec names.

Unlike all other commands it runs the project's own code, as `make` does: adapters are imported in
the project's environment, and what is installed is looked for as `make up` does.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meshgen.operations.servers import NOTHING, Local, Server, server
from meshgen.output.parts import CHASSIS_FOLDER
from meshgen.project.locate import spec_in
from meshgen.spec.check import read_spec
from meshgen.system.lower.engines import engines_view
from meshgen.system.model import EnginesView

PROGRAMS = {
    "docker": "starts all servers in containers, if its engine runs",
    "java": "runs Kafka and Cassandra",
    "uv": "installs packages; `make` installs its own",
}
CLIENTS = {
    "cassandra": "cqlsh",
    "kafka": "kafka-topics.sh",
    "mongodb": "mongosh",
    "postgresql": "psql",
    "rabbitmq": "rabbitmqctl",
    "redis": "redis-cli",
    "sqlserver": "sqlcmd",
}
"""The engines' own client programs, which look into the servers."""

_IMPORT = """
import importlib, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        found[name] = ""
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""
_IMPORT_TIMEOUT = 60.0
_INSTALL = "`make .venv/.ready`"
_PYTHONS = (".venv/bin/python", ".venv/Scripts/python.exe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """The adapter of an engine; `problem` is why it cannot be imported, `advice` what to do."""

    problem: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine that the spec names."""

    name: str
    used_by: tuple[str, ...]
    adapter: Adapter
    server: Server

    @property
    def is_ready(self) -> bool:
        """Whether units can run on it."""
        return not self.adapter.problem and not self.server.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that is useful, but not required; `path` is empty if there is none."""

    name: str
    purpose: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a project needs for `make up ENGINES=real`."""

    spec: str
    engines: tuple[Engine, ...]
    programs: tuple[Program, ...]

    @property
    def is_ready(self) -> bool:
        """Whether everything needed is there."""
        return all(engine.is_ready for engine in self.engines)

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do next."""
        parts = [part for each in self.engines for part in (each.adapter, each.server)]
        todo = dict.fromkeys(part.advice for part in parts if part.advice)
        if todo:
            return tuple(todo)
        return ("`make up ENGINES=real`",) if self.engines else ("`make up`",)


def diagnose(root: Path, env: Mapping[str, str]) -> Diagnosis:
    """Return what there is and what is missing for the project in `root`.

    Raises:
        MeshgenError: There is no project, or its spec has errors.
    """
    path = spec_in(root)
    engines = engines_view(read_spec(path))
    names = [view.engine for view in engines.servers]
    python = next((path for name in _PYTHONS if (path := root / name).exists()), None)
    adapters = _adapters(root, engines, python)
    local = _local(root, python, names, env) if python and names else {}
    with ThreadPoolExecutor(max_workers=8) as pool:
        checked = pool.map(
            lambda view: server(view.engine, view.variable, env, local.get(view.engine, NOTHING)),
            engines.servers,
        )
        found = tuple(
            Engine(
                name=view.engine,
                used_by=view.users,
                adapter=adapters[view.engine],
                server=each,
            )
            for view, each in zip(engines.servers, checked, strict=True)
        )
    return Diagnosis(spec=path.name, engines=found, programs=tuple(_programs(names)))


def _local(
    root: Path, python: Path, engines: Iterable[str], env: Mapping[str, str]
) -> dict[str, Local]:
    """Look for the servers of engines, as `make up` does."""
    command = [str(python.absolute()), "-m", "chassis.embedded.servers", "found", *engines]
    found = _printed(command, root, env)
    fields = ("path", "version", "advice")
    try:
        return {
            engine: Local(
                contained=found[engine]["contained"] is True,
                **{name: str(found[engine][name]) for name in fields},
            )
            for engine in engines
        }
    except (KeyError, TypeError):
        return {}


def _printed(command: Sequence[str], root: Path, env: Mapping[str, str]) -> Any:
    """Return the JSON that a command of the project's Python prints; nothing if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=env,
            capture_output=True,
            text=True,
            timeout=_IMPORT_TIMEOUT,
            check=True,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}


def _adapters(root: Path, engines: EnginesView, python: Path | None) -> dict[str, Adapter]:
    """Import the adapter of each engine in the environment of the project."""
    found: dict[str, Adapter] = {}
    modules: dict[str, str] = {}
    for name in (view.engine for view in engines.servers):
        port = "hub" if name == engines.event_hub else "store"
        if not (root / CHASSIS_FOLDER / "src" / "chassis" / port / name).is_dir():
            found[name] = Adapter(
                problem="the project has no adapter for it",
                advice=f"`meshgen update`; if that adds none, meshgen has none for {name}",
            )
        elif python is None:
            found[name] = Adapter(problem="the project has no environment", advice=_INSTALL)
        else:
            modules[name] = f"chassis.{port}.{name}.{port}"
    problems = _imported(python, modules.values()) if python and modules else {}
    advice = f"{_INSTALL}; if that does not help, `make lock` before it"
    for name, module in modules.items():
        problem = problems[module]
        found[name] = Adapter(problem=problem, advice=advice if problem else "")
    return found


def _imported(python: Path, modules: Iterable[str]) -> dict[str, str]:
    """Import modules with the project's Python, and return what is wrong with each, if anything."""
    names = list(modules)
    command = [str(python), "-c", _IMPORT, *names]
    try:
        done = subprocess.run(
            command,
            cwd=python.parent,
            capture_output=True,
            text=True,
            timeout=_IMPORT_TIMEOUT,
            check=True,
        )
        found = json.loads(done.stdout)
        return {name: str(found[name]) for name in names}
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        problem = f"the project's Python does not work: {type(error).__name__}"
        return dict.fromkeys(names, problem)


def _programs(engines: Iterable[str]) -> Iterable[Program]:
    clients = {CLIENTS[name]: f"looks into {name}" for name in engines if name in CLIENTS}
    for name, purpose in {**PROGRAMS, **clients}.items():
        yield Program(name=name, purpose=purpose, path=shutil.which(name) or "")
