"""The units of the market as a project declares them; the system's name is in the environment."""

from __future__ import annotations

import os

import market  # type: ignore[import-not-found]  # its folder is on the path

MESSAGES = market.catalog(os.environ["MARKET"])

product = market.product_service(MESSAGES)
order = market.order_service(MESSAGES, market.checkout())
stock = market.stock_service(MESSAGES)
payment = market.payment_service(MESSAGES)
prices = market.prices(MESSAGES)
order_history = market.order_history(MESSAGES)
