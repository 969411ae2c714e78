"""The network of a basement, and none at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import BrowserContext, Page

# What Chromium's developer tools call slow 3G.
_LATENCY_MS = 400
_BYTES_PER_SECOND = 400 * 1024 / 8


@asynccontextmanager
async def slow_network(page: Page) -> AsyncIterator[None]:
    """Let a page wait 400 ms for every answer and then get 400 kbit/s, for the length of a `with`."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": _LATENCY_MS,
            "downloadThroughput": _BYTES_PER_SECOND,
            "uploadThroughput": _BYTES_PER_SECOND,
        },
    )
    try:
        yield
    finally:
        await session.detach()


@asynccontextmanager
async def offline(context: BrowserContext) -> AsyncIterator[None]:
    """Cut a device off, for the length of a `with`; the guard does not mind requests that fail by it."""
    await context.set_offline(True)
    try:
        yield
    finally:
        await context.set_offline(False)
