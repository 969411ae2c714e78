"""What a process remembers for a few seconds instead of asking the database again. Pure.

Only for what may be that old: who sent a token, how a slot is called. What decides is always asked anew.
"""

import time
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Values by key, each for some seconds, the oldest forgotten when there are too many."""

    def __init__(self, *, seconds: float, at_most: int) -> None:
        self._seconds = seconds
        self._at_most = at_most
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Give what is remembered, or None when there is nothing or it is too old."""
        found = self._values.get(key)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, key: K, value: V) -> None:
        """Remember a value from now on."""
        self._values.pop(key, None)
        self._values[key] = (time.monotonic() + self._seconds, value)
        if len(self._values) > self._at_most:
            self._values.popitem(last=False)

    def forget(self, key: K) -> None:
        """Ask again for this one."""
        self._values.pop(key, None)

    def clear(self) -> None:
        """Ask again for everything."""
        self._values.clear()
