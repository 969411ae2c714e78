"""Finding Chromium, and starting it so that it can reach this machine and nothing else."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The guard names a foreign request; this makes sure that none ever leaves, Chromium's own included.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_chromium() -> str | None:
    """Give the program: what CHROMIUM names, or the first of the usual names on PATH."""
    named = os.environ.get("CHROMIUM")  # noqa: TID251 - a tool of the tests, no setting of the product
    return next((path for name in ((named,) if named else NAMES) if (path := shutil.which(name))), None)


@asynccontextmanager
async def launched(playwright: Playwright, program: str, flags: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """Run a Chromium without a window (HEADED=1: with one), in a profile that is new and thrown away."""
    is_headed = bool(os.environ.get("HEADED"))  # noqa: TID251
    browser = await playwright.chromium.launch(
        executable_path=program, args=[*FLAGS, *flags], headless=not is_headed, slow_mo=250 if is_headed else 0
    )
    try:
        yield browser
    finally:
        await browser.close()
