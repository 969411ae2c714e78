"""Looks of this feature at the database."""

from miniapp_api.booking import actions


async def open_sessions() -> None:
    """Make the sessions of the next days."""
    await actions.open_sessions()


async def mark_no_shows() -> None:
    """Mark who did not come."""
    await actions.mark_no_shows()
