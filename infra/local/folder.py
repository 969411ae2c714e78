"""The folder with everything a hospital on this machine keeps: its lock and its keys."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.problems import CannotStart

_KEY_NAMES = ("DATA_KEY", "INDEX_KEY", "CODE_SIGNING_KEY")
_KEY_BYTES = 32


@contextmanager
def locked(data_dir: Path) -> Iterator[bool]:
    """Make the folder and hold it for one launcher; yields whether the last one ended without saying good-bye.

    Raises: CannotStart when another launcher holds it or it cannot be written.
    """
    try:
        if not data_dir.exists():
            data_dir.mkdir(parents=True)
            data_dir.chmod(0o711)  # under root, PostgreSQL's user has to pass here; it cannot look around
        lock = os.open(data_dir / "launcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise CannotStart(f"无法写入数据目录。\nThe data folder cannot be written: {problem}") from problem
    try:
        left = os.read(lock, 32).decode("ascii", "replace").strip()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise CannotStart(
                f"{data_dir} 正在被另一个启动器（进程 {left or '?'}）使用：请换一个 DATA_DIR，或先停止它。\n"
                f"{data_dir} is in use by another launcher (process {left or '?'}): take another DATA_DIR, or stop it."
            ) from problem
        os.pwrite(lock, b"%-10d\n" % os.getpid(), 0)
        try:
            yield bool(left)
        finally:
            os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def keys_of(data_dir: Path) -> dict[str, str]:
    """Give the hospital's keys, base64 of 32 bytes each; makes them the first time, for our eyes only.

    Raises: CannotStart when the file cannot be read: with new keys nobody could read the old data.
    """
    path = data_dir / "secrets.json"
    try:
        kept = json.loads(path.read_text()) if path.exists() else {}
        keys = {name: kept.get(name) or _new_key() for name in _KEY_NAMES}
    except (OSError, ValueError, AttributeError) as problem:
        raise CannotStart(
            f"密钥文件 {path} 无法读取，请从备份恢复。\nThe keys in {path} cannot be read, restore them: {problem}"
        ) from problem
    if keys != kept:
        replace_file(path, json.dumps(kept | keys, indent=2) + "\n")
    return keys


def replace_file(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
