"""The launcher with stand-ins for the product: it starts, watches and stops, and leaves no process whatever happens."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.local.conftest import ROOT, is_alive, wait_until

FAKE = Path(__file__).with_name("fake.py")
RUN = """
import json, os, sys
from infra.local.programs import Programs
from infra.local.run import run
from infra.local.children import die_with_parent
import signal
if under_make := "make" in sys.argv:
    die_with_parent(os.getppid(), signal.SIGTERM)
sys.exit(run(os.environ, programs=Programs(**json.loads(sys.argv[1])), under_make=under_make))
"""
ELSEWHERE = {"DATABASE_URL": "postgres://elsewhere/db", "REDIS_URL": "redis://elsewhere"}


class Launched:
    """A launcher that runs in a process of its own."""

    def __init__(self, environment: dict[str, str], command: list[str]) -> None:
        self.folder = Path(environment["DATA_DIR"])
        self.output = self.folder.parent / "output"
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )

    def is_open(self) -> bool:
        """Tell whether it said so and the worker, for whom it does not wait, is there; fails when it has ended."""
        assert self.process.poll() is None, self.said()
        return "the hospital is open" in self.said() and (self.folder / "notes" / "worker.pid").exists()

    def said(self) -> str:
        return self.output.read_text()

    def noted(self, name: str) -> str:
        return (self.folder / "notes" / name).read_text()

    def pid(self, name: str) -> int:
        return int(self.noted(f"{name}.pid"))

    def ends(self, *, seconds: float = 20.0) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def port() -> int:
    """A port of which it and the next are free."""
    for candidate in range(14000 + os.getpid() % 9000, 32000, 2):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", candidate))
                other.bind(("127.0.0.1", candidate + 1))
            except OSError:
                continue
            return candidate
    raise RuntimeError("no free port")


@pytest.fixture
def launch(open_folder, environment, port) -> Iterator:
    """Start launchers; whatever still runs in the end is stopped."""
    started: list[Launched] = []
    environment |= {"PORT": str(port), "SIMULATOR_PORT": str(port + 1), "DATA_DIR": str(open_folder / "data")}

    def start(*, manners: dict[str, str] | None = None, under_make: bool = False, **settings: str) -> Launched:
        names = ("simulator", "prepare", "web", "worker")
        manners = manners or {}
        programs = {name: [sys.executable, str(FAKE), name, manners.get(name, "")] for name in {*names, *manners}}
        command = [sys.executable, "-c", RUN, json.dumps(programs)]
        if under_make:
            settings |= dict(zip(("PY", "RUN", "PROGRAMS"), (command[0], *command[2:]), strict=True))
            makefile = open_folder / "Makefile"
            makefile.write_text('run:\n\t@exec "$$PY" -c "$$RUN" "$$PROGRAMS" make\n')  # as in the project's own
            command = ["make", "-f", str(makefile)]
        started.append(Launched(environment | settings, command))
        return started[-1]

    yield start
    for launched in started:
        launched.process.terminate()
        launched.process.wait(20)


def test_it_opens_with_servers_of_its_own_and_closes_in_order(launch, open_folder, port):
    hospital = launch()
    wait_until(hospital.is_open)
    found = json.loads((hospital.folder / "demo.json").read_text())
    assert found["base"] == f"http://127.0.0.1:{port}"
    assert found["simulator"] == f"http://127.0.0.1:{port + 1}"
    assert found["desk_id"] == "desk-1"
    assert found["staff"][0]["username"] == "guide1"
    assert "daozhen-1" in hospital.said()
    pids = [hospital.pid(name) for name in ("simulator", "web", "worker")] + _servers_of(open_folder)
    assert len(pids) >= 5
    hospital.process.send_signal(signal.SIGTERM)
    assert hospital.ends() == 0
    assert hospital.noted("stopped").split() == ["web", "worker", "simulator"]
    assert not any(is_alive(pid) for pid in pids)
    assert _servers_of(open_folder) == []


def test_the_product_is_told_where_everything_is_and_the_caller_wins(launch, port):
    hospital = launch(WECHAT_SECRET="mine", WECHAT_TEMPLATE_IDS="", **ELSEWHERE)
    wait_until(hospital.is_open)
    given = json.loads(hospital.noted("worker.env"))
    assert given.items() >= ELSEWHERE.items()
    assert given["WECHAT_SECRET"] == "mine"
    assert given["WECHAT_APP_ID"] == "wx0000000000000001"
    assert json.loads(given["WECHAT_TEMPLATE_IDS"])["queue_called"]
    assert given["WECHAT_BASE_URL"] == given["WECOM_BASE_URL"] == f"http://127.0.0.1:{port + 1}"
    assert given["ALIYUN_SMS_BASE_URL"] == f"http://127.0.0.1:{port + 1}/aliyun"
    assert json.loads(given["TENCENT_SMS_TEMPLATES"])["queue_called"]["id"]
    assert (given["MAIL_HOST"], int(given["MAIL_PORT"]) > port + 1) == ("127.0.0.1", True)
    assert given["DEMO"] == "1"
    secrets = hospital.folder / "secrets.json"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert json.loads(secrets.read_text()) == {
        name: given[name] for name in ("DATA_KEY", "INDEX_KEY", "CODE_SIGNING_KEY")
    }
    assert not (hospital.folder / "postgres").exists()
    assert not (hospital.folder / "redis").exists()


def test_with_a_platform_given_nothing_is_simulated(launch):
    hospital = launch(WECHAT_BASE_URL="https://platform.invalid", **ELSEWHERE)
    wait_until(hospital.is_open)
    given = json.loads(hospital.noted("web.env"))
    assert given["WECHAT_BASE_URL"] == "https://platform.invalid"
    assert not {"WECOM_BASE_URL", "ALIYUN_SMS_KEY_ID", "TENCENT_SMS_SECRET_ID", "MAIL_HOST"} & given.keys()
    assert not (hospital.folder / "notes" / "simulator.env").exists()


@pytest.mark.parametrize("name", ["web", "worker", "simulator"])
def test_who_dies_is_started_again(launch, name):
    hospital = launch(**ELSEWHERE)
    wait_until(hospital.is_open)
    first = hospital.pid(name)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: hospital.pid(name) != first)
    assert f"{name} 已退出 ended (signal 9)" in hospital.said()


def test_servers_that_die_are_started_again(launch, open_folder):
    hospital = launch()
    wait_until(hospital.is_open)
    first = set(_servers_of(open_folder))
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(_servers_of(open_folder)) == len(first) and first.isdisjoint(_servers_of(open_folder)))
    wait_until(lambda: (hospital.folder / "redis" / "socket" / "redis.sock").exists())
    hospital.process.send_signal(signal.SIGINT)
    assert hospital.ends() == 0
    assert _servers_of(open_folder) == []


def test_kill_9_of_the_launcher_leaves_nothing_and_the_next_one_opens(launch, open_folder):
    hospital = launch()
    wait_until(hospital.is_open)
    keys = (hospital.folder / "secrets.json").read_text()
    pids = [hospital.pid(name) for name in ("simulator", "web", "worker")] + _servers_of(open_folder)
    hospital.process.kill()
    hospital.process.wait()
    hospital.output.unlink()
    again = launch()  # at once, while the others are still ending
    wait_until(again.is_open)
    assert not any(is_alive(pid) for pid in pids)
    assert (hospital.folder / "secrets.json").read_text() == keys


def test_a_second_signal_hurries_and_a_stubborn_child_is_killed(launch):
    hospital = launch(manners={"worker": "stubborn"}, **ELSEWHERE)
    wait_until(hospital.is_open)
    stubborn = hospital.pid("worker")
    for _ in range(2):
        hospital.process.send_signal(signal.SIGINT)
        wait_until(lambda: "stopping" in hospital.said())
    assert hospital.ends(seconds=6) == 0
    assert not is_alive(stubborn)


def test_an_orphan_in_a_session_of_its_own_is_found(launch):
    hospital = launch(manners={"web": "orphan"}, **ELSEWHERE)
    wait_until(hospital.is_open)
    orphan = int(hospital.noted("web.orphan"))
    assert is_alive(orphan)
    hospital.process.terminate()
    assert hospital.ends() == 0
    assert not is_alive(orphan)


@pytest.mark.parametrize("name", ["prepare", "web"])
def test_a_failure_at_the_start_is_shown_and_leaves_nothing(launch, open_folder, name):
    hospital = launch(manners={name: "fails"})
    assert hospital.ends() == 1
    assert "no such table: hospital" in hospital.said()
    assert not (hospital.folder / "demo.json").exists()
    assert _servers_of(open_folder) == []


def test_pages_that_do_not_build_end_the_start(launch, open_folder):
    hospital = launch(manners={"clients": "broken"})
    assert hospital.ends() == 1
    assert "The pages do not build:\nwhy there are no pages" in hospital.said()
    assert _servers_of(open_folder) == []


def test_pages_that_nothing_here_can_build_are_missed_and_the_rest_opens(launch):
    hospital = launch(manners={"clients": "toolless"}, **ELSEWHERE)
    wait_until(hospital.is_open)
    assert "pages are missing or not current:\nwhy there are no pages" in hospital.said()
    assert "not built: make clients" in hospital.said()


def test_a_stop_while_pages_are_built_stops_the_builder(launch):
    hospital = launch(manners={"clients": "hangs"}, **ELSEWHERE)
    wait_until(lambda: (hospital.folder / "notes" / "clients.pid").exists())
    building = hospital.pid("clients")
    hospital.process.terminate()
    assert hospital.ends() == 0
    assert not is_alive(building)


def test_two_launchers_do_not_share_a_folder(launch, port):
    first = launch(**ELSEWHERE)
    wait_until(first.is_open)
    second = launch(PORT=str(port + 100), **ELSEWHERE)
    assert second.ends() == 1
    assert f"in use by another launcher (process {first.process.pid})" in second.said()
    assert first.process.poll() is None


def test_a_port_that_is_taken_is_named(launch, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        hospital = launch(**ELSEWHERE)
        assert hospital.ends() == 1
    assert f"Port {port} on 127.0.0.1 is taken: set PORT" in hospital.said()


def test_a_stop_while_starting_stops(launch):
    hospital = launch(manners={"prepare": "hangs"}, **ELSEWHERE)
    wait_until(lambda: (hospital.folder / "notes" / "prepare.pid").exists())
    preparing = hospital.pid("prepare")
    hospital.process.terminate()
    assert hospital.ends() == 0
    assert not is_alive(preparing)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_make_alone_stops_everything(launch, number):
    hospital = launch(under_make=True, **ELSEWHERE)
    wait_until(hospital.is_open)
    pids = [hospital.pid(name) for name in ("simulator", "web", "worker")]
    hospital.process.send_signal(number)
    hospital.ends()
    wait_until(lambda: not any(is_alive(pid) for pid in pids))


def _servers_of(folder: Path) -> list[int]:
    """List the servers that name this folder in their command."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = command.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in line and (b"bin/postgres\0" in line or b"valkey-server" in line):
            found.append(int(command.parent.name))
    return found
