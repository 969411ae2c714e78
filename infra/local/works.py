"""Several works at once, each of them a row of processes; none of the processes outlives us."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from infra.local.children import die_with_parent, tail

Work = Generator[subprocess.Popen[bytes], None, None]

_LOOK_SECONDS = 0.02
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def side_by_side(works: Iterable[Work]) -> None:
    """Carry out several works at once; each yields the processes that it waits for, all started by this thread."""
    waiting: dict[Work, subprocess.Popen[bytes]] = {}
    works = list(works)
    try:
        for work in works:
            _go_on(work, waiting)
        while waiting:
            for work, process in list(waiting.items()):
                if process.poll() is not None:
                    _go_on(work, waiting)
            time.sleep(_LOOK_SECONDS)
    finally:
        for process in waiting.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for work in works:
            work.close()


def last_words(log: Path, lines: int) -> str:
    """Give the end of a log without the colours that some tools write even into files."""
    return _COLOUR.sub("", tail(log, lines))


def _go_on(work: Work, waiting: dict[Work, subprocess.Popen[bytes]]) -> None:
    waiting.pop(work, None)
    with suppress(StopIteration):
        waiting[work] = next(work)


def started(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own, which also ends when we do; what it says goes into a new log."""
    parent = os.getpid()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),
        )
