# scaffolded by meshgen - yours to edit
"""The adapters behind the ports of payment: simulated ones, to be replaced by real ones."""

from shop_payment.ports import Authorize, AuthorizeAnswer


async def simulated_authorize(question: Authorize) -> AuthorizeAnswer:
    """Answer as a payment provider might, without calling one."""
    return AuthorizeAnswer(
        approved=question.amount <= 1000, reason="limit exceeded" if question.amount > 1000 else ""
    )
