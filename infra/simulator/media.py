"""The platform's look at pictures and sound: asked for by address, fetched, and answered by an event.

Source: wechat.md 5.2. What it finds is decided by whoever plays with the simulator (`PUT /_sim/media-verdict`).
"""

import asyncio
import contextlib
import secrets
from typing import Any

import aiohttp

from infra.simulator.clock import Clock
from infra.simulator.events import media_checked
from infra.simulator.people import People
from infra.simulator.protocol import OK, Call, Refused
from infra.simulator.push import Pushes
from infra.simulator.settings import SimulatorSettings

VISIT_SECONDS = 2 * 3600  # in which the author must have used the mini-program
LARGEST = 10 * 1024 * 1024
_BEGINNINGS = {
    2: (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM"),
    1: (b"ID3", b"\xff", b"RIFF", b"fLaC", b"OggS"),
}
SUGGESTS = ("pass", "review", "risky")


class MediaChecks:
    """Checks that are under way. suggest: what is found in the next files; None: nothing is ever answered."""

    def __init__(self, people: People, clock: Clock, settings: SimulatorSettings, pushes: Pushes) -> None:
        self._people = people
        self._clock = clock
        self._settings = settings
        self._pushes = pushes
        self._tasks: set[asyncio.Task[None]] = set()
        self.suggest: str | None = "pass"

    def check(self, call: Call) -> dict[str, Any]:
        """Answer with a name for the check, and begin it."""
        form = call.read()
        url, kind = form.get("media_url"), form.get("media_type")
        if form.get("version") != 2 or not isinstance(url, str) or not url.startswith("http"):
            raise Refused(40097)
        if kind not in (1, 2):
            raise Refused(40004)
        if form.get("scene") not in (1, 2, 3, 4):
            raise Refused(40129)
        person = self._people.find(form.get("openid"))
        if person is None:
            raise Refused(40003)
        if person["last_visit_at"] is None or self._clock.now() - person["last_visit_at"] > VISIT_SECONDS:
            raise Refused(61010)
        trace_id = secrets.token_hex(12)
        if self.suggest is not None:
            task = asyncio.get_running_loop().create_task(self._look(url, kind, form["openid"], trace_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return OK | {"trace_id": trace_id}

    async def stop(self) -> None:
        """Leave what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, url: str, kind: int, openid: str, trace_id: str) -> None:
        suggest, errcode = self.suggest or "pass", -1008
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
            timeout = aiohttp.ClientTimeout(total=5)
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as reply:
                content = await reply.read()
                if reply.status == 200 and len(content) <= LARGEST and content.startswith(_BEGINNINGS[kind]):
                    errcode = 0
        message = media_checked(
            self._settings, openid=openid, at=self._clock.now(), trace_id=trace_id, errcode=errcode, suggest=suggest
        )
        self._pushes.send(message["Event"], openid, message)
