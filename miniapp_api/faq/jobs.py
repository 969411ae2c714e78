"""Looks of this feature at the database."""

from miniapp_api.faq import reviews


async def tell_due() -> None:
    """Tell whoever keeps an answer true that its day of review has come."""
    await reviews.tell_due()
