"""axe-core over a page: WCAG 2.1, levels A and AA."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.requirement import not_here

AXE = Path(__file__).resolve().parents[2] / "clients" / "console" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
TOAST = ".uni-simple-toast__text"
PAINTED_MS = 60  # until what was just inserted has the colours of where it stands
_RUN = """([scope, levels]) => axe.run(scope, {
    runOnly: {type: 'tag', values: levels}, resultTypes: ['violations']})"""


async def axe(page: Page, exclude: Mapping[str, str] | None = None) -> None:
    """Fail when the page keeps somebody out, with rule, element and, for contrast, the numbers.

    exclude: CSS selectors that are not looked at, each with the reason.
    """
    violations = await axe_violations(page, exclude)
    assert not violations, f"{page.url} breaks WCAG 2.1 AA:\n" + "\n".join(_lines(violations))


async def axe_violations(page: Page, exclude: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Give axe's findings, each a rule with its nodes."""
    await page.wait_for_timeout(PAINTED_MS)
    await expect(page.locator(TOAST).filter(visible=True)).to_have_count(0)  # while it fades it has no contrast
    if not await page.evaluate("typeof axe === 'object'"):
        # By the debugger and not as a script of the page: its content security policy stays as strict as it is.
        await page.evaluate(_source())
    scope = {"include": [["html"]], "exclude": [[selector] for selector in exclude or {}]}
    return (await page.evaluate(_RUN, [scope, LEVELS]))["violations"]


@cache
def _source() -> str:
    if not AXE.exists():
        not_here(f"{AXE} is missing: run `npm ci --ignore-scripts` in clients/console")
    return AXE.read_text(encoding="utf-8") + "\n;0"


def _lines(violations: list[dict[str, Any]]) -> Iterator[str]:
    for violation in violations:
        yield f"- {violation['id']} ({violation['impact']}): {violation['help']}"
        for node in violation["nodes"]:
            yield f"    {' '.join(map(str, node['target']))}  {node['html'][:200]}"
            for finding in node["any"] + node["all"] + node["none"]:
                yield f"      {finding['message']}"
