# scaffolded by meshgen - yours to edit
"""The peak of shop, through its gateway, held to the service level objectives."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from chassis.testing.load.arrivals import Arrivals
from chassis.testing.load.objectives import Objectives
from chassis.testing.load.processor import Cost, Idle
from chassis.testing.load.run import load_test

load_test(
    Path(__file__).parents[2],
    {
        "/": Objectives(availability=99.9, p95=200, p99=500),
    },
    idle=Idle(process=6.62, unit=5.12, gateway=6.67, hub=1.93),
)


class APaidOrderIsShipped(Arrivals):
    """a paid order is shipped"""

    rate = 20.0
    cost = Cost(units=37.496, gateway=3.668, hub=4.796)

    def arrive(self) -> Iterator[None]:
        merchant = self.caller("merchant")
        customer = self.caller("customer")
        teapot = merchant.post(
            "/products", name="Teapot", category="kitchen", price=Decimal("19.90")
        )["product_id"]
        merchant.post(f"/stock-items/{teapot}/receive-stock", quantity=5)
        yield
        customer.post(f"/carts/{customer.id}/put-item", product_id=teapot, quantity=2)
        customer.post(f"/carts/{customer.id}/check-out")
        customer.get("/order-history", customer_id=customer.id)
        customer.eventually(f"/catalog/{teapot}")


class WebGetHome(Arrivals):
    """web GET /home"""

    rate = 60.0
    cost = Cost(units=2.4, gateway=0.917, hub=0.0)

    def arrive(self) -> Iterator[None]:
        reader = self.reader()
        yield
        reader.get("/web/home")


class MobileGetHome(Arrivals):
    """mobile GET /home"""

    rate = 40.0
    cost = Cost(units=1.81, gateway=0.917, hub=0.0)

    def arrive(self) -> Iterator[None]:
        reader = self.reader()
        yield
        reader.get("/mobile/home")


class BackofficeGetFraud(Arrivals):
    """backoffice GET /fraud"""

    rate = 0.1
    cost = Cost(units=2.4, gateway=0.917, hub=0.0)

    def arrive(self) -> Iterator[None]:
        reader = self.reader("merchant")
        yield
        reader.get("/backoffice/fraud")
