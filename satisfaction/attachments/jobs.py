"""What the workers look at: the content check, and files that nobody needs."""

from satisfaction.attachments.actions import sweep
from satisfaction.attachments.checking import check


async def check_attachments() -> None:
    """Ask the platform about new files and take its verdicts."""
    await check()


async def sweep_attachments() -> None:
    """Forget files that were never sent, and remove bytes without a row."""
    await sweep()
