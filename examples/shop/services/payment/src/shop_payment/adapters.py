# scaffolded by meshgen - yours to edit
"""The adapters of the ports of payment. They are simulated: replace them with real ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shop_payment.ports import Authorize, AuthorizeAnswer, PaymentProvider


class SimulatedPaymentProvider:
    """Simulates the payment provider."""

    async def authorize(self, question: Authorize) -> AuthorizeAnswer:
        """Answer as the payment provider might."""
        return AuthorizeAnswer(
            approved=question.amount <= 1000,
            reason="limit exceeded" if question.amount > 1000 else "",
        )


@asynccontextmanager
async def payment_provider() -> AsyncIterator[PaymentProvider]:
    """Open the adapter of the payment provider, for as long as the service runs."""
    yield SimulatedPaymentProvider()
