"""The platform's clock: the machine's, moved forward by what a test asked for."""

import time
from datetime import datetime, timedelta, timezone

DAY_SECONDS = 86_400
_CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock:
    """Seconds since 1970, which can be moved forward and never back."""

    def __init__(self, forward_seconds: float = 0.0) -> None:
        self.forward_seconds = forward_seconds

    def now(self) -> float:
        """Give the platform's present moment in seconds since 1970."""
        return time.time() + self.forward_seconds

    def forward(self, seconds: float) -> None:
        """Move the clock."""
        self.forward_seconds += seconds


def day_of(at: float) -> int:
    """Give the number of the Chinese calendar day, in which daily quotas are counted."""
    return int((at + 8 * 3600) // DAY_SECONDS)


def shown(at: float) -> str:
    """Write a moment as RFC 3339 in Chinese time, with milliseconds."""
    return datetime.fromtimestamp(at, _CHINA).isoformat(timespec="milliseconds")
