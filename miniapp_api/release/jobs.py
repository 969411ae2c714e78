"""Looks of this feature at the database."""

from miniapp_api.release import drawing, reserve


async def draws() -> None:
    """Make draws and promise, call off what does not take place, draw what is closed."""
    await drawing.make_draws()
    await drawing.call_off_draws()
    await drawing.run_draws()


async def return_reserves() -> None:
    """Let the desk's unsold places return to the mini-app."""
    await reserve.return_reserves()
