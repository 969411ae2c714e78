"""The builds of the clients: made before the first test that needs them, where they are stale."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.clients import TOOLS_MISSING
from tests.browser.requirement import not_here

ROOT = Path(__file__).resolve().parents[2]
_OFF = {"0", "no", "off", "false"}


def make_sure_of(what: str) -> None:
    """Build `web` or `weixin` unless CLIENTS=0 says to take what is there; what goes on is told on stdout.

    A process of its own: the one of pytest may have threads by now, and a fork with those is not safe.
    """
    if os.environ.get("CLIENTS", "1").lower() in _OFF:  # noqa: TID251 - as for the launcher
        return
    command = [sys.executable, "-m", "infra.local.clients", what]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == TOOLS_MISSING:
        not_here(f"the clients cannot be built here: {done.stderr.strip()}")
    if done.returncode != 0:
        pytest.fail(done.stderr.strip(), pytrace=False)
