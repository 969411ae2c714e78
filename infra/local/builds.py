"""What is built of the clients: from which sources, by which command, into which folder, and whether it is stale."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.children import ROOT
from infra.local.node import Node

CLIENTS = ROOT / "clients"
STAMP = ".stamp"

_SHARED = ("design", "api")
_NOT_SOURCES = {"node_modules", "dist", "tests", "coverage", ".vite"}
_RUNNER = "runner"
_BUILDERS = ("builds.py", "building.py")  # how a build is made is a part of what it is


@dataclass(frozen=True)
class Client:
    """One thing to build.

    package, output: folders, under `clients/` and under the package. command: what to run, given node and the folder
    to build into. entry: the file without which it is no build. settings: more of the environment. also: folders of
    the package that count as sources for this one alone. after: whose build this one is made from. is_served: whether
    browsers ask a server for it. root: the folder of all clients.
    """

    name: str
    package: str
    output: str
    entry: str
    command: Callable[[Node, Path], Sequence[str]]
    settings: Mapping[str, str] = field(default_factory=dict)
    folder_setting: str = ""
    also: tuple[str, ...] = ()
    after: "Client | None" = None
    is_served: bool = False
    root: Path = CLIENTS

    @property
    def home(self) -> Path:
        """The npm package."""
        return self.root / self.package

    @property
    def folder(self) -> Path:
        """Where its build lies."""
        return self.home / self.output


def phone(root: Path = CLIENTS) -> Client:
    """The patient's app for browsers, as it is served under /m/."""
    return Client(
        "phone",
        "miniapp",
        "dist/build/h5",
        "index.html",
        lambda node, _: (*node.npm, "run", "build:web"),
        settings={"VITE_BASE": "/m/", "VITE_API_BASE": ""},
        folder_setting="UNI_OUTPUT_DIR",
        is_served=True,
        root=root,
    )


def console(root: Path = CLIENTS) -> Client:
    """The staff console, the board and the start page, whose files are served under /console/."""
    return Client(
        "console",
        "console",
        "dist",
        "index.html",
        lambda node, folder: (*node.npm, "run", "build", "--", "--outDir", str(folder), "--emptyOutDir"),
        is_served=True,
        root=root,
    )


def weixin(api_base: str) -> Client:
    """The patient's app as a mini-program package that calls this server."""
    return Client(
        "weixin",
        "miniapp",
        "dist/build/mp-weixin",
        "app.json",
        lambda node, _: (*node.npm, "run", "build:weixin"),
        settings={"VITE_API_BASE": api_base},
        folder_setting="UNI_OUTPUT_DIR",
    )


def runner(package: Client) -> Client:
    """The page that runs a mini-program package in a browser."""
    return Client(
        "runner",
        "miniapp",
        "dist/runner",
        "index.html",
        lambda node, folder: (node.program, "runner/build.mjs", str(package.folder), str(folder)),
        also=(_RUNNER,),
        after=package,
    )


def is_stale(client: Client) -> bool:
    """Tell whether the build is missing, or was made from other sources than there are now."""
    return stamp_of(client) != fingerprint(client)


def stamp_of(client: Client) -> str | None:
    """Give what the build says it was made from; None when there is no whole build."""
    try:
        return (client.folder / STAMP).read_text()
    except OSError:
        return None


def fingerprint(client: Client) -> str:
    """Give a text that changes with anything the build depends on, these modules included."""
    seen = hashlib.sha256(b"".join(Path(__file__).with_name(name).read_bytes() for name in _BUILDERS))
    seen.update(repr(sorted(client.settings.items())).encode())
    if client.after is not None:
        seen.update(fingerprint(client.after).encode())
    for path in sorted(_sources(client)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        seen.update(f"{path.relative_to(client.root)} {content}\n".encode())
    return seen.hexdigest()


def _sources(client: Client) -> Iterator[Path]:
    for folder in (client.home, *(client.root / name for name in _SHARED)):
        for parent, folders, files in os.walk(folder):
            here = Path(parent)
            unwanted = _NOT_SOURCES | ({_RUNNER} - set(client.also) if here == client.home else set())
            folders[:] = [name for name in folders if name not in unwanted]
            yield from (here / name for name in files if not name.endswith(".tsbuildinfo"))
