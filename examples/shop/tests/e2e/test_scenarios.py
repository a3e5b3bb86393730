# scaffolded by meshgen - yours to edit
"""The scenarios of shop, through its gateway."""

from decimal import Decimal

from chassis.testing.system import System
from shop_contracts.types import OrderStatus


def test_a_paid_order_is_shipped(system: System) -> None:
    merchant = system.caller("merchant")
    customer = system.caller("customer")
    teapot = merchant.post("/products", name="Teapot", category="kitchen", price=Decimal("19.90"))[
        "product_id"
    ]
    merchant.post(f"/stock-items/{teapot}/receive-stock", quantity=5)
    customer.post(f"/carts/{customer.id}/put-item", product_id=teapot, quantity=2)
    customer.post(f"/carts/{customer.id}/check-out")
    customer.eventually(
        "/order-history",
        {"customer_id": customer.id},
        status=OrderStatus.SHIPPED,
        total=Decimal("39.80"),
    )
    customer.eventually(f"/catalog/{teapot}", available=3)
    merchant.eventually(
        "/sales-per-minute", {"product_id": teapot}, units=2, revenue=Decimal("39.80")
    )


def test_a_declined_payment_cancels_the_order_and_releases_its_stock(system: System) -> None:
    merchant = system.caller("merchant")
    customer = system.caller("customer")
    samovar = merchant.post(
        "/products", name="Silver samovar", category="kitchen", price=Decimal(900)
    )["product_id"]
    merchant.post(f"/stock-items/{samovar}/receive-stock", quantity=4)
    customer.post(f"/carts/{customer.id}/put-item", product_id=samovar, quantity=2)
    customer.post(f"/carts/{customer.id}/check-out")
    customer.eventually(
        "/order-history",
        {"customer_id": customer.id},
        status=OrderStatus.CANCELLED,
        total=Decimal(1800),
    )
    customer.eventually(f"/catalog/{samovar}", available=4)
    merchant.eventually("/fraud-watch", declined=1, amount=Decimal(1800))
    merchant.eventually("/suspects", suspicions=1, amount=Decimal(1800))


def test_missing_stock_cancels_the_order(system: System) -> None:
    merchant = system.caller("merchant")
    customer = system.caller("customer")
    cup = merchant.post("/products", name="Rare cup", category="kitchen", price=Decimal(30))[
        "product_id"
    ]
    merchant.post(f"/stock-items/{cup}/receive-stock", quantity=1)
    customer.post(f"/carts/{customer.id}/put-item", product_id=cup, quantity=2)
    customer.post(f"/carts/{customer.id}/check-out")
    customer.eventually(
        "/order-history",
        {"customer_id": customer.id},
        status=OrderStatus.CANCELLED,
        total=Decimal(60),
    )
