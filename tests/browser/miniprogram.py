"""The mini-program package, run in Chromium by WeChat's own component engine; its API calls reach the local server.

`clients/miniapp/dist/runner/` has the package, a page and the platform's `wx`. The package is built with the API's
address as it is for the real platform, absolute and https, so that the journey here takes the same code path.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Page, Route

from tests.browser.devices import Device
from tests.browser.hospital import OpenHospital

RUNNER = Path(__file__).resolve().parents[2] / "clients" / "miniapp" / "dist" / "runner"
ORIGIN = "https://mini.invalid"
API_ORIGIN = "https://hospital.invalid"


@dataclass(frozen=True)
class MiniProgram:
    """A running mini-program, in the hands of a simulated person."""

    page: Page
    openid: str
    _scans: list[str]
    _album: list[list[bytes] | None] = field(default_factory=list)
    _voices: list[tuple[bytes, float]] = field(default_factory=list)

    def will_choose(self, *pictures: bytes) -> None:
        """Choose these pictures when the program next asks for some; none: turn back."""
        self._album.append(list(pictures) or None)

    def will_say(self, sound: bytes, seconds: float) -> None:
        """Let the microphone hear this when the program next records."""
        self._voices.append((sound, seconds))

    def will_scan(self, code: str) -> None:
        """Hold this code before the camera when the program next asks for one."""
        self._scans.append(code)

    async def open(self, path: str) -> None:
        """Open a page of the program, as `pages/booking/index?id=1`, over the present one."""
        await self.page.evaluate("(path) => __mp.open(path)", path)

    async def errors(self) -> list[str]:
        """List what the engine and the pages threw."""
        return await self.page.evaluate("() => __mp.errors.map(String)")

    async def calls(self, name: str) -> list[Any]:
        """List the arguments of each call of `wx.NAME` so far."""
        return await self.page.evaluate(
            "(name) => JSON.parse(JSON.stringify(__wx.filter((call) => call[0] === name).map((call) => call[1])))", name
        )


async def start_miniprogram(phone: Device, folder: Path, hospital: OpenHospital) -> MiniProgram:
    """Start the program on the phone of a new simulated person; what it throws until the end fails the test.

    folder: the page that runs it and all it loads.
    """
    files = _files(folder)
    async with hospital.http.post(hospital.simulator + "/_sim/users", json={}) as reply:
        openid = (await reply.json())["openid"]
    program = MiniProgram(phone.page, openid, [])

    async def login() -> str:
        async with hospital.http.post(f"{hospital.simulator}/_sim/users/{openid}/login") as reply:
            return (await reply.json())["code"]

    async def subscribe(template_ids: list[str]) -> dict[str, str]:
        for template_id in template_ids:
            allowed = {"template_id": template_id, "result": "accept"}
            await hospital.http.post(f"{hospital.simulator}/_sim/users/{openid}/subscriptions", json=allowed)
        return dict.fromkeys(template_ids, "accept")

    async def serve_file(route: Route) -> None:
        path = urlsplit(route.request.url).path.lstrip("/") or "index.html"
        if path in files:
            await route.fulfill(path=files[path])
        else:
            await route.fulfill(status=404, body="")

    async def forward(route: Route) -> None:
        answer = await route.fetch(url=phone.base + route.request.url.removeprefix(API_ORIGIN), max_redirects=0)
        # wx.request knows no same-origin rule: a page may read every header of every answer
        open_to_all = {"access-control-allow-origin": ORIGIN, "access-control-expose-headers": "*"}
        await route.fulfill(response=answer, headers={**answer.headers, **open_to_all})

    for origin, handler in ((ORIGIN, serve_file), (API_ORIGIN, forward)):
        phone.guard.allow_host(origin)
        await phone.context.route(f"{origin}/**", handler)
    # what `wx.login`, `wx.requestSubscribeMessage`, `wx.scanCode`, the album and the microphone of the runner ask for
    await phone.context.expose_function("__login", login)
    await phone.context.expose_function("__subscribe", subscribe)
    await phone.context.expose_function("__scan", lambda: program._scans.pop(0))
    await phone.context.expose_function("__album", lambda: _encoded(program._album.pop(0)))
    await phone.context.expose_function("__voice", lambda: _heard(*program._voices.pop(0)))
    await phone.goto(f"{ORIGIN}/")
    await phone.page.wait_for_function("() => globalThis.__ready || globalThis.__mp?.errors.length")
    phone.guard.checks.append(lambda: _complaints(program))
    return program


def _encoded(pictures: list[bytes] | None) -> list[str] | None:
    return pictures and [b64encode(one).decode() for one in pictures]


def _heard(sound: bytes, seconds: float) -> dict[str, Any]:
    return {"content": b64encode(sound).decode(), "ms": seconds * 1000}


def _files(folder: Path) -> dict[str, Path]:
    return {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}


async def _complaints(program: MiniProgram) -> list[str]:
    return [f"the mini-program threw: {error}" for error in await program.errors()]
