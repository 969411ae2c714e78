"""Looks at texts that wait for the platform's word."""

from satisfaction.texts import checking


async def check() -> None:
    """Ask the platform about every text that waits."""
    await checking.look()
