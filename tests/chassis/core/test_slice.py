"""The whole line: a command, a commit, the outbox, the hub, a row."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from . import market
from .running import Running, do, eventually


async def test_a_command_shows_up_in_a_read_model(running: Running) -> None:
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    id = uuid4()

    outcome = await do(
        products, market.ListProduct(product_id=id, name="Teapot", price=Decimal("19.90"))
    )
    await do(products, market.ChangePrice(product_id=id, price=Decimal("21.00")))

    assert outcome.events == ("ProductListed",)
    assert (outcome.version, outcome.created) == (1, True)
    page = await eventually(
        lambda: prices.search({"product_id": id}, {}, (), 10),
        lambda page: page.items and page.items[0].changes == 1,
    )
    assert page.items == (market.PriceRow(product_id=id, price=Decimal("21.00"), changes=1),)
