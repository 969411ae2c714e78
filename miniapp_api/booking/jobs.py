"""Looks of this feature at the database."""

from miniapp_api.booking import places


async def expire_holds() -> None:
    """End the holds whose time is over."""
    await places.expire_holds()
