"""One Chromium and one open hospital for all browser tests; devices under guard for each."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright, expect

from tests.browser.artefacts import KEPT, Artefacts
from tests.browser.builds import make_sure_of
from tests.browser.chromium import NAMES, find_chromium, launched
from tests.browser.codes import camera_flags, write_camera_film
from tests.browser.devices import Device, device
from tests.browser.hospital import OpenHospital, found, opened
from tests.browser.miniprogram import RUNNER
from tests.browser.people import a_staff_client
from tests.browser.requirement import not_here

HERE = Path(__file__).parent
OpenContext = Callable[..., Awaitable[Device]]
Aloud = Callable[[], AbstractContextManager[None]]
_failed = pytest.StashKey[bool]()
# Two cores carry the pages of several devices, the server, the worker and the platform; waiting costs nothing else.
expect.set_options(timeout=20_000)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the browser tests: they take longest, and the other process runs the rest meanwhile."""
    items.sort(key=lambda item: HERE not in item.path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for the fixtures that then keep what can be seen."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@pytest.fixture(scope="session")
def aloud(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[None]]:
    """Let what is printed in a `with` reach the person before the terminal at once, not only after a failure."""
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    assert capture is not None

    @contextmanager
    def uncaptured() -> Iterator[None]:
        with capture.global_and_fixture_disabled():
            sys.stdout.write("\n")
            sys.stdout.flush()
            yield
            sys.stdout.flush()

    return uncaptured


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program, or the reason why there are no browser tests."""
    program = find_chromium()
    if program is None:
        not_here(f"Chromium is not on PATH ({', '.join(NAMES)}) and CHROMIUM does not name it")
    return program


@pytest_asyncio.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """The driver of browsers."""
    async with async_playwright() as driver:
        yield driver


@pytest_asyncio.fixture(scope="session")
async def browser(chromium: str, playwright: Playwright) -> AsyncIterator[Browser]:
    """One Chromium for all tests."""
    async with launched(playwright, chromium) as started:
        yield started


@pytest.fixture(scope="session")
def pages(chromium: str, aloud: Aloud) -> None:
    """The builds of what browsers see."""
    with aloud():
        make_sure_of("web")


@pytest.fixture(scope="session")
def miniprogram_page(pages: None, aloud: Aloud) -> Path:
    """The folder of the page that runs the mini-program."""
    with aloud():
        make_sure_of("weixin")
    return RUNNER


@pytest.fixture(scope="session")
def launcher(pages: None) -> Iterator[dict[str, Any]]:
    """The processes of a hospital with demonstration data."""
    with opened(logs_kept_in=KEPT / "logs") as told:
        yield told


@pytest_asyncio.fixture(scope="session")
async def open_hospital(launcher: dict[str, Any]) -> AsyncIterator[OpenHospital]:
    """The hospital that the devices visit; one for all tests, so each brings people of its own.

    Its quiet hours are one minute: its tests must hold at night as well.
    """
    async with aiohttp.ClientSession() as http:
        hospital = found(launcher, http)
        admin = await a_staff_client(hospital, "admin")
        minute = {"begins": "03:00", "ends": "03:01"}
        quiet = [{"applies_to": name, **minute} for name in ("visit", "follow_up", "survey")]
        reply = await admin.call("PUT", "/admin/routing/quiet-hours", {"version": 0, "items": quiet})
        assert reply.status == 200, reply.raw
        yield hospital


@pytest.fixture
def artefacts(request: pytest.FixtureRequest) -> Artefacts:
    """Where this test leaves its pictures."""
    return Artefacts(request.node.name)


@pytest_asyncio.fixture
async def browsers_of_this_test() -> AsyncIterator[AsyncExitStack]:
    """Further browsers; they close after the guards of their devices were heard."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest_asyncio.fixture
async def devices(
    request: pytest.FixtureRequest,
    browsers_of_this_test: AsyncExitStack,
    artefacts: Artefacts,
    aloud: Aloud,
) -> AsyncIterator[list[Device]]:
    """The devices of this test; in the end their guards are heard, and after a failure everything is kept."""
    used: list[Device] = []
    yield used
    complaints = [complaint for one in used for complaint in await one.guard.complaints()]
    if complaints or request.node.stash.get(_failed, False):
        for one in used:
            await one.keep_everything()
        with aloud():
            sys.stdout.write(f"· {request.node.name}: pages, console and requests are in {artefacts.folder}\n")
    for one in used:
        await one.context.close()
    if complaints:
        pytest.fail("the guard saw what no page may do:\n" + "\n".join(f"- {line}" for line in complaints), False)


@pytest.fixture
def open_context(browser: Browser, open_hospital: OpenHospital, devices: list[Device], artefacts: Artefacts):
    """Give a function that opens another device: `await open_context("phone", name="daughter", locale="en")`."""

    async def opens(kind: str, *, name: str = "", on: Browser | None = None, **options: Any) -> Device:
        base = open_hospital.base
        opened_one = await device(
            on or browser, kind, name=name or kind, base=base, artefacts=artefacts, options=options
        )
        devices.append(opened_one)
        return opened_one

    return opens


@pytest_asyncio.fixture
async def phone(open_context: OpenContext) -> Device:
    """A patient's phone, 390×844, by touch."""
    return await open_context("phone")


@pytest_asyncio.fixture
async def desk(open_context: OpenContext) -> Device:
    """The guide's screen, 1366×768."""
    return await open_context("desk")


@pytest_asyncio.fixture
async def room(open_context: OpenContext) -> Device:
    """The screen in a consulting room."""
    return await open_context("room")


@pytest_asyncio.fixture
async def board(open_context: OpenContext) -> Device:
    """The waiting room's board, 1920×1080."""
    return await open_context("board")


@pytest_asyncio.fixture
async def handler(open_context: OpenContext) -> Device:
    """The complaint handler's screen."""
    return await open_context("handler")


@pytest.fixture
def desk_with_camera(
    playwright: Playwright,
    chromium: str,
    browsers_of_this_test: AsyncExitStack,
    open_context: OpenContext,
    tmp_path: Path,
) -> Callable[[str], Awaitable[Device]]:
    """Give a function that opens a desk whose camera sees a sheet with this code; it has a Chromium of its own."""

    async def opens(code: str) -> Device:
        film = write_camera_film(tmp_path / "camera.mjpeg", code)
        browser = await browsers_of_this_test.enter_async_context(launched(playwright, chromium, camera_flags(film)))
        return await open_context("desk", on=browser)

    return opens
