"""Where the running hospital is: its demonstration file, and its database for the final look."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from infra.local.announcement import demonstration_file
from infra.local.postgres import DATABASE, USER
from infra.simulate.opening import CannotPlay

_SOCKET_FOLDER_LINE = 4  # of postmaster.pid


def data_dir_of(environ: Mapping[str, str], demo_file: Path | None) -> Path:
    """Give the folder of the running hospital: that of its demonstration file, or as the environment says."""
    if demo_file is not None:
        return demo_file.resolve().parent
    return Path(environ.get("DATA_DIR") or ".data").expanduser().resolve()


def read_demonstration(data_dir: Path, demo_file: Path | None) -> dict[str, Any]:
    """Read addresses and logins.

    Raises: CannotPlay when nothing runs there.
    """
    path = demo_file or demonstration_file(data_dir)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotPlay(
            f"没有 {path}：请先运行 make run。\nThere is no {path}: start the hospital with `make run` first."
        ) from None
    except (OSError, ValueError) as trouble:
        raise CannotPlay(f"无法读取 {path}：{trouble}\n{path} cannot be read.") from trouble
    if not found.get("simulator"):
        raise CannotPlay("没有模拟平台，不能模拟病人的手机。No simulated platform runs: there are no phones to play.")
    return found


def database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    """Give the address of the hospital's database: the one given, or the embedded one's socket.

    Raises: CannotPlay when neither is there.
    """
    if url := environ.get("DATABASE_URL"):
        return url
    pid_file = data_dir / "postgres" / "cluster" / "postmaster.pid"
    try:
        sockets = pid_file.read_text().splitlines()[_SOCKET_FOLDER_LINE].strip()
    except (OSError, IndexError) as trouble:
        raise CannotPlay(
            f"找不到数据库：请设置 DATABASE_URL。\nNo database runs under {data_dir}: set DATABASE_URL."
        ) from trouble
    return f"postgres://{USER}@/{DATABASE}?host={quote(sockets)}"


def environment() -> Mapping[str, str]:
    """Give this process's environment; the play is a client and has no settings of its own."""
    return os.environ  # noqa: TID251 - the addresses of the hospital that runs here
