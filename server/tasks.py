"""Ending tasks for certain. Pure."""

import asyncio
from collections.abc import Iterable
from typing import Any

CANCEL_SECONDS = 1.0


async def cancel_until_heard(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks again and again until each has ended.

    Once is not always enough: the Redis client swallows a cancellation that meets its answer.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)
