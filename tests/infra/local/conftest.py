"""Folders that any user can reach, processes that are gone in the end, and waiting for a condition."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def wait_until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Return once the condition holds; fail after a while."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A short temporary folder that every user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="h-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a caller who has set nothing of ours."""
    ours = {"PORT", "HOST", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "SIMULATOR_PORT", "DEMO", "MAKELEVEL", "MAKEFLAGS"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("WE")}  # noqa: TID251
    return kept | {"PYTHONPATH": str(ROOT)}
