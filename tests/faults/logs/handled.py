"""What somebody reacts to."""

from __future__ import annotations

# Events that a policy, a saga or a projection handles.
HANDLED = ("ProductListed", "CartCheckedOut", "OrderPlaced", "StockReserved", "PaymentCaptured")
