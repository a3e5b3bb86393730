"""A generated project with streams that Spark jobs compute, and sales to publish."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from chassis.envelope import Envelope, Outgoing
from chassis.hub.port import slot_of
from chassis.messages import Catalog
from chassis.stream import Stream
from psycopg.sql import SQL, Identifier

from meshgen.operations.new import create

SPEC = Path(__file__).with_name("kiosk.yaml")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
PRODUCTS = (UUID(int=0xA), UUID(int=0xB))


class Kiosk:
    """A project of its own name, with topics and a database of its own.

    Attributes:
        root: The project.
        messages: Its catalog.
        url: The URL of the database.
    """

    def __init__(self, name: str, folder: Path, postgres_url: str) -> None:
        spec = folder / f"{name}.yaml"
        spec.write_text(SPEC.read_text().replace("name: kiosk", f"name: {name}"))
        self.root = create(folder / name, spec).target
        self._package = name
        self.url = database(postgres_url, name)
        for source in self.root.glob("*/*/src"):
            if source.parent.name != "chassis":
                sys.path.append(str(source))
        self.messages: Catalog = importlib.import_module(f"{name}_contracts").MESSAGES

    def stream(self, name: str) -> Stream[Any, Any]:
        """A stream as it is generated: a job writes its rows."""
        module = importlib.import_module(f"{self._package}_{name}.stream")
        stream: Stream[Any, Any] = module.stream
        return stream

    def twin(self, name: str) -> Stream[Any, Any]:
        """The same stream, whose unit computes the rows itself."""
        return replace(self.stream(name), name=f"{name}_twin", job=None)

    def remove(self) -> None:
        """Forget the modules of the project."""
        sys.path[:] = [each for each in sys.path if not each.startswith(str(self.root))]

    def sale(
        self,
        seconds: float,
        *lines: tuple[UUID, int, str],
        partition: int | None = None,
        shop: str = "north",
    ) -> Outgoing:
        """A sale that was made some seconds after noon, as the service publishes it."""
        id = uuid4()
        while partition is not None and partition != self.partition_of(str(id)):
            id = uuid4()
        data = {
            "sale_id": str(id),
            "shop": shop,
            "lines": [
                {
                    "article": "paper",
                    "product_id": str(product),
                    "quantity": quantity,
                    "unit_price": price,
                }
                for product, quantity, price in lines
            ],
            "made_at": (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
        }
        return self._published(id, "SaleMade", seconds, data)

    def returned(self, seconds: float, shop: str = "north") -> Outgoing:
        """A sale that was returned then."""
        id = uuid4()
        return self._published(id, "SaleReturned", seconds, {"sale_id": str(id), "shop": shop})

    def partition_of(self, subject: str) -> int:
        """The partition of a subject."""
        return slot_of(subject) * self.messages.partitions // 64

    def _published(self, id: UUID, event: str, seconds: float, data: dict[str, Any]) -> Outgoing:
        system = self.messages.system
        envelope = Envelope(
            id=uuid4(),
            source=f"/{system}/till",
            type=f"{system}.till.{event}.v1",
            subject=str(id),
            time=NOON + timedelta(seconds=seconds),
            data=data,
            correlation_id=uuid4(),
        )
        return Outgoing.of(f"{system}.till.events", envelope)


def database(url: str, name: str) -> str:
    """Create a database, and return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"
