"""Which unit is served where: `module:attribute@host:port`."""

from __future__ import annotations

import importlib
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import TypeIs

from chassis.process.errors import CannotStart
from chassis.projection import Projection
from chassis.service import Service

if TYPE_CHECKING:
    from chassis.bff import Bff

    Unit: TypeAlias = Service | Projection[Any, Any] | Bff


@dataclass(frozen=True, slots=True)
class Assignment:
    """A unit, by where it is declared, and the address it is served at."""

    reference: str
    host: str
    port: int


def parse(text: str) -> Assignment:
    """`shop_order.service:service@127.0.0.1:8101`, or raise `CannotStart`."""
    reference, _, address = text.rpartition("@")
    host, _, port = address.rpartition(":")
    module, _, attribute = reference.partition(":")
    if not (module and attribute and host and port.isascii() and port.isdigit()):
        raise CannotStart(f"{text!r} is not of the form module:attribute@host:port")
    if int(port) > 65535:
        raise CannotStart(f"{text!r}: there is no port {port}")
    return Assignment(reference, host.removeprefix("[").removesuffix("]"), int(port))


def load(reference: str) -> Unit:
    """The unit that `reference` names, or raise `CannotStart` with a line saying why not."""
    module_name, _, attribute = reference.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise CannotStart(f"{reference}: cannot be imported: {_in_a_line(error)}") from error
    unit = getattr(module, attribute, None)
    if unit is None:
        raise CannotStart(f"{reference}: {module_name} has no {attribute}")
    if not _is_unit(unit):
        raise CannotStart(f"{reference}: is no unit, but of type {type(unit).__name__}")
    return unit


def _is_unit(value: object) -> TypeIs[Unit]:
    return isinstance(value, Service | Projection) or is_bff(value)


def is_bff(value: object) -> TypeIs[Bff]:
    """Whether it is a `Bff`; asked without importing what only those need."""
    kind = type(value)
    return (kind.__module__, kind.__qualname__) == ("chassis.bff", "Bff")


def _in_a_line(error: Exception) -> str:
    """`ValueError: text (file.py:3)`, the place being where it was raised."""
    text = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if "importlib" not in frame.filename]
    place = f" ({outside[-1].filename}:{outside[-1].lineno})" if len(outside) > 1 else ""
    return f"{type(error).__name__}: {text}{place}"
