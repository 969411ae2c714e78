"""The live display: one line that is refreshed on a terminal, a plain line every ten seconds elsewhere."""

import asyncio
import sys
import time
from contextlib import suppress
from typing import TextIO

from infra.simulate.ledger import send_requests
from infra.simulate.wire import Unexpected
from infra.simulate.world import Morning

TERMINAL_SECONDS = 0.5
PLAIN_SECONDS = 10.0
MESSAGES_SECONDS = 2.0


def line(morning: Morning, seconds: float) -> str:
    """Give the state of the day in one line."""
    f = morning.figures
    return (
        f"{seconds:5.0f}s  预约 {f.booked}/{f.people}  到院 {f.arrived}  候诊 {f.waiting}  就诊中 {f.in_service}"
        f"  完成 {f.done}  评价 {f.rated}  投诉 {f.complaints}  消息 {f.messages}"
        + (f"  意外 {len(morning.record.surprises)}" if morning.record.surprises else "")
    )


class Progress:
    """Shows the morning while it is played."""

    def __init__(self, morning: Morning, out: TextIO = sys.stdout, *, sent_before: int = 0) -> None:
        self._morning = morning
        self._out = out
        self._sent_before = sent_before
        self._began = time.monotonic()
        self._is_terminal = out.isatty()

    async def run(self) -> None:
        """Show it until cancelled."""
        counting = asyncio.create_task(self._count_messages())
        try:
            while True:
                self._show()
                await asyncio.sleep(TERMINAL_SECONDS if self._is_terminal else PLAIN_SECONDS)
        finally:
            counting.cancel()
            self._show()
            if self._is_terminal:
                self._out.write("\n")

    def _show(self) -> None:
        text = line(self._morning, time.monotonic() - self._began)
        with suppress(OSError):  # whoever read us may have gone; the play goes on
            self._out.write(f"\r\x1b[2K{text}" if self._is_terminal else f"{text}\n")
            self._out.flush()

    async def _count_messages(self) -> None:
        while True:
            with suppress(Unexpected):
                self._morning.figures.messages = await send_requests(self._morning.platform) - self._sent_before
            await asyncio.sleep(MESSAGES_SECONDS)
