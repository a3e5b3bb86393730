# scaffolded by meshgen - yours to edit
"""The policies of inventory: the commands that follow from an event."""

from collections.abc import Iterator

from shop_contracts.inventory import IssueStock
from shop_contracts.order import OrderShipped


def issue_stock_on_order_shipped(event: OrderShipped) -> Iterator[IssueStock]:
    """On `OrderShipped`, send `IssueStock` for each line."""
    for line in event.lines:
        yield IssueStock(product_id=line.product_id, order_id=event.order_id)
