# scaffolded by meshgen - yours to edit
"""The endpoints of backoffice, which combine the responses of several services."""

from uuid import UUID

from chassis.bff import Backends, Cursor, Page, Router, together
from shop_backoffice.models import (
    CatalogRow,
    Fraud,
    FraudWatchRow,
    ProductsByProductId,
    SalesPerMinuteRow,
    SuspectsRow,
)

router = Router()


@router.get("/products/{product_id}")
async def products_by_product_id(
    product_id: UUID, backends: Backends, cursor: Cursor
) -> ProductsByProductId:
    """Return product and sales in one response."""
    async with together() as parts:
        product = parts.create_task(backends.get(CatalogRow, "catalog", f"/catalog/{product_id}"))
        sales = parts.create_task(
            backends.get(
                Page[SalesPerMinuteRow],
                "sales_per_minute",
                "/sales-per-minute",
                product_id=product_id,
                cursor=cursor,
            )
        )
    return ProductsByProductId(product=product.result(), sales=sales.result())


@router.get("/fraud")
async def fraud(backends: Backends) -> Fraud:
    """Return declined and suspects in one response."""
    async with together() as parts:
        declined = parts.create_task(
            backends.get(Page[FraudWatchRow], "fraud_watch", "/fraud-watch")
        )
        suspects = parts.create_task(backends.get(Page[SuspectsRow], "suspects", "/suspects"))
    return Fraud(declined=declined.result(), suspects=suspects.result())
