"""Looks of this feature at the database."""

from miniapp_api.schedules import actions


async def open_sessions() -> None:
    """Bring the sessions of the next days to what the rules want."""
    await actions.open_sessions()
