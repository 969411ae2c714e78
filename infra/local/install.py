"""Makes .venv hold what requirements.lock names. Run by make with any python3, so it imports the standard library only.

It must stay readable for a Python that is too old, so that such a Python can say so.
"""

import fcntl
import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".installed")
NEEDED = (3, 11)
PIP = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps", "--no-input"]


def main():
    """Bring .venv up to date; quick when it is, and alone when several makes start at once. Returns an exit status."""
    if sys.version_info < NEEDED:
        found = "{}.{}.{}".format(*sys.version_info[:3])
        return refuse(
            f"需要 Python 3.11 或更新版本，{sys.executable} 是 {found}：make PYTHON=python3.12 …",
            f"Python 3.11 or newer is needed, {sys.executable} is {found}. Try: make PYTHON=python3.12 ...",
        )
    wanted = fingerprint()
    if kept() == wanted:
        return 0
    with open(os.path.join(ROOT, "pyproject.toml")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept() == wanted:  # another make did it while we waited
            return 0
        return install(wanted)


def install(wanted):
    """Make the environment when it is missing or of no use, and install into it. Returns an exit status."""
    if not is_usable():
        print("· 正在建立虚拟环境 … making .venv", flush=True)
        if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
            return refuse(
                f"无法建立虚拟环境：请为 {sys.executable} 安装 venv 模块（Debian：apt install python3-venv）",
                f"{sys.executable} cannot make a virtual environment; on Debian: apt install python3-venv",
            )
    print("· 正在安装依赖（首次约一分钟） … installing what requirements.lock names", flush=True)
    locked = ["--require-hashes", "--requirement", os.path.join(ROOT, "requirements.lock")]
    # «compat» points to this folder; the other modes list its packages and miss one that is added later.
    ourselves = ["--no-build-isolation", "--config-settings", "editable_mode=compat", "--editable", ROOT]
    for what in (locked, ourselves):
        if subprocess.call([PYTHON, *PIP, *what], cwd=ROOT) != 0:
            return refuse("依赖安装失败，请检查网络。", "The dependencies cannot be installed; see above.")
    with open(STAMP, "w") as stamp:
        stamp.write(wanted)
    return 0


def fingerprint():
    """Give a text that changes with anything .venv depends on: the lock, the project, the place, the Python."""
    seen = hashlib.sha256("{} {}.{}".format(ROOT, *sys.version_info[:2]).encode())
    for name in ("requirements.lock", "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as file:
            seen.update(file.read())
    return f"{ROOT}\n{seen.hexdigest()}\n"


def kept():
    """Give the fingerprint of the last whole installation, or None."""
    try:
        with open(STAMP) as stamp:
            return stamp.read()
    except OSError:
        return None


def is_usable():
    """Tell whether .venv is a working environment of our Python that was made in this place."""
    made_here = kept() is None or kept().split("\n")[0] == ROOT
    wanted = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    try:
        return made_here and subprocess.call([PYTHON, "-c", wanted], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def refuse(*lines):
    """Say why not, and give the exit status for it."""
    print("\n".join(lines), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
