"""The launcher behind `make run`: servers, product and simulated platform on this machine, from one process.

It has to run in the main thread: signals come there, and children are tied to the life of the thread that starts them.
"""

import argparse
import http.client
import io
import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from infra.local.announcement import Addresses, announcement, demonstration_file, write_demonstration
from infra.local.children import Child, adopt_orphans, die_with_parent, kill_orphans
from infra.local.clients import TOOLS_MISSING
from infra.local.folder import keys_of, locked
from infra.local.plan import Plan, read_plan
from infra.local.postgres import Postgres
from infra.local.problems import CannotStart
from infra.local.programs import (
    Programs,
    environment_for,
    log_of,
    product_programs,
    simulated_carriers,
    simulated_others,
)
from infra.local.redis import Redis
from infra.local.stopping import StopAsked, StopRequest
from infra.local.supervision import Supervisor

_STOP_ORDER = ["prepare", "web", "worker", "simulator", "redis", "postgres"]
_SERVERS_SECONDS = 60.0
_GREEN_SECONDS = 90.0
_PAGES_SECONDS = 900.0  # the first time hundreds of npm packages are fetched
_LAST_RUN_ENDING_SECONDS = 15.0
_LOOK_SECONDS = 0.5


def run(environ: Mapping[str, str], *, programs: Programs | None = None, under_make: bool = False) -> int:
    """Run the hospital on this machine until somebody asks it to stop.

    environ: PORT, HOST, DATA_DIR, DATABASE_URL, REDIS_URL, SIMULATOR_PORT, WECHAT_BASE_URL and whatever else is for
        the product.
    programs: what to run in place of the product's own processes; for tests of the launcher.
    under_make: we are a recipe's only command: end when make does, also when it keeps a signal to itself.
    Returns: 0 after a wish to stop, 1 when it cannot start, with the reason on stderr.
    """
    with StopRequest(watch_make=under_make) as stop:
        try:
            plan = read_plan(environ)
            with locked(plan.data_dir) as last_run_was_killed:
                adopt_orphans()
                launch = _Launch(plan, stop)
                try:
                    launch.check_ports(patience=_LAST_RUN_ENDING_SECONDS if last_run_was_killed else 0.0)
                    launch.open(environ, programs)
                    launch.watch()
                finally:
                    launch.close()
        except StopAsked:
            return 0
        except CannotStart as problem:
            _say(f"\n{problem}\n", error=True)
            return 1
    return 0


