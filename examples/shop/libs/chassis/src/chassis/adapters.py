"""The adapters of the engines: each is a package that is imported when a URL names its engine.

A project has the adapters of the engines that its spec names, and those of the embedded mode.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from chassis.errors import Unavailable


def adapter(port: str, engine: str) -> ModuleType:
    """Import the adapter of an engine.

    Args:
        port: `hub` or `store`.
        engine: The name of the engine as in the spec, e.g. `kafka`.

    Raises:
        Unavailable: The project has no such adapter, or its dependencies are not installed.
    """
    try:
        return import_module(f"chassis.{port}.{engine}.{port}")
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.startswith("chassis."):
            reason = f"this project has no adapter for {engine}: no {port} in its spec names it"
        else:
            reason = f"the adapter for {engine} needs the package {missing}, which is not installed"
        raise Unavailable(reason) from error
