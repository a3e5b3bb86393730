"""Orders of a running shop."""

from __future__ import annotations

from uuid import UUID

from chassis.testing.system import System

from tests.e2e.conftest import Project


def place(shop: Project, price: str, status: str) -> tuple[UUID, str]:
    """Order two pieces, wait for the status, and return the customer and the order."""
    system = System.running(shop.root)
    merchant, customer = system.caller("merchant"), system.caller("customer")
    product = merchant.post("/products", name="Teapot", category="kitchen", price=price)[
        "product_id"
    ]
    merchant.post(f"/stock-items/{product}/receive-stock", quantity=5)
    customer.post(f"/carts/{customer.id}/put-item", product_id=product, quantity=2)
    customer.post(f"/carts/{customer.id}/check-out")
    row = customer.eventually("/order-history", {"customer_id": customer.id}, 60.0, status=status)
    return customer.id, str(row["order_id"])


def see(shop: Project, customer: UUID, status: str) -> None:
    """Wait until the order of a customer has the status."""
    System.running(shop.root).caller("customer", sub=customer).eventually(
        "/order-history", {"customer_id": customer}, 60.0, status=status
    )
