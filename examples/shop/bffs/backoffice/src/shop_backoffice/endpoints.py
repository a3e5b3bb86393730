# scaffolded by meshgen - yours to edit
"""The endpoints of backoffice, which combine the responses of several services."""

from uuid import UUID

from fastapi import APIRouter

from chassis.bff import Backends, Json, together

router = APIRouter()


@router.get("/products/{product_id}")
async def products_by_product_id(product_id: UUID, backends: Backends) -> dict[str, Json]:
    """Return product and sales in one response."""
    return await together(
        product=backends.get("catalog", f"/catalog/{product_id}"),
        sales=backends.get("sales_per_minute", "/sales-per-minute", product_id=product_id),
    )


@router.get("/fraud")
async def fraud(backends: Backends) -> dict[str, Json]:
    """Return declined and suspects in one response."""
    return await together(
        declined=backends.get("fraud_watch", "/fraud-watch"),
        suspects=backends.get("suspects", "/suspects"),
    )
