"""A hospital as `make run` opens it: server, worker, simulator, PostgreSQL and Redis as processes of their own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

ROOT = Path(__file__).resolve().parents[2]
OPENS_WITHIN_SECONDS = 90.0
CLOSES_WITHIN_SECONDS = 30.0
FIRST_PORT, LAST_PORT = 12000, 30000  # below the ephemeral range, in which a client's port could be in the way
OTHERS_SETTINGS = {"DATABASE_URL", "REDIS_URL", "HOST", "DEMO", "WECHAT_BASE_URL", "MAKEFLAGS", "MAKELEVEL"}


@dataclass(frozen=True)
class Login:
    """A demonstration login of a member of staff."""

    username: str
    password: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class OpenHospital:
    """A hospital that runs, and where to find it.

    http: for what a test arranges behind the scenes through the API (`tests.cast` takes this object as its site).
    """

    base: str
    simulator: str
    desk_id: str
    logins: Mapping[str, Login]
    data_dir: Path
    http: aiohttp.ClientSession

    def log(self, name: str) -> Path:
        """Name the log of `web`, `worker` or `simulator`."""
        return self.data_dir / "logs" / f"{name}.log"


@contextmanager
def opened(logs_kept_in: Path) -> Iterator[dict[str, Any]]:
    """Run the launcher on free ports; yields what it tells programs. From the main thread.

    logs_kept_in: the folder that gets the logs in the end, whatever happened.
    """
    folder = Path(tempfile.mkdtemp(prefix="hospital-browser-"))
    folder.chmod(0o711)  # under root, PostgreSQL's user has to pass here
    said = folder / "launcher.log"
    with said.open("wb") as output:
        # --under-make: the kernel ends it when we are killed, and it ends all others
        launcher = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "--under-make"],
            cwd=ROOT,
            env=_environment(folder / "data"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _wait_until_open(launcher, folder / "data" / "demo.json", said) | {"data_dir": folder / "data"}
    finally:
        _close(launcher)
        shutil.rmtree(logs_kept_in, ignore_errors=True)
        shutil.copytree(folder / "data" / "logs", logs_kept_in, ignore_dangling_symlinks=True, dirs_exist_ok=True)
        shutil.copy(said, logs_kept_in)
        shutil.rmtree(folder, ignore_errors=True)


def found(told: Mapping[str, Any], http: aiohttp.ClientSession) -> OpenHospital:
    """Make the hospital out of what its launcher told."""
    logins = [Login(one["username"], one["password"], tuple(one["roles"])) for one in told["staff"]]
    return OpenHospital(
        base=told["base"],
        simulator=told["simulator"],
        desk_id=told["desk_id"],
        logins={login.username: login for login in logins},
        data_dir=told["data_dir"],
        http=http,
    )


def free_ports(count: int) -> list[int]:
    """Give ports on which nobody listens, the first of them different from process to process."""
    ports: list[int] = []
    span = LAST_PORT - FIRST_PORT
    for step in range(span):
        port = FIRST_PORT + (os.getpid() * 13 + step) % span
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise RuntimeError("no free ports")


def _environment(data_dir: Path) -> dict[str, str]:
    port, simulator_port = free_ports(2)
    kept = {name: value for name, value in os.environ.items() if name not in OTHERS_SETTINGS}  # noqa: TID251
    return kept | {
        "PORT": str(port),
        "SIMULATOR_PORT": str(simulator_port),
        "DATA_DIR": str(data_dir),
        "CLIENTS": "0",  # the fixture before this one has built them
        "EXAMPLES": "0",  # each test brings what it needs: nothing of others stands in its lists
    }


def _wait_until_open(launcher: subprocess.Popen[bytes], demonstration: Path, said: Path) -> dict[str, Any]:
    deadline = time.monotonic() + OPENS_WITHIN_SECONDS
    while not demonstration.exists():
        if launcher.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the hospital does not open:\n{said.read_text(errors='replace')}", pytrace=False)
        time.sleep(0.05)
    return json.loads(demonstration.read_text())


def _close(launcher: subprocess.Popen[bytes]) -> None:
    if launcher.poll() is None:
        launcher.send_signal(signal.SIGTERM)
        try:
            launcher.wait(CLOSES_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            launcher.kill()
    launcher.wait()
