"""What the workers look at for the queue."""

from miniapp_api.queue import serving


async def close_queues() -> None:
    """End what yesterday's queues left over."""
    while await serving.close_the_day():
        pass
