"""What a test leaves to look at: pictures it takes, and after a failure everything the browser knew."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".artefacts" / "browser"
_PATIENCE_MS = 5000


class Artefacts:
    """The folder of one test under `.artefacts/browser/`; empty when the test begins."""

    def __init__(self, test: str) -> None:
        self.folder = KEPT / re.sub(r"[^\w.-]+", "-", test).strip("-")
        shutil.rmtree(self.folder, ignore_errors=True)

    async def shoot(self, what: Page | Locator, name: str, *, full_page: bool = False) -> Path:
        """Take a picture of a page as its user sees it (or of all of it, or of one element)."""
        path = self._file(f"{name}.png")
        if isinstance(what, Page):
            await what.screenshot(path=path, full_page=full_page, timeout=_PATIENCE_MS)
        else:
            await what.screenshot(path=path, timeout=_PATIENCE_MS)
        return path

    async def keep_page(self, page: Page, name: str) -> None:
        """Keep picture and HTML of a page after a failure."""
        try:
            await self.shoot(page, name)
            self._file(f"{name}.html").write_text(f"<!-- {page.url} -->\n{await page.content()}", encoding="utf-8")
        except PlaywrightError as problem:
            self.keep_lines(f"{name}.trouble", [problem.message])

    def keep_lines(self, name: str, lines: Iterable[str]) -> None:
        """Keep what was said, a line each."""
        self._file(f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _file(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name
