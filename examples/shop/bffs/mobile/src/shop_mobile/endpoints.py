# scaffolded by meshgen - yours to edit
"""The endpoints of mobile, which combine the responses of several services."""

from chassis.bff import Backends, Cursor, Page, Router
from shop_mobile.models import Home, HomeCatalogRow

router = Router()


@router.get("/home")
async def home(backends: Backends, cursor: Cursor) -> Home:
    """Return products."""
    return Home(
        products=await backends.get(
            Page[HomeCatalogRow], "catalog", "/catalog", listed=True, page=8, cursor=cursor
        )
    )
