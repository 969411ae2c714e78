"""One child process: its start in a group of its own, its log, its end, and that it never outlives us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from infra.local.identity import Identity

ROOT = Path(__file__).resolve().parents[2]
_LOG_LIMIT_BYTES = 20 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent_pid: int, with_signal: signal.Signals) -> None:
    """Ask the kernel for a signal when the parent ends, also by kill -9. Linux only; elsewhere it does nothing.

    The kernel means the parent's *thread*, so children have to be started from the main thread; and it forgets the
    wish at a change of user, so this comes after it.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if os.getppid() != parent_pid:  # it ended before the wish was heard
        os._exit(1)


@dataclass
class Child:
    """A program we run and watch.

    stop_signals: what to send to end it, each with the seconds it then has; SIGKILL comes after the last.
    The first one is also what it gets when we die.
    """

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str]
    stop_signals: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0),)
    identity: Identity | None = None
    cwd: Path = ROOT
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self, *, output: IO[bytes] | None = None) -> None:
        """Start it; returns before it is ready. What it writes to stdout goes to `output` when given, or to the log."""
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output or log,
                stderr=log,
                start_new_session=True,  # a terminal's Ctrl-C reaches us alone, and we stop the rest in order
                preexec_fn=self._between_fork_and_exec(),
            )

    def exit_status(self) -> int | None:
        """Give its exit status (negative: the signal), or None while it runs."""
        process = self.process
        if process is None or process.returncode is not None:
            return 0 if process is None else process.returncode
        with suppress(ChildProcessError):
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            # Not yet waited for, so the number is still its own, and what is left of the group is its own too.
            self._signal_group(signal.SIGKILL)
        return process.wait()

    def stop(self, *, hurried: Callable[[], bool] = lambda: False) -> None:
        """End it and what is left of its group; patience is cut to a second when `hurried`."""
        if self.process is None:
            return
        for number, seconds in self.stop_signals:
            if self.exit_status() is not None:
                return
            self.process.send_signal(number)
            began = time.monotonic()
            while self.exit_status() is None and time.monotonic() - began < (
                min(seconds, 1.0) if hurried() else seconds
            ):
                time.sleep(0.01)
        if self.exit_status() is None:
            self._signal_group(signal.SIGKILL)
            self.process.wait()

    def log_tail(self, lines: int = 20) -> str:
        """Give the last lines of its log, to show a person what went wrong."""
        return tail(self.log, lines)

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
            os.killpg(self.process.pid, number)  # type: ignore[union-attr]

    def _between_fork_and_exec(self) -> Callable[[], None]:
        parent, identity, first_signal = os.getpid(), self.identity, self.stop_signals[0][0]

        def become() -> None:
            # A shell without job control starts background commands with SIGINT ignored; that is inherited.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            if identity is not None:
                identity.assume()
            die_with_parent(parent, first_signal)

        return become


def open_log(path: Path) -> IO[bytes]:
    """Open a log for adding to it, for our eyes only; a log over 20 MB is put aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size > _LOG_LIMIT_BYTES:
            path.replace(path.with_name(path.name + ".1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def tail(log: Path, lines: int = 20) -> str:
    """Give the last lines of a log file; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16384))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent, one of our children, dies first (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_orphans() -> None:
    """Kill every process that is still our child: grandchildren whose parents are gone (Linux)."""
    while orphans := _children_of(os.getpid()):
        for pid in orphans:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _children_of(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # «pid (name) state ppid …», and the name may hold spaces and brackets
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
    return found
