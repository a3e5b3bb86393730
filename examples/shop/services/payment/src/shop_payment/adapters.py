# scaffolded by meshgen - yours to edit
"""The adapters of the ports of payment. They are simulated: replace them with real ones."""

from shop_payment.ports import Authorize, AuthorizeAnswer


async def simulated_authorize(question: Authorize) -> AuthorizeAnswer:
    """Simulate the answer of the payment provider."""
    return AuthorizeAnswer(
        approved=question.amount <= 1000, reason="limit exceeded" if question.amount > 1000 else ""
    )
