"""Looks of this feature at the database."""

from miniapp_api.booking import actions


async def mark_no_shows() -> None:
    """Mark who did not come."""
    await actions.mark_no_shows()
