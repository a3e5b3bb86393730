# scaffolded by meshgen - yours to edit
"""What happens elsewhere, and what inventory does then."""

from collections.abc import Iterator

from shop_contracts.inventory import IssueStock
from shop_contracts.order import OrderShipped


def issue_stock_on_order_shipped(event: OrderShipped) -> Iterator[IssueStock]:
    """When order shipped: issue stock for each line."""
    for line in event.lines:
        yield IssueStock(product_id=line.product_id, order_id=event.order_id)
