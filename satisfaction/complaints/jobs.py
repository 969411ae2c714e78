"""Looks at what is due on the ladder of complaints."""

from satisfaction.complaints import tick


async def watch() -> None:
    """Take every step of the ladder that is due, each once; give complaints without a handler to whoever is on duty."""
    await tick.watch()
