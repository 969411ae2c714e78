"""How often each call may be made a minute and a day. Source: wechat.md 7."""

from dataclasses import dataclass
from typing import Any

from infra.simulator.clock import Clock, day_of
from infra.simulator.ledger import Ledger
from infra.simulator.protocol import OK, Call, Refused

TOKEN = "/cgi-bin/token"
STABLE_TOKEN = "/cgi-bin/stable_token"
SEND = "/cgi-bin/message/subscribe/send"
CHECK_TEXT = "/wxa/msg_sec_check"
CHECK_MEDIA = "/wxa/media_check_async"
CODE_PICTURE = "/wxa/getwxacodeunlimit"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many calls; None means that no limit is known. `minute_errcode`: what the platform says beyond it."""

    day: int | None = None
    minute: int | None = None
    minute_errcode: int = 45011


_LIMITS = {
    TOKEN: Limit(day=2_000),
    STABLE_TOKEN: Limit(day=500_000, minute=10_000),
    SEND: Limit(day=10_000_000),
    CHECK_TEXT: Limit(day=2_000_000, minute=4_000, minute_errcode=44991),
    CHECK_MEDIA: Limit(day=200_000, minute=2_000, minute_errcode=44991),
    CODE_PICTURE: Limit(minute=5_000, minute_errcode=45009),
}


class Quotas:
    """The counters. They survive a restart; limits that a test has set do not."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._limits = dict(_LIMITS)

    def limit(self, path: str, *, day: int | None, minute: int | None) -> None:
        """Set other limits for a path."""
        errcode = self._limits.get(path, Limit()).minute_errcode
        self._limits[path] = Limit(day, minute, errcode)

    def use(self, path: str) -> None:
        """Count a call: 45009 for the day, 45011, 44991 or 45009 for the minute."""
        limit = self._limits.get(path, Limit())
        now = self._clock.now()
        if limit.minute is not None and self._count(path, "minute", int(now // 60)) > limit.minute:
            raise Refused(limit.minute_errcode)
        used_today = self._count(path, "day", day_of(now))
        if limit.day is not None and used_today > limit.day:
            raise Refused(45009)

    def show(self, call: Call, known_paths: frozenset[str]) -> dict[str, Any]:
        """Answer `POST /cgi-bin/openapi/quota/get`: 76021, 76022 or the numbers of one path."""
        path = call.read().get("cgi_path")
        if not isinstance(path, str) or path not in known_paths:
            raise Refused(76021)
        if path.startswith("/sns/"):
            raise Refused(76022)
        limit = self._limits.get(path, Limit())
        daily = limit.day if limit.day is not None else 10_000_000
        used = min(self._used(path, "day", day_of(self._clock.now())), daily)
        rate = {"call_count": limit.minute or 0, "refresh_second": 60 if limit.minute else 0}
        return OK | {
            "quota": {"daily_limit": daily, "used": used, "remain": daily - used},
            "rate_limit": rate,
            "component_rate_limit": {"call_count": 0, "refresh_second": 0},
        }

    def _count(self, path: str, span: str, number: int) -> int:
        row = self._ledger.one(
            "INSERT INTO quota_use VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET "
            "used = CASE WHEN number = excluded.number THEN used + 1 ELSE 1 END, number = excluded.number "
            "RETURNING used",
            path,
            span,
            number,
        )
        return 0 if row is None else int(row["used"])

    def _used(self, path: str, span: str, number: int) -> int:
        row = self._ledger.one(
            "SELECT used FROM quota_use WHERE path = ? AND span = ? AND number = ?", path, span, number
        )
        return 0 if row is None else int(row["used"])
