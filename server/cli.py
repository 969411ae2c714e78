"""The command `hospital`: serve, work, migrate, seed, import, simulate, look."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate as run_migrations

from server import config, db, idempotency, live, logs
from server.config import Settings, WrongSetting
from server.events import Relay, name_of
from server.facts import Fact, vocabulary
from server.jobs import Job
from server.runtime import KERNEL_MODELS, running
from server.states import machines

MIGRATION_LOCK = 7_402_115  # any number, the same for every process
FACTS_KEPT_DAYS = 30


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give its exit status."""
    parser = argparse.ArgumentParser(prog="hospital", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _declare(commands)
    options = parser.parse_args(argv)
    try:
        return options.run(options) or 0
    except WrongSetting as error:
        print(f"hospital: {error}", file=sys.stderr)
        return 2


def _declare(commands: Any) -> None:
    def command(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=text, description=text)
        parser.set_defaults(run=run)
        return parser

    command("run", _run, "start everything on this machine: embedded servers, simulated platform, server, worker")
    command("serve", _serve, "serve the API")
    command("worker", _worker, "work: relay facts, send messages, watch clocks")
    command("migrate", _migrate, "bring the database to this release")
    seed = command("seed", _seed, "load the demonstration hospital")
    prepare = command("prepare", _prepare, "migrate, and with --demo load the demonstration hospital when empty")
    for parser in (seed, prepare):
        parser.add_argument("--demo", action="store_true")
        parser.add_argument("--seed", type=int, default=1, help="the number from which names and schedules are drawn")
    seed.add_argument("--if-empty", action="store_true")
    imports = command("import", _import, "load a catalogue from a CSV or Excel file")
    imports.add_argument("what", choices=["catalogue"])
    imports.add_argument("file", type=Path)
    imports.add_argument("--dry-run", action="store_true", help="report every bad line and change nothing")
    exports = command("export", _export, "write the catalogue into a CSV or Excel file that can be imported again")
    exports.add_argument("what", choices=["catalogue"])
    exports.add_argument("file", type=Path)
    simulate = command("simulate", _simulate, "play a morning against the running system and check the invariants")
    simulate.add_argument("--patients", type=int, default=300)
    simulate.add_argument("--speed", type=float, default=120.0, help="how many times faster than the clock on the wall")
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--demo-file", type=Path, default=None, help="demo.json of the running system")
    command("doctor", _doctor, "check this installation and say what to mend")
    command("facts", _facts, "print every fact and who listens to it")
    command("states", _states, "print every state machine as a diagram")
    command("openapi", _openapi, "print the description of the API")


def _run(_: argparse.Namespace) -> int:
    from infra.local.run import run

    return run(os.environ)  # noqa: TID251 - the launcher hands the caller's environment on to its children


def _settings() -> Settings:
    settings = config.load()
    logs.set_up(settings.log_level)
    return settings


def _serve(_: argparse.Namespace) -> None:
    from server.app import serve

    serve(_settings())


def _worker(_: argparse.Namespace) -> None:
    import uvloop
    from prometheus_client import start_http_server

    from notifications.workers import work
    from server.app import models

    settings = _settings()
    if settings.web.worker_metrics_port:
        start_http_server(settings.web.worker_metrics_port, addr=settings.web.host)

    async def go() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with running(settings, models=models()) as opened:
            await work(opened, all_jobs(), stop)

    uvloop.run(go())


def all_jobs() -> list[Job]:
    """List the jobs of the kernel and of every package."""
    from server.app import WIRINGS

    relay = Relay(all_subscriptions())
    return [
        Job("relay", relay.run, every=timedelta(seconds=1)),
        Job("housekeeping", tidy, every=timedelta(minutes=10)),
        *(job for wiring in WIRINGS for job in wiring.jobs),
    ]


def all_subscriptions() -> dict[type[Fact], tuple]:
    """Join the subscriptions of every package."""
    from server.app import WIRINGS

    joined: dict[type[Fact], tuple] = {}
    for wiring in WIRINGS:
        for fact, handlers in wiring.subscriptions.items():
            joined[fact] = (*joined.get(fact, ()), *handlers)
    return joined


async def tidy() -> None:
    """Delete what nobody will ask for again, so that tables stay flat when the work grows."""
    await idempotency.forget_old()
    await live.forget_old()
    await db.fetch("DELETE FROM login WHERE expires_at < app_now() - interval '7 days'")
    await db.fetch("DELETE FROM fact WHERE relayed_at < app_now() - make_interval(days => $1)", FACTS_KEPT_DAYS)


async def migrate_database(url: str) -> None:
    """Run the migrations that are missing; only one process at a time, the others wait."""
    from server.app import models

    # the executor has no lock of its own: hold one on a connection beside it
    async with db.alone(url) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        try:
            await run_migrations(config=db.config(url, models=(*KERNEL_MODELS, *models())))
        finally:
            await Tortoise.close_connections()


def _migrate(_: argparse.Namespace) -> None:
    asyncio.run(migrate_database(_settings().database_url))


def _with_database(work: Callable[[], Awaitable[Any]]) -> Any:
    from server.app import models

    settings = _settings()

    async def go() -> Any:
        async with running(settings, models=models()):
            return await work()

    return asyncio.run(go())


def _seed(options: argparse.Namespace) -> None:
    from infra.seed import seed_demo

    print(json.dumps(_with_database(lambda: seed_demo(options.seed)), ensure_ascii=False))


def _prepare(options: argparse.Namespace) -> None:
    _migrate(options)
    if options.demo:
        _seed(options)


def _import(options: argparse.Namespace) -> int:
    from infra.catalogue import import_catalogue

    report = _with_database(lambda: import_catalogue(options.file, dry_run=options.dry_run))
    print(report.text())
    return 0 if report.is_good else 1


def _export(options: argparse.Namespace) -> int:
    from infra.catalogue import export_catalogue

    try:
        count = _with_database(lambda: export_catalogue(options.file))
    except (ValueError, OSError) as error:
        print(f"hospital: {error}", file=sys.stderr)
        return 1
    print(f"已导出 / exported: {count}")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    from infra.simulate import simulate

    return asyncio.run(simulate(options))


def _doctor(_: argparse.Namespace) -> int:
    from server.app import models
    from server.doctor import examine

    return asyncio.run(examine(config.load, models()))


def _facts(_: argparse.Namespace) -> None:
    listeners = all_subscriptions()
    for name, fact in sorted(vocabulary().items()):
        print(name)
        for handler in listeners.get(fact, ()):
            print(f"    {name_of(handler)}")


def _states(_: argparse.Namespace) -> None:
    from server import app

    assert app.WIRINGS  # importing the packages declares their machines
    for machine in machines().values():
        print(machine.diagram(), end="\n\n")


def _openapi(_: argparse.Namespace) -> None:
    from server.app import create_app
    from server.openapi import openapi

    app = create_app(config.load(config.NOWHERE))
    app.finalize()
    print(json.dumps(openapi(app, title="Hospital service", version=app.ctx.version), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
