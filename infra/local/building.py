"""How clients are built: one build at a time, into a folder of its own, stamped when whole.

What a build was made from is kept in it as a stamp, so a build without a change only reads the sources. It takes the
old one's place when it is whole: a server that serves it never sees half.
"""

import fcntl
import gzip
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.local.builds import STAMP, Client, fingerprint, is_stale
from infra.local.node import Node, ToolsMissing, find_node
from infra.local.problems import CannotStart
from infra.local.works import Work, last_words, side_by_side, started

_WORTH_PACKING = {".css", ".html", ".js", ".json", ".svg", ".txt", ".ttf", ".wasm", ".webmanifest"}
_WORTH_PACKING_BYTES = 1024
_NPM_CI = ("ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund", "--prefer-offline")
# without a network npm waits for minutes by default
_NPM_PATIENCE = ("--fetch-retries=4", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")


class BuildFailed(CannotStart):
    """The sources of a client do not build."""


def build(rows: Sequence[Sequence[Client]], environ: Mapping[str, str] | None = None) -> None:
    """Build what is stale: the rows side by side, those of one row one after the other; one build at a time.

    Raises: BuildFailed, ToolsMissing.
    """
    if not any(is_stale(client) for row in rows for client in row):
        return
    environ = os.environ if environ is None else environ  # noqa: TID251 - npm gets the caller's environment
    with alone(rows[0][0].root):
        stale = [client.name for row in rows for client in row if is_stale(client)]
        if not stale:  # somebody else has just built it
            return
        node = find_node(environ)
        print(f"· 正在构建页面 … building {', '.join(stale)}", flush=True)
        began = time.monotonic()
        side_by_side([_row(row, node, environ) for row in rows])
        print(f"· 页面已构建 built in {time.monotonic() - began:.0f} s", flush=True)


def workshop_of(clients: Path) -> Path:
    """Name the folder in which is built, with the logs; on the disk of the clients, so that a build can be moved."""
    return clients.parent / ".artefacts" / "clients"


@contextmanager
def alone(clients: Path) -> Iterator[None]:
    """Hold the clients' folder, after whoever builds there now."""
    folder = os.open(clients, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("· 等待另一个构建完成 … waiting for another build to end", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _row(clients: Sequence[Client], node: Node, environ: Mapping[str, str]) -> Work:
    for client in clients:
        if is_stale(client):
            yield from packages(client.home, node, environ)
            yield from _one(client, node, environ)


def packages(home: Path, node: Node, environ: Mapping[str, str]) -> Work:
    """Install what the lock of an npm package names, when that is not what is there. Raises: ToolsMissing."""
    stamp = home / "node_modules" / STAMP
    wanted = hashlib.sha256((home / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"· 正在安装 npm 依赖（首次一两分钟） … installing the packages of {home.name}", flush=True)
    stamp.unlink(missing_ok=True)
    log = workshop_of(home.parent) / f"{home.name}-packages.log"
    command = (*node.npm, *_NPM_CI, *_NPM_PATIENCE)
    yield (process := started(command, cwd=home, env=node.environment(environ), log=log))
    if process.returncode != 0:
        raise ToolsMissing(
            f"{home.name} 的 npm 依赖安装失败，请检查网络。\n"
            f"The npm packages of {home.name} cannot be installed:\n{last_words(log, 15)}"
        )
    _write_whole(stamp, wanted)


def _one(client: Client, node: Node, environ: Mapping[str, str]) -> Work:
    made_from = fingerprint(client)  # what changes during the build makes it stale
    workshop = workshop_of(client.root)
    workshop.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workshop, prefix=f"{client.name}-", ignore_cleanup_errors=True) as place:
        folder = Path(place) / "build" / "new"  # uni-app keeps a cache two folders above
        told = {client.folder_setting: str(folder)} if client.folder_setting else {}
        env = node.environment({**environ, **client.settings, **told})
        log = workshop / f"{client.name}.log"
        yield (process := started(client.command(node, folder), cwd=client.home, env=env, log=log))
        if process.returncode != 0 or not (folder / client.entry).is_file():
            raise BuildFailed(
                f"{client.name} 构建失败，日志 {log}。\nThe {client.name} does not build:\n{last_words(log, 30)}"
            )
        if client.is_served:
            _pack(folder)
        _write_whole(folder / STAMP, made_from)
        client.folder.parent.mkdir(parents=True, exist_ok=True)
        if client.folder.exists():
            client.folder.rename(Path(place) / "old")
        folder.rename(client.folder)


def _pack(folder: Path) -> None:
    """Lay a gzip copy beside every file that is worth it, the same bytes for the same file."""
    for path in folder.rglob("*"):
        if path.suffix in _WORTH_PACKING and path.is_file() and path.stat().st_size >= _WORTH_PACKING_BYTES:
            body = path.read_bytes()
            packed = gzip.compress(body, 9, mtime=0)
            if len(packed) < len(body):
                path.with_name(path.name + ".gz").write_bytes(packed)


def _write_whole(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    draft.replace(path)
