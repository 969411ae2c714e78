"""Building the clients with a stand-in for npm: only what is stale, one at a time, whole or not at all."""

import gzip
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.building import BuildFailed, build
from infra.local.builds import console, fingerprint, is_stale, phone, runner, stamp_of, weixin
from infra.local.node import ToolsMissing, find_node
from tests.infra.local.conftest import ROOT, is_alive, wait_until

FAKE = Path(__file__).with_name("fake_npm.py")
BUILD = """
import os, signal, sys
from pathlib import Path
from infra.local.building import build
from infra.local.builds import console, phone
from infra.local.clients import leave
signal.signal(signal.SIGTERM, leave)
clients = Path(sys.argv[1])
build([[phone(clients)], [console(clients)]], os.environ)
"""


@pytest.fixture
def clients(tmp_path) -> Path:
    """Two npm packages with what they share."""
    folder = tmp_path / "clients"
    for name in ("miniapp", "console"):
        (folder / name / "tests").mkdir(parents=True)
        (folder / name / "source").write_text(name)
        (folder / name / "package-lock.json").write_text("{}")
    for name in ("design", "api"):
        (folder / name).mkdir()
        (folder / name / "shared").write_text(name)
    return folder


@pytest.fixture
def environ(tmp_path, environment) -> dict[str, str]:
    """An environment with a new Node and the stand-in on its PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "node").write_text("#!/bin/sh\necho v22.1.0\n")
    (programs / "npm").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    return environment | {"PATH": f"{programs}:{environment['PATH']}", "NODE_ENV": "production"}


@pytest.fixture
def build_all(clients, environ):
    """Build both; give what npm was asked for."""

    def run() -> list[str]:
        (clients / "calls").unlink(missing_ok=True)
        build([[phone(clients)], [console(clients)]], environ)
        return sorted((clients / "calls").read_text().splitlines()) if (clients / "calls").exists() else []

    return run


def test_both_are_built_once_and_then_left_alone(build_all, clients):
    assert build_all() == [
        "console ci --ignore-scripts",
        "console run build",
        "miniapp ci --ignore-scripts",
        "miniapp run build:web",
    ]
    assert phone(clients).folder == clients / "miniapp" / "dist" / "build" / "h5"
    assert (phone(clients).folder / "index.html").read_text() == "miniapp /m/"
    assert (console(clients).folder / "index.html").read_text().startswith("console")
    assert build_all() == []


def test_what_is_worth_packing_lies_beside_it(build_all, clients):
    build_all()
    folder = console(clients).folder
    assert {path.name for path in folder.glob("*.gz")} == {"big.js.gz"}
    assert gzip.decompress((folder / "big.js.gz").read_bytes()) == (folder / "big.js").read_bytes()


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ("miniapp/source", ["miniapp run build:web"]),
        ("console/new.ts", ["console run build"]),
        ("design/shared", ["console run build", "miniapp run build:web"]),
        ("api/shared", ["console run build", "miniapp run build:web"]),
        ("console/package-lock.json", ["console ci --ignore-scripts", "console run build"]),
        ("console/tests/desk.test.ts", []),
        ("miniapp/runner/build.mjs", []),
        ("miniapp/node_modules/left-pad.js", []),
        ("miniapp/tsconfig.tsbuildinfo", []),
    ],
)
def test_a_change_builds_again_what_depends_on_it(build_all, clients, changed, asked):
    build_all()
    (clients / changed).parent.mkdir(exist_ok=True)
    (clients / changed).write_text("changed")
    assert build_all() == asked
    assert build_all() == []


def test_a_build_that_somebody_touched_or_removed_is_made_again(build_all, clients):
    build_all()
    shutil.rmtree(phone(clients).folder)
    (console(clients).folder / ".stamp").unlink()
    assert build_all() == ["console run build", "miniapp run build:web"]


def test_a_failure_shows_why_and_leaves_the_last_good_build(build_all, clients):
    build_all()
    before = stamp_of(console(clients))
    (clients / "console" / "fails").touch()
    for _ in range(2):
        with pytest.raises(BuildFailed, match="Unexpected token"):
            build_all()
        assert is_stale(console(clients))
        assert stamp_of(console(clients)) == before
        assert (console(clients).folder / "index.html").exists()
    assert [path for path in (clients.parent / ".artefacts" / "clients").iterdir() if path.is_dir()] == []


def test_without_a_network_it_says_so(build_all, clients):
    (clients / "offline").touch()
    with pytest.raises(ToolsMissing, match="ENOTFOUND"):
        build_all()
    (clients / "offline").unlink()
    assert "miniapp ci --ignore-scripts" in build_all()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_build_leaves_no_stamp_and_no_process(clients, environ, number):
    (clients / "console" / "hangs").touch()
    builder = _builder(clients, environ)
    wait_until(lambda: (clients / "pids").exists() and (clients / "pids").read_text().count(" "))
    builder.send_signal(number)
    builder.wait(20)
    pids = [int(pid) for pid in (clients / "pids").read_text().split()]
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    assert stamp_of(console(clients)) is None
    assert not console(clients).folder.exists()


def test_two_builds_at_once_build_once(clients, environ):
    builders = [_builder(clients, environ) for _ in range(2)]
    assert [builder.wait(30) for builder in builders] == [0, 0]
    asked = (clients / "calls").read_text().splitlines()
    assert len(asked) == len(set(asked)) == 4


def test_another_server_is_another_mini_program_and_another_page_for_it(clients):
    here, there = (replace(weixin(f"https://{name}.invalid"), root=clients) for name in ("here", "there"))
    assert fingerprint(here) != fingerprint(there)
    assert fingerprint(replace(runner(here), root=clients)) != fingerprint(replace(runner(there), root=clients))


def test_a_new_node_on_path_is_taken_and_told_to_install_its_tools_too(environ, tmp_path):
    node = find_node(environ)
    assert node.npm == (str(tmp_path / "bin" / "npm"),)
    assert "NODE_ENV" not in node.environment(environ)


def _builder(clients: Path, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", BUILD, str(clients)]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, start_new_session=True)
