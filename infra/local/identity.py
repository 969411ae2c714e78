"""Under whose name a server that refuses root runs, and how a child becomes that user.

Root gives such a server to `nobody`, or to the owner of data that is already there. Where that user cannot pass the
parent folders (a checkout under /root, say), the child keeps one single right of root: to search and read any folder.
So data stays where the caller wants them, and no folder of the machine is opened to everybody.
"""

import ctypes
import os
import pwd
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.local.problems import CannotStart

# linux/capability.h, linux/prctl.h, linux/securebits.h
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAP_SETPCAP = 8
_CAPABILITY_VERSION_3 = 0x20080522
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2

# Loaded here and not in the child: between fork and exec as little as possible may happen.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@dataclass(frozen=True)
class Identity:
    """A user that a child becomes, and the one capability it may need to reach its files."""

    uid: int
    gid: int
    capability: int | None = None

    def assume(self) -> None:
        """Become this user for good. For a child between fork and exec; the caller is root."""
        if self.capability is not None:
            # Without this bit access(2) forgets capabilities of a user that is not root, and postgres asks access(2).
            _must(_LIBC.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0))  # type: ignore[union-attr]
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        if self.capability is not None:
            sets = (_Sets * 2)()
            sets[0] = _Sets(*[1 << self.capability] * 3)
            header = _Header(_CAPABILITY_VERSION_3, 0)
            _must(_LIBC.capset(ctypes.byref(header), sets))  # type: ignore[union-attr]
            _must(_LIBC.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, self.capability, 0, 0))  # type: ignore[union-attr]


def identity_for(data: Path, program: Path) -> Identity | None:
    """Choose who runs `program` on the folder `data`: nobody else when we are not root (None).

    Raises: CannotStart when root has no user that could reach both.
    """
    if os.geteuid() != 0:
        return None
    owner = data.stat()
    if owner.st_uid != 0:
        user = Identity(owner.st_uid, owner.st_gid)
    else:
        nobody = pwd.getpwnam("nobody")
        user = Identity(nobody.pw_uid, nobody.pw_gid)
    searched = _may_search(data, user) and _may_search(program, user)
    executed = _has(program, user, stat.S_IXOTH)
    if searched and executed:
        return user
    held = _held_capabilities()
    enough = [_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE] if executed else [_CAP_DAC_OVERRIDE]
    for capability in enough:
        if held >> capability & 1 and held >> _CAP_SETPCAP & 1:
            return Identity(user.uid, user.gid, capability)
    raise CannotStart(
        f"PostgreSQL 不能以 root 身份运行，而用户 {user.uid} 进不了 {data} 或 {program} 的上级目录。"
        "请把 DATA_DIR 和代码放到其他用户可进入的目录，或以普通用户运行。\n"
        f"PostgreSQL refuses root, and user {user.uid} cannot enter the folders above {data} or {program}: "
        "move them, or run as an ordinary user."
    )


def _may_search(path: Path, user: Identity) -> bool:
    return all(_has(folder, user, stat.S_IXOTH) for folder in path.resolve().parents)


def _has(path: Path, user: Identity, bit: int) -> bool:
    found = path.stat()
    if found.st_uid == user.uid:
        bit <<= 6
    elif found.st_gid == user.gid:
        bit <<= 3
    return bool(found.st_mode & bit)


def _held_capabilities() -> int:
    if sys.platform != "linux":
        return 0
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def _must(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
