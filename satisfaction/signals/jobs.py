"""Looks of signals at the database."""

from satisfaction.signals import actions


async def look_for_signals() -> None:
    """Step the charts by the answers that nobody has looked at."""
    await actions.look()


async def tune_signals() -> None:
    """Set the charts once a week by what was usual in the last 90 days."""
    await actions.tune_weekly()


async def gather_signals() -> None:
    """Tell on Monday of the signals that were too many for their day."""
    await actions.gather()
