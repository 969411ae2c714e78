"""What became of text messages, pushed to the product as the providers do: a list as JSON, several tries, no order.

Each provider knows an address of its own; the secret in it is all that tells the product who pushes.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import orjson

from infra.simulator.clock import Clock
from infra.simulator.ledger import Ledger
from infra.simulator.push import Mischief
from infra.simulator.settings import SimulatorSettings

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sms_report (
  id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, at REAL NOT NULL, message TEXT NOT NULL,
  state TEXT NOT NULL, status INTEGER)
"""
PENDING, HEARD, FAILED, UNSENT = "pending", "heard", "failed", "unsent"
TRIES = 3


class Reports:
    """Reports on their way to the product. One outlives the simulator's process."""

    def __init__(
        self, ledger: Ledger, clock: Clock, settings: SimulatorSettings, mischief: Callable[[], Mischief]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._settings = settings
        self._mischief = mischief
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._urls = {"aliyun": settings.aliyun_receipts_url, "tencent": settings.tencent_receipts_url}
        ledger.execute(_SCHEMA)

    async def start(self) -> None:
        """Open the connections and go on with what an earlier process left undone."""
        timeout = aiohttp.ClientTimeout(total=self._settings.push_timeout_ms / 1000)
        self._session = aiohttp.ClientSession(timeout=timeout)
        for row in self._ledger.all("SELECT id FROM sms_report WHERE state = ? ORDER BY id", PENDING):
            self._begin(row["id"], delay_ms=0)

    async def stop(self) -> None:
        """Leave what is pending for the next process."""
        await self._end_tasks()
        if self._session is not None:
            await self._session.close()

    async def forget(self) -> None:
        """Give up every report that is still on its way."""
        await self._end_tasks()
        self._ledger.execute("UPDATE sms_report SET state = ? WHERE state = ?", UNSENT, PENDING)

    def send(self, provider: str, message: Mapping[str, Any]) -> None:
        """Write a report down and begin to deliver it; without an address it stays unsent."""
        written = self._ledger.execute(
            "INSERT INTO sms_report (provider, at, message, state) VALUES (?, ?, ?, ?)",
            provider,
            self._clock.now(),
            orjson.dumps(message).decode(),
            PENDING if self._urls[provider] else UNSENT,
        )
        if self._urls[provider] and written.lastrowid is not None:
            self._begin(written.lastrowid, delay_ms=self._settings.sent_event_delay_ms)

    def _begin(self, report_id: int, *, delay_ms: int) -> None:
        delay_ms += random.randint(0, self._mischief().jitter_ms)
        task = asyncio.create_task(self._deliver(report_id, delay_ms / 1000))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, report_id: int, delay: float) -> None:
        await self._ledger.committed()  # nobody hears of what could still be lost
        await asyncio.sleep(delay)
        row = self._ledger.one("SELECT provider, message FROM sms_report WHERE id = ?", report_id)
        url = self._urls[row["provider"]] if row is not None else None
        if row is None or url is None:
            return
        status = None
        for _ in range(self._mischief().copies):
            status = await self._try_until_heard(url, row["message"])
        heard = HEARD if status == 200 else FAILED
        self._ledger.execute("UPDATE sms_report SET state = ?, status = ? WHERE id = ?", heard, status, report_id)
        await self._ledger.committed()

    async def _try_until_heard(self, url: str, message: str) -> int | None:
        status = None
        for number in range(TRIES):
            if number:
                await asyncio.sleep(self._settings.push_pause_ms / 1000)
            status = await self._post(url, b"[" + message.encode() + b"]")
            if status == 200:
                break
        return status

    async def _post(self, url: str, body: bytes) -> int | None:
        assert self._session is not None
        try:
            async with self._session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def _end_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
