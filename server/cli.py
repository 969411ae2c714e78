"""The command `hospital`: serve, work, migrate, seed, import, simulate, age, look."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate as run_migrations

from server import clock, config, db, idempotency, live, logs
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
        parser.add_argument("--examples", action="store_true", help="with complaints, improvements and comments in it")
        parser.add_argument("--seed", type=int, default=1, help="the number from which names and schedules are drawn")
    seed.add_argument("--if-empty", action="store_true")
    administrator = command("administrator", _administrator, "make an administrator, or let one in again")
    administrator.add_argument("username")
    administrator.add_argument("--name", default="", help="of a new account: the person's name")
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
    history = command("history", _history, "give the demonstration hospital a past, to see how it is when it is old")
    history.add_argument("--appointments", type=int, default=5_000_000)
    draw = command("draw", _draw, "check a draw (摇号): compute it again from its public record, without the database")
    draw.add_argument("what", choices=["verify", "export"])
    draw.add_argument("where", help="a file, or the address of a draw's record (…/api/v1/draws/ID/record)")
    draw.add_argument("file", type=Path, nargs="?", help="export: where to write the record")
    draw.add_argument("--promised", help="verify: the seed's SHA-256 as you noted it before the draw")
    _declare_queue(command("queue", _queue, "look at a queue's past: a second as it was, a day by other rules"))
    plan = command("plan", _plan, "look at a follow-up plan (随访计划)")
    plan.add_argument("what", choices=["preview"])
    plan.add_argument("--plan", required=True, help="the plan's code: revisit, chronic, after_operation …")
    plan.add_argument("--anchor", required=True, help="the day from which it counts: 2026-11-22")
    plan.add_argument("--patient", help="a patient's file number or id: what they would meet")
    command("doctor", _doctor, "check this installation and say what to mend")
    command("facts", _facts, "print every fact and who listens to it")
    command("states", _states, "print every state machine as a diagram")
    command("openapi", _openapi, "print the description of the API")


def _declare_queue(queue: argparse.ArgumentParser) -> None:
    whats = queue.add_subparsers(dest="what", required=True)
    replay = whats.add_parser("replay", help="a queue and its board as they were at a past second, out of the log")
    replay.add_argument("--queue", required=True, help="the department: its id, code or name")
    replay.add_argument("--at", required=True, help="2026-11-22T09:15:30 in the hospital's time, or with an offset")
    replay.add_argument("--json", action="store_true", help="print what the API gives")
    other = whats.add_parser("what-if", help="a day with another rule of the order: the waits of each class, compared")
    other.add_argument("--date", required=True, help="2026-11-22")
    other.add_argument("--queue", "--department", help="the department: its id, code or name; all without it")
    other.add_argument("--policy", help="head_start, arrival or appointment; the day's own without it")
    other.add_argument("--set", action="append", default=[], metavar="W=20m", help="G W H R K N, or a setting's name")
    other.add_argument("--seed", type=int, default=1, help="draws how long those stay who were never called")
    other.add_argument("--json", action="store_true", help="print what the API gives")


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
    from infra.seed.lived import seed_lives
    from infra.seed.opinions import seed_opinions

    async def seed() -> Any:
        found = await seed_demo(options.seed)
        await seed_opinions()
        if options.examples:
            await seed_lives()
        return found

    print(json.dumps(_with_database(seed), ensure_ascii=False))


def _prepare(options: argparse.Namespace) -> None:
    _migrate(options)
    if options.demo:
        _seed(options)


def _administrator(options: argparse.Namespace) -> int:
    from miniapp_api.staff.installing import make_administrator

    try:
        password = _with_database(lambda: make_administrator(options.username, options.name))
    except ValueError as error:
        print(f"hospital: {error}", file=sys.stderr)
        return 2
    print(f"一次性密码，三天内有效 / one-time password, for three days: {password}")
    return 0


def _import(options: argparse.Namespace) -> int:
    from miniapp_api.imports.actions import import_catalogue

    report = _with_database(lambda: import_catalogue(options.file, dry_run=options.dry_run))
    print(report.text())
    return 0 if report.is_good else 1


def _export(options: argparse.Namespace) -> int:
    from miniapp_api.imports.actions import export_catalogue

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


def _history(options: argparse.Namespace) -> int:
    from infra.past import NotADemonstration, NothingToVisit, make_history

    if options.appointments < 1:
        print("hospital: --appointments must be 1 or more", file=sys.stderr)
        return 2
    settings = _settings()
    clock.use_zone(settings.zone)

    def told(text: str) -> None:
        print(f"· {text}", file=sys.stderr, flush=True)

    try:
        made = asyncio.run(make_history(settings.database_url, options.appointments, told=told))
    except NotADemonstration:
        print("hospital: this is no demonstration hospital: its past is not ours to invent", file=sys.stderr)
        return 1
    except NothingToVisit:
        print("hospital: no practitioner has a room: load a catalogue first", file=sys.stderr)
        return 1
    print(made.text())
    return 0


def _draw(options: argparse.Namespace) -> int:
    from infra.draws import export_draw, verify_draw

    if options.what == "verify":
        return verify_draw(options.where, options.promised)
    if options.file is None:
        print("hospital: name the file to write", file=sys.stderr)
        return 2
    return export_draw(options.where, options.file)


def _queue(options: argparse.Namespace) -> int:
    from infra.queues import moment_of, print_replay, print_what_if, settings_of
    from miniapp_api.replay.whatif import Asked

    clock.use_zone(_settings().zone)
    try:
        if options.what == "replay":
            at = moment_of(options.at)
            return _with_database(lambda: print_replay(options.queue, at, as_json=options.json))
        day, asked = date.fromisoformat(options.date), Asked(options.policy, settings_of(options.set), options.seed)
    except ValueError as error:
        print(f"hospital: cannot be read: {error}", file=sys.stderr)
        return 2
    return _with_database(lambda: print_what_if(options.queue, day, asked, as_json=options.json))


def _plan(options: argparse.Namespace) -> int:
    from infra.plans import print_preview

    clock.use_zone(_settings().zone)
    try:
        anchor_on = date.fromisoformat(options.anchor)
    except ValueError as error:
        print(f"hospital: cannot be read: {error}", file=sys.stderr)
        return 2
    return _with_database(lambda: print_preview(options.plan, anchor_on, options.patient))


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
