"""Watches children: who dies is started again with a growing pause; in the end all are stopped in order."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.children import Child

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_STEADY_SECONDS = 60.0  # who ran that long has earned the short pause again


def pause_after(failures: int) -> float:
    """Give the seconds to wait before the start that follows the n-th failure in a row, counted from 0."""
    return min(_FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), _LONGEST_PAUSE_SECONDS)


@dataclass
class _Watched:
    child: Child
    started_at: float
    failures: int = 0
    due_at: float | None = None


class Supervisor:
    """The children that run, and what each has coming."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._watched: list[_Watched] = []

    def watch(self, child: Child) -> None:
        """Take over a child that was just started."""
        self._watched.append(_Watched(child, time.monotonic()))

    def check(self) -> float:
        """Start again who has died and has waited long enough; give the seconds until somebody is due."""
        now = time.monotonic()
        for watched in self._watched:
            if watched.due_at is not None:
                if now >= watched.due_at:
                    self._start_again(watched, now)
            elif (status := watched.child.exit_status()) is not None:
                if now - watched.started_at > _STEADY_SECONDS:
                    watched.failures = 0
                self._put_off(watched, now, _how(status))
        dues = [watched.due_at for watched in self._watched if watched.due_at is not None]
        return max(0.0, min(dues) - now) if dues else _LONGEST_PAUSE_SECONDS

    def first_ended(self) -> Child | None:
        """Give a child that has ended, for callers that do not want it started again."""
        return next((watched.child for watched in self._watched if watched.child.exit_status() is not None), None)

    def stop_all(self, order: list[str], *, hurried: Callable[[], bool]) -> None:
        """End all children, by name in this order."""
        for watched in sorted(self._watched, key=lambda watched: order.index(watched.child.name)):
            watched.child.stop(hurried=hurried)
        self._watched.clear()

    def _start_again(self, watched: _Watched, now: float) -> None:
        watched.started_at, watched.due_at = now, None
        try:
            watched.child.start()
        except (OSError, subprocess.SubprocessError) as problem:
            self._put_off(watched, now, str(problem))

    def _put_off(self, watched: _Watched, now: float, how: str) -> None:
        pause = pause_after(watched.failures)
        watched.failures += 1
        watched.due_at = now + pause
        name, log = watched.child.name, watched.child.log
        self._say(f"! {name} 已退出 ended ({how})，{pause:g} 秒后重启 again in {pause:g} s · {log}")


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit {status}"