class _Launch:
    """One run, from the first server to the last."""

    def __init__(self, plan: Plan, stop: StopRequest) -> None:
        self._plan = plan
        self._stop = stop
        self._supervisor = Supervisor(_say)
        self._simulator_port = self._mail_port = 0
        self._postgres: Postgres | None = None
        self._redis: Redis | None = None
        self._clients: Child | None = None

    def check_ports(self, *, patience: float) -> None:
        """Refuse ports that are taken, after `patience` seconds for servers of the last run that are still ending."""
        wanted = {"PORT": self._plan.port}
        if self._plan.platform_url is None and self._plan.simulator_port is not None:
            wanted["SIMULATOR_PORT"] = self._plan.simulator_port
        for name, port in wanted.items():
            began = time.monotonic()
            while not self._plan.is_free(port):
                if time.monotonic() - began > patience:
                    raise CannotStart(
                        f"端口 {port} 已被占用：请设置 {name}。\nPort {port} on {self._plan.host} is taken: set {name}."
                    )
                self._stop.pause(0.1)
        self._simulator_port = self._plan.choose_simulator_port()
        self._mail_port = self._plan.choose_mail_port(self._simulator_port)

    def open(self, environ: Mapping[str, str], programs: Programs | None) -> None:
        """Start everything, wait until it is ready, and say where it is."""
        plan = self._plan
        programs = programs or product_programs(plan, self._simulator_port, self._mail_port)
        demonstration_file(plan.data_dir).unlink(missing_ok=True)
        given: dict[str, str] = keys_of(plan.data_dir)
        simulator_url = None
        if plan.platform_url is None:
            simulator_url = f"http://{plan.reached_at}:{self._simulator_port}"
            given |= {"WECHAT_BASE_URL": simulator_url, "WECOM_BASE_URL": simulator_url}
            given |= simulated_others(simulator_url)
            given |= simulated_carriers(simulator_url, plan.reached_at, self._mail_port)
        _say("· 正在启动服务器 … starting the servers")
        self._begin_pages(programs.clients, environ)
        self._prepare_servers(given)
        env = environment_for(plan, environ, given)
        if simulator_url is not None:
            self._start("simulator", programs.simulator, env)
        self._await_servers()
        _say("· 正在准备数据库 … preparing the database")
        demonstration = self._prepare(programs.prepare, env)
        _say("· 正在启动服务 … starting the product")
        self._start("web", programs.web, env)
        self._start("worker", programs.worker, env)
        self._await("web", _GREEN_SECONDS, lambda: _is_green(plan))
        if simulator_url is not None:
            self._await("simulator", _SERVERS_SECONDS, lambda: _listens(plan, self._simulator_port))
        self._finish_pages()
        addresses = Addresses(plan.base_url, simulator_url or plan.platform_url, plan.data_dir)
        if demonstration is not None:
            write_demonstration(addresses, demonstration)
        _say(announcement(addresses, demonstration, has_pages=_shows_pages(plan)))

    def watch(self) -> None:
        """Keep it running until somebody asks to stop."""
        while not self._stop.asked:
            self._stop.wait(min(self._supervisor.check(), _LOOK_SECONDS))
        _say("\n· 正在停止 … stopping")

    def close(self) -> None:
        """Stop everything in order, whatever state it is in, and leave no process."""
        if self._clients is not None:
            self._clients.stop(hurried=lambda: self._stop.asked_twice)
        self._supervisor.stop_all(_STOP_ORDER, hurried=lambda: self._stop.asked_twice)
        for server in (self._redis, self._postgres):
            if server is not None:
                server.forget()
        kill_orphans()

    def _prepare_servers(self, given: dict[str, str]) -> None:
        """Start what is not given; the slow start of a first PostgreSQL comes last."""
        plan = self._plan
        if plan.redis_url is None:
            self._redis = Redis(plan.data_dir / "redis", log=log_of(plan.data_dir, "redis"))
            self._redis.prepare()
            self._redis.start()
            self._supervisor.watch(self._redis.child)
            given["REDIS_URL"] = self._redis.url
        if plan.database_url is None:
            self._postgres = Postgres(plan.data_dir / "postgres", log=log_of(plan.data_dir, "postgres"))
            self._postgres.prepare()
            self._postgres.start()
            self._supervisor.watch(self._postgres.child)
            given["DATABASE_URL"] = self._postgres.url

    def _begin_pages(self, command: list[str] | None, environ: Mapping[str, str]) -> None:
        """Build the pages beside everything else; the builder itself says in the terminal what it does."""
        if command is None:
            return
        log = log_of(self._plan.data_dir, "clients")
        log.unlink(missing_ok=True)  # it is shown when something went wrong, and then it is about this time
        self._clients = Child("clients", command, log, environ)
        self._clients.start(output=sys.stdout.buffer)

    def _finish_pages(self) -> None:
        """Wait for the pages. Raises: CannotStart when they do not build; that nothing here can build them is said."""
        child = self._clients
        if child is None:
            return
        self._await("clients", _PAGES_SECONDS, lambda: child.exit_status() is not None)
        if (status := child.exit_status()) == TOOLS_MISSING:
            _say(f"! 页面缺失或不是最新，其余服务正常 … pages are missing or not current:\n{child.log_tail(12)}")
        elif status != 0:
            raise CannotStart(f"页面构建失败，日志 {child.log}。\nThe pages do not build:\n{child.log_tail(40)}")

    def _await_servers(self) -> None:
        for server in (self._redis, self._postgres):
            if server is not None:
                self._await(server.child.name, _SERVERS_SECONDS, server.is_ready)

    def _start(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        child = Child(name, command, log_of(self._plan.data_dir, name), env)
        child.start()
        self._supervisor.watch(child)

    def _prepare(self, command: list[str], env: Mapping[str, str]) -> dict[str, Any] | None:
        """Migrate and seed; give the demonstration hospital's logins when there is one."""
        child = Child("prepare", command, log_of(self._plan.data_dir, "prepare"), env)
        with tempfile.TemporaryFile() as output:
            child.start(output=output)
            try:
                while (status := child.exit_status()) is None:
                    self._stop.pause(0.02)
            finally:
                child.stop()
            output.seek(0)
            said = output.read().decode("utf-8", "replace")
        if status != 0:
            raise CannotStart(f"数据库准备失败。\nThe database cannot be prepared:\n{said}{child.log_tail()}")
        with suppress(ValueError, IndexError):
            found = json.loads(said.strip().splitlines()[-1])
            if isinstance(found, dict) and found.get("staff"):
                return found
        return None

    def _await(self, name: str, seconds: float, is_ready: Callable[[], bool]) -> None:
        """Return when it is ready. Raises: CannotStart when somebody ends first or it takes too long, StopAsked."""
        began = time.monotonic()
        while not is_ready():
            if (ended := self._supervisor.first_ended()) is not None:
                raise CannotStart(
                    f"{ended.name} 启动失败，日志 {ended.log}。\n{ended.name} ended at its start:\n{ended.log_tail()}"
                )
            if time.monotonic() - began > seconds:
                log = log_of(self._plan.data_dir, name)
                raise CannotStart(f"{name} 在 {seconds:g} 秒内没有就绪。\n{name} is not ready, see {log}")
            self._stop.pause(0.05)


def main() -> None:
    """Run it with this process's environment, and leave with its status."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="Run the hospital on this machine.")
    parser.add_argument("--under-make", action="store_true", help="end when make, our parent, does")
    under_make = parser.parse_args().under_make
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese shows less
    if under_make:
        die_with_parent(os.getppid(), signal.SIGTERM)
    sys.exit(run(os.environ, under_make=under_make))  # noqa: TID251 - the launcher hands the environment on


def _is_green(plan: Plan) -> bool:
    return _answers(plan, "/readyz")


def _shows_pages(plan: Plan) -> bool:
    return _answers(plan, "/") and _answers(plan, "/m/")


def _answers(plan: Plan, path: str) -> bool:
    connection = http.client.HTTPConnection(plan.reached_at.strip("[]"), plan.port, timeout=2.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(plan: Plan, port: int) -> bool:
    try:
        with socket.create_connection((plan.reached_at.strip("[]"), port), timeout=2.0):
            return True
    except OSError:
        return False


def _say(text: str, *, error: bool = False) -> None:
    with suppress(OSError):  # whoever read us may have gone; the hospital runs on
        print(text, file=sys.stderr if error else sys.stdout, flush=True)
