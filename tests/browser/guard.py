"""Watches a browser context for what no page of ours may do, and tells it at the end of the test.

Forbidden: a request to another host, an answer of 400 or more, a broken request, an error on the console (a violation
of the content security policy is one), an exception that nobody caught, a crash. A test allows what it provokes.
"""

import asyncio
import fnmatch
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError
from playwright.async_api import Error as PlaywrightError

REQUESTS_KEPT = 200
QUIET_SECONDS = 0.15  # a page paints its answers, and asks what follows from them, within this
POLL_SECONDS = 0.03
PATIENCE_SECONDS = 20.0
STREAM = "text/event-stream"
# A page that leaves ends its requests; and only a test that switched the network off sees the second.
HARMLESS_FAILURES = ("net::ERR_ABORTED", "net::ERR_INTERNET_DISCONNECTED")
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}  # data: and blob: go nowhere
_REPORT_CSP = """addEventListener('securitypolicyviolation', (event) =>
    console.error(`content security policy: ${event.effectiveDirective} forbids ${event.blockedURI}`), true)"""

Complaints = Callable[[], Awaitable[list[str]]]


@dataclass
class Guard:
    """The record of one context.

    origins: where requests may go, as `http://127.0.0.1:8000`.
    checks: what else has to be looked at in the end; each gives its complaints.
    """

    name: str
    origins: set[str]
    console: list[str] = field(default_factory=list)
    requests: deque[str] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))
    checks: list[Complaints] = field(default_factory=list)
    _context: BrowserContext | None = None
    _wrong: list[str] = field(default_factory=list)
    _failed: list[tuple[int, str]] = field(default_factory=list)
    _failed_urls: set[str] = field(default_factory=set)
    _errors: list[tuple[str, str]] = field(default_factory=list)
    _flying: set[Request] = field(default_factory=set)  # asked and not answered; streams never end
    _moved_at: float = 0.0
    _statuses_allowed: list[tuple[int, str]] = field(default_factory=list)
    _errors_allowed: list[str] = field(default_factory=list)

    async def watch(self, context: BrowserContext) -> None:
        """Begin to watch all pages of a context, those to come as well."""
        self._context = context
        await context.add_init_script(_REPORT_CSP)
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("requestfinished", self._on_end)
        context.on("requestfailed", self._on_broken_request)
        context.on("console", self._on_console)
        context.on("weberror", self._on_uncaught)
        context.on("page", self._on_page)

    def allow_host(self, origin: str) -> None:
        """Let requests go to one more place."""
        self.origins.add(origin)

    def allow_status(self, status: int, path: str = "*") -> None:
        """Let answers with this status pass, for paths like `/api/v1/appointments/*`."""
        self._statuses_allowed.append((status, path))

    def allow_error(self, part: str) -> None:
        """Let an error on the console pass that contains these words."""
        self._errors_allowed.append(part)

    def forget(self) -> None:
        """Forget what was wrong so far, for tests that have looked at it."""
        for seen in (self._wrong, self._failed, self._failed_urls, self._errors):
            seen.clear()

    async def quiet(self) -> None:
        """Wait until all that was asked is answered, streams aside, and nothing more is asked."""
        self._moved_at = time.monotonic()  # what was asked just now may still be on its way here
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._flying or time.monotonic() < self._moved_at + QUIET_SECONDS:
                await asyncio.sleep(POLL_SECONDS)

    async def complaints(self) -> list[str]:
        """Give what was wrong, in words; waits until the pages have said what they had to say."""
        for page in self._context.pages if self._context else []:
            try:
                await page.evaluate("0")  # events come in order, so all before this answer have been heard
            except PlaywrightError as problem:
                self._wrong.append(f"a page does not answer any more: {problem.message}")
        failed = [
            f"{url} answered {status}" for status, url in self._failed if not self._is_status_allowed(status, url)
        ]
        errors = [f"console.error: {text} ({url})" for text, url in self._errors if not self._is_explained(text, url)]
        others = [complaint for check in self.checks for complaint in await check()]
        return [f"{self.name}: {complaint}" for complaint in dict.fromkeys([*self._wrong, *failed, *errors, *others])]

    def _is_status_allowed(self, status: int, url: str) -> bool:
        return _matches(self._statuses_allowed, status, urlsplit(url).path)

    def _is_explained(self, text: str, url: str) -> bool:
        # Chromium repeats every failed request on the console; those were judged by their status.
        is_repetition = text.startswith("Failed to load resource") and url in self._failed_urls
        return is_repetition or any(part in text for part in self._errors_allowed)

    def _on_request(self, request: Request) -> None:
        self._judge_host(request.url, request.method)
        self._flying.add(request)
        self._moved_at = time.monotonic()

    def _on_end(self, request: Request) -> None:
        self._flying.discard(request)
        self._moved_at = time.monotonic()

    def _judge_host(self, url: str, method: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in _SCHEMES and f"{_SCHEMES[parts.scheme]}://{parts.netloc}" not in self.origins:
            self._wrong.append(f"foreign request: {method} {url}")

    def _on_response(self, response: Response) -> None:
        if response.headers.get("content-type", "").startswith(STREAM):
            self._on_end(response.request)
        self.requests.append(f"{response.status} {response.request.method} {response.url}")
        if response.status >= 400:
            self._failed.append((response.status, response.url))
            self._failed_urls.add(response.url)

    def _on_broken_request(self, request: Request) -> None:
        self._on_end(request)
        self.requests.append(f"{request.failure} {request.method} {request.url}")
        self._failed_urls.add(request.url)
        if request.failure not in HARMLESS_FAILURES:
            self._wrong.append(f"broken request: {request.method} {request.url} ({request.failure})")

    def _on_console(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        self.console.append(f"{message.type}: {message.text} ({url}:{message.location['lineNumber']})")
        if message.type == "error":
            self._errors.append((message.text, url))

    def _on_uncaught(self, error: WebError) -> None:
        self.console.append(f"uncaught: {error.error.stack or error.error.message}")
        self._wrong.append(f"nobody caught: {error.error.message}")

    def _on_page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._judge_host(socket.url, "WEBSOCKET"))
        page.on("crash", lambda _: self._wrong.append(f"crashed: {page.url}"))


def _matches(allowed: Iterable[tuple[int, str]], status: int, path: str) -> bool:
    return any(status == one and fnmatch.fnmatchcase(path, pattern) for one, pattern in allowed)
