"""Looks of this feature at the database."""

from miniapp_api.stops import contacts, deciding, priority


async def decide_stops() -> None:
    """Give everybody in a stopped session their outcome."""
    await deciding.decide_waiting()


async def watch_stops() -> None:
    """See who has been reached, what nobody answered in time, and who comes first on the waitlist."""
    await contacts.watch()
    await priority.put_first()
