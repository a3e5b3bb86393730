"""Assignments of units to addresses: `module:attribute@host:port`."""

from __future__ import annotations

import importlib
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypeIs

from chassis.process.errors import CannotStart
from chassis.projection import MaterializedView
from chassis.service import Service

if TYPE_CHECKING:
    from chassis.bff import Bff

    Unit: TypeAlias = Service | MaterializedView[Any] | Bff


@dataclass(frozen=True, slots=True)
class Assignment:
    """A unit, as `module:attribute`, and the address that it is served at."""

    reference: str
    host: str
    port: int


def parse(text: str) -> Assignment:
    """Parse an assignment, e.g. `shop_order.service:service@127.0.0.1:8101`.

    Raises:
        CannotStart: `text` does not have this form.
    """
    reference, _, address = text.rpartition("@")
    host, _, port = address.rpartition(":")
    module, _, attribute = reference.partition(":")
    if not (module and attribute and host and port.isascii() and port.isdigit()):
        raise CannotStart(f"{text!r} is not of the form module:attribute@host:port")
    if int(port) > 65535:
        raise CannotStart(f"{text!r}: {port} is not a port number")
    return Assignment(reference, host.removeprefix("[").removesuffix("]"), int(port))


def load(reference: str) -> Unit:
    """Import the unit that `reference` names.

    Args:
        reference: Where the unit is declared, as `module:attribute`.

    Raises:
        CannotStart: The module cannot be imported, or the attribute is not a unit.
    """
    module_name, _, attribute = reference.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise CannotStart(f"{reference}: cannot be imported: {_one_line(error)}") from error
    unit = getattr(module, attribute, None)
    if unit is None:
        raise CannotStart(f"{reference}: {module_name} has no {attribute}")
    if not _is_unit(unit):
        raise CannotStart(f"{reference}: not a unit: {type(unit).__name__}")
    return unit


def _is_unit(value: object) -> TypeIs[Unit]:
    return isinstance(value, Service | MaterializedView) or is_bff(value)


def is_bff(value: object) -> TypeIs[Bff]:
    """Return whether `value` is a `Bff`, without importing the modules that only those need."""
    kind = type(value)
    return (kind.__module__, kind.__qualname__) == ("chassis.bff", "Bff")


def _one_line(error: Exception) -> str:
    """Return `ValueError: text (file.py:3)`, with the line that raised the error."""
    text = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if "importlib" not in frame.filename]
    place = f" ({outside[-1].filename}:{outside[-1].lineno})" if len(outside) > 1 else ""
    return f"{type(error).__name__}: {text}{place}"
