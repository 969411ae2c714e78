"""Where an embedded server puts its socket."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from infra.local.identity import Identity
from infra.local.problems import CannotStart

# sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included
_LONGEST_PATH_BYTES = 103


def socket_folder(data: Path, socket_name: str, identity: Identity | None = None) -> Path:
    """Give a folder for the socket that only its server's user may enter.

    It lies in `data`; when that path is too long for a socket, under the system's temporary folder, by a name made
    from `data`, so that a start after kill -9 finds the same place again and two hospitals never share one.
    """
    folder = data / "socket"
    if len(os.fsencode(folder / socket_name)) > _LONGEST_PATH_BYTES:
        name = "hospital-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / name
        if len(os.fsencode(folder / socket_name)) > _LONGEST_PATH_BYTES:
            folder = Path("/tmp") / name
    folder.mkdir(mode=0o700, exist_ok=True)
    uid = os.geteuid() if identity is None else identity.uid
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), uid}:
        raise CannotStart(
            f"{folder} 属于其他用户，请删除或设置 TMPDIR。\n{folder} belongs to somebody else: set TMPDIR."
        )
    if identity is not None:
        os.chown(folder, identity.uid, identity.gid)
    folder.chmod(0o700)
    return folder


def forget_socket_folder(data: Path, folder: Path) -> None:
    """Remove a socket's folder that lies outside of `data`, so that nothing is left behind."""
    if folder.parent != data:
        for name in (*folder.glob("*"), *folder.glob(".s.*")):
            with suppress(OSError):
                name.unlink()
        with suppress(OSError):
            folder.rmdir()
