"""Looks of this feature at the database."""

from miniapp_api.strikes import actions


async def mark_no_shows() -> None:
    """Mark who did not come."""
    await actions.mark_no_shows()


async def excuse_strikes() -> None:
    """Forgive what something speaks against that came to be known later."""
    await actions.excuse_strikes()


async def settle_appeals() -> None:
    """Grant the appeals that nobody decided in time, and end suspensions that nothing supports any more."""
    await actions.grant_late_appeals()
    await actions.settle_suspensions()
