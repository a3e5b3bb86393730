"""A merchant and a customer of the shop, with the clients that were generated of its documents.

Prints what came of the order, and what the shop says to somebody who orders nothing.
"""

from __future__ import annotations

import sys
from uuid import UUID

from clients.cart import AuthenticatedClient as Cart
from clients.cart.api.cart import check_out, put_item
from clients.cart.models import CartOutcome, ProblemDetails, PutItem
from clients.inventory import AuthenticatedClient as Inventory
from clients.inventory.api.stock_item import receive_stock
from clients.inventory.models import ReceiveStock, StockItemOutcome
from clients.order_history import AuthenticatedClient as OrderHistory
from clients.order_history.api.order_history import orders_of_customer
from clients.order_history.models import OrderHistoryRow, OrderHistoryRowPage, OrderStatus
from clients.product import AuthenticatedClient as Product
from clients.product.api.product import list_product
from clients.product.models import ListProduct, ProductOutcome

from tests.waiting import wait_until


def main() -> None:
    product, inventory, cart, order_history, merchant, customer, id = sys.argv[1:]
    customer_id = UUID(id)
    teapot = listed(Product(product, merchant))
    received = receive_stock.sync(
        teapot, client=Inventory(inventory, merchant), body=ReceiveStock(quantity=5)
    )
    assert isinstance(received, StockItemOutcome)
    of_cart = Cart(cart, customer)

    def is_in_cart() -> bool:  # as soon as the cart knows the product
        item = PutItem(product_id=teapot, quantity=2)
        return isinstance(put_item.sync(customer_id, client=of_cart, body=item), CartOutcome)

    wait_until(is_in_cart)
    assert isinstance(check_out.sync(customer_id, client=of_cart), CartOutcome)
    of_history = OrderHistory(order_history, customer)
    (order,) = wait_until(lambda: shipped(of_history, customer_id))
    print(order.total)
    refused = check_out.sync(customer_id, client=of_cart)
    assert isinstance(refused, ProblemDetails)
    print(refused.status, refused.type_)


def listed(client: Product) -> UUID:
    teapot = ListProduct(name="Teapot", category="kitchen", price="19.90")
    answer = list_product.sync(client=client, body=teapot, idempotency_key="teapot")
    assert isinstance(answer, ProductOutcome)
    assert answer.events == ["ProductListed"]
    return UUID(str(answer.product_id))


def shipped(client: OrderHistory, customer: UUID) -> list[OrderHistoryRow]:
    """The customer's orders that are on their way."""
    page = orders_of_customer.sync(client=client, customer_id=customer)
    assert isinstance(page, OrderHistoryRowPage)
    return [order for order in page.items if order.status == OrderStatus.SHIPPED]


if __name__ == "__main__":
    main()
