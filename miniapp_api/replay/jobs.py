"""What the workers look at for the log of the queues."""

from miniapp_api.replay import keeping


async def open_queue_days() -> None:
    """Open the day of every queue's log."""
    await keeping.open_days()


async def forget_queue_days() -> None:
    """Forget the oldest days of the log."""
    await keeping.forget_old_days()
