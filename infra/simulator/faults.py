"""Ways in which the network or the platform fails, by path, for tests. They live in memory only."""

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

SLOW_DEFAULT_MS = 3000


class Mode(StrEnum):
    """What goes wrong. «Process» means: the call takes its full effect and is in the ledger."""

    OK = "ok"  # nothing, which removes a fault
    SLOW = "slow"  # process, then answer late
    ACCEPT_THEN_DROP = "accept_then_drop"  # process, then close the connection without a reply
    DROP = "drop"  # close the connection, nothing processed
    CRASH = "crash"  # process, then the simulator dies at once with 137
    HALF_BODY = "half_body"  # process, then send half of the reply and close
    HTTP_5XX_AFTER_ACCEPT = "http_5xx_after_accept"  # process, then answer 502
    QUOTA = "quota"  # 45009, nothing processed
    TOKEN_EXPIRED = "token_expired"  # 42001, nothing processed
    SYSTEM_BUSY = "system_busy"  # -1, nothing processed
    ERRCODE = "errcode"  # the errcode that the fault names, nothing processed


_ERRCODES = {Mode.QUOTA: 45009, Mode.TOKEN_EXPIRED: 42001, Mode.SYSTEM_BUSY: -1}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one path."""

    path: str  # exact, or a beginning followed by `*`
    mode: Mode
    rate: float = 1.0  # probability that it strikes a call
    count: int | None = None  # how many calls it strikes before all is well again; None: no end
    delay_ms: int = 0  # before the outcome, whichever it is
    errcode: int | None = None  # for ERRCODE

    @property
    def refuses_with(self) -> int | None:
        """Give the errcode with which the call is refused unprocessed, if it is."""
        return self.errcode if self.mode is Mode.ERRCODE else _ERRCODES.get(self.mode)

    def shown(self) -> dict[str, Any]:
        """Give the fault as the control plane shows it."""
        shown: dict[str, Any] = {"path": self.path, "mode": self.mode.value, "rate": self.rate}
        shown |= {"count": self.count, "delay_ms": self.delay_ms}
        return shown | ({"errcode": self.errcode} if self.errcode is not None else {})


class Faults:
    """The faults in force, at most one per path."""

    def __init__(self, seed: int | None = None) -> None:
        self._faults: dict[str, Fault] = {}
        self._dice = random.Random(seed)

    def put(self, fault: Fault) -> None:
        """Set the fault of a path, instead of an earlier one."""
        self._faults.pop(fault.path, None)
        if fault.mode is not Mode.OK and fault.count != 0:
            self._faults[fault.path] = fault

    def clear(self) -> None:
        """Make all well."""
        self._faults.clear()

    def list(self) -> list[Fault]:
        """List the faults in force."""
        return list(self._faults.values())

    def draw(self, path: str) -> Fault | None:
        """Give the fault that strikes this call, and count it down. An exact path wins over a `*`."""
        fault = self._faults.get(path) or next(
            (one for one in self._faults.values() if one.path.endswith("*") and path.startswith(one.path[:-1])), None
        )
        if fault is None or self._dice.random() >= fault.rate:
            return None
        if fault.count is not None:
            self.put(replace(fault, count=fault.count - 1))
        return fault
