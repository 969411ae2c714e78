"""What people hold or sit before: a phone, the desk, a room's screen, the board, the complaint handler's screen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page

from tests.browser.artefacts import Artefacts
from tests.browser.guard import Guard

_PHONE = (
    "Mozilla/5.0 (Linux; Android 14; PHN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/138.0.0.0 Mobile Safari/537.36"
)
_EVERYWHERE: dict[str, Any] = {
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "reduced_motion": "reduce",  # a picture or a contrast taken in the middle of a transition says nothing
}
_DESKTOP = {"viewport": {"width": 1366, "height": 768}}
KINDS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
        "user_agent": _PHONE,
    },
    "desk": _DESKTOP,
    "room": _DESKTOP,
    "handler": _DESKTOP,
    "board": {"viewport": {"width": 1920, "height": 1080}},
}


@dataclass
class Device:
    """A context with its first page, under guard."""

    name: str
    context: BrowserContext
    page: Page
    guard: Guard
    artefacts: Artefacts
    base: str

    async def goto(self, path: str) -> None:
        """Open a page of the hospital (a path) or another address."""
        await self.page.goto(self.base + path if path.startswith("/") else path)

    async def shoot(self, name: str, *, what: Locator | None = None, full_page: bool = False) -> Path:
        """Take a picture of what is shown now; give its file."""
        return await self.artefacts.shoot(what or self.page, f"{self.name}-{name}", full_page=full_page)

    async def keep_everything(self) -> None:
        """Keep pages, console and last requests, for whoever looks into a failure."""
        for number, page in enumerate(self.context.pages, start=1):
            await self.artefacts.keep_page(page, f"failed-{self.name}-{number}")
        self.artefacts.keep_lines(f"failed-{self.name}-console", self.guard.console)
        self.artefacts.keep_lines(f"failed-{self.name}-requests", self.guard.requests)


async def device(
    browser: Browser, kind: str, *, name: str, base: str, artefacts: Artefacts, options: dict[str, Any]
) -> Device:
    """Open a context of a kind under guard.

    options: for Playwright's `new_context`, over those of the kind.
    """
    context = await browser.new_context(**(_EVERYWHERE | KINDS[kind] | options))
    guard = Guard(name, {base})
    await guard.watch(context)
    return Device(name, context, await context.new_page(), guard, artefacts, base)
