"""The wish to stop, as it comes by signal, and waiting that such a wish cuts short."""

import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(Exception):
    """Somebody wants us to stop while we are still starting."""


class StopRequest:
    """Counts requests to stop, from entering to leaving a `with`, and never lets one interrupt our stopping.

    watch_make: GNU make keeps a SIGINT that was sent to it alone to itself and waits for us; look whether it got one.
    """

    def __init__(self, *, watch_make: bool = False) -> None:
        self.count = 0
        self._make_pid = os.getppid() if watch_make and sys.platform == "linux" else None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopRequest":
        self._bell, self._ringer = os.pipe()
        for end in (self._bell, self._ringer):
            os.set_blocking(end, False)
        for number in _STOP_SIGNALS:
            self._before[number] = signal.signal(number, self._count)
        # The handler does nothing, but a signal that is ignored does not ring.
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._old_ringer = signal.set_wakeup_fd(self._ringer, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._old_ringer)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._bell)
        os.close(self._ringer)

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        if self.count == 0 and self._make_pid is not None and _was_interrupted(self._make_pid):
            self.count = 1
        return self.count > 0

    @property
    def asked_twice(self) -> bool:
        """Whether somebody is losing patience."""
        return self.count > 1

    def wait(self, seconds: float) -> None:
        """Wait, at most until a signal comes or a child ends."""
        select.select([self._bell], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._bell, 4096)

    def pause(self, seconds: float) -> None:
        """Wait a little between two looks. Raises: StopAsked."""
        if not self.asked:
            self.wait(seconds)
        if self.asked:
            raise StopAsked

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


def _was_interrupted(make_pid: int) -> bool:
    """Tell whether make sits in its handler of SIGINT: the signal is then blocked and back to its default."""
    try:
        status = Path(f"/proc/{make_pid}/status").read_text()
    except OSError:
        return False
    masks = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Sig"))
    bit = 1 << (signal.SIGINT - 1)
    return bool(int(masks["SigBlk"], 16) & bit) and not int(masks["SigCgt"], 16) & bit
