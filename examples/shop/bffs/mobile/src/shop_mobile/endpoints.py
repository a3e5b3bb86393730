# scaffolded by meshgen - yours to edit
"""The endpoints of mobile, which combine the responses of several services."""

from fastapi import APIRouter

from chassis.bff import Backends, Json, only, together

router = APIRouter()


@router.get("/home")
async def home(backends: Backends) -> dict[str, Json]:
    """Return products."""
    return await together(
        products=only(
            backends.get("catalog", "/catalog", listed=True, page=8), "product_id", "name", "price"
        )
    )
