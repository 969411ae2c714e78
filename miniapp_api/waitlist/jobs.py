"""Looks of this feature at the database; each is harmless when it is done twice or by two workers at once."""

from miniapp_api.waitlist import answering, joining, offering


async def offer_places() -> None:
    """Follow what became of offers, then offer what is there."""
    await answering.settle()
    await offering.offer_places()


async def keep_lines() -> None:
    """Close what is over; let entries that wait for anything that fits stand in sessions that have appeared."""
    await answering.close_lines()
    await joining.follow_schedules()
