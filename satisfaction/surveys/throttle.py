"""Slowing down who tries many links: a count by address in this process, for a minute."""

import time
from collections import OrderedDict

MOST_ADDRESSES = 10_000


class Throttle:
    """Counts tries by address; more than `at_most` in `seconds` have to wait."""

    def __init__(self, *, at_most: int, seconds: float) -> None:
        self._at_most = at_most
        self._seconds = seconds
        self._tries: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, address: str) -> None:
        """Count one try."""
        began, count = self._fresh(address)
        self._tries[address] = (began, count + 1)
        self._tries.move_to_end(address)
        while len(self._tries) > MOST_ADDRESSES:
            self._tries.popitem(last=False)

    def wait_of(self, address: str) -> int:
        """Give the seconds that an address has to wait; 0 when it may try."""
        began, count = self._fresh(address)
        if count < self._at_most:
            return 0
        return max(1, int(began + self._seconds - time.monotonic()) + 1)

    def forget(self) -> None:
        """Begin anew."""
        self._tries.clear()

    def _fresh(self, address: str) -> tuple[float, int]:
        began, count = self._tries.get(address, (time.monotonic(), 0))
        if time.monotonic() - began >= self._seconds:
            return time.monotonic(), 0
        return began, count
