"""The play from curtain to curtain: open clinics, let people come, wait until nothing moves, look at the database."""

import argparse
import asyncio
import math
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aiohttp

from infra.simulate import invariants, summary
from infra.simulate.demonstration import data_dir_of, database_url, environment, read_demonstration
from infra.simulate.ledger import accepted_by_phone, last_call, send_requests
from infra.simulate.opening import CannotPlay, open_clinics, sign_in
from infra.simulate.patients import live
from infra.simulate.plan import MORNING_MINUTES, Pace, draw_people
from infra.simulate.progress import Progress
from infra.simulate.staff import guide, handler, room
from infra.simulate.wire import Record, Unexpected, Wire
from infra.simulate.world import Morning, Visit
from server import clock, db

CONNECTIONS = 100
PEOPLE_A_SECOND = 10.0  # who take their phones out before the morning begins
EVENING_LEAST_SECONDS = 6.0
AFTER_THE_MORNING_SECONDS = 90.0  # the last ones are seen, rate, and complain
REST_SECONDS = 60.0
QUIET_LOOKS = 3
DESK_GUIDES = 2


async def simulate(options: argparse.Namespace) -> int:
    """Play a morning against the running hospital and check the invariants.

    options: patients, speed, seed, demo_file.
    Returns: 0 when every answer was expected and every invariant holds, 1 otherwise, 2 when it cannot be played.
    """
    if options.patients < 1 or not math.isfinite(options.speed) or not 1 <= options.speed <= 3600:
        print("hospital simulate: --patients 至少 1，--speed 在 1 到 3600 之间", file=sys.stderr)
        return 2
    environ = environment()
    data_dir = data_dir_of(environ, options.demo_file)
    try:
        demo = read_demonstration(data_dir, options.demo_file)
        url = database_url(environ, data_dir)
        return await play(options, demo, url)
    except CannotPlay as problem:
        print(f"hospital simulate: {problem}", file=sys.stderr)
        return 2


async def play(options: argparse.Namespace, demo: dict[str, Any], url: str) -> int:
    """Play one morning against the hospital that `demo` names, whose database is at `url`.

    Raises: CannotPlay.
    """
    began = time.monotonic()
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    timeout = aiohttp.ClientTimeout(total=30.0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http, db.alone(url) as connection:
        morning = await _prepare(options, demo, http)
        first_call = await last_call(morning.platform)
        sent_before = await _sent(morning)
        shown = asyncio.create_task(Progress(morning, sent_before=sent_before).run())
        try:
            await _play(morning, options)
            await _come_to_rest(connection)
        finally:
            shown.cancel()
            with suppress(asyncio.CancelledError):
                await shown
        seconds = time.monotonic() - began
        findings = await invariants.check(connection, invariants.every_invariant())
        findings.append(await _check_ledger(morning, connection, first_call))
        _print(morning, seconds, findings, await _messages(morning))
        is_good = all(finding.holds for finding in findings) and not morning.record.surprises
        return 0 if is_good else 1


async def _prepare(options: argparse.Namespace, demo: dict[str, Any], http: aiohttp.ClientSession) -> Morning:
    record = Record()
    product, platform = Wire(http, demo["base"], record), Wire(http, demo["simulator"], record)
    try:
        staff = await sign_in(product, demo["staff"])
        templates = (await platform.ask("GET", "/_sim/templates")).body["items"]
        morning = Morning(
            run=f"{options.seed}-{int(clock.now().timestamp())}",
            seed=options.seed,
            pace=Pace(options.speed),
            product=product,
            platform=platform,
            record=record,
            desk_id=demo["desk_id"],
            staff=staff,
            templates={template["key"]: template["template_id"] for template in templates},
        )
        seconds = _evening_seconds(options.patients)
        morning.begins = time.monotonic() + seconds
        await open_clinics(morning, patients=options.patients, begins_at=clock.now() + timedelta(seconds=seconds))
    except Unexpected as problem:
        raise CannotPlay(f"医院没有按约定回答。The hospital does not answer as agreed: {problem}") from problem
    morning.visits = [Visit(person) for person in draw_people(options.seed, options.patients)]
    morning.figures.people = options.patients
    print(
        f"{demo['base']}  {options.patients} 人 {len(morning.clinics)} 个诊室，"
        f"{MORNING_MINUTES / 60:.0f} 小时按 {options.speed:g} 倍速度进行，seed {options.seed}",
        flush=True,
    )
    return morning


def _evening_seconds(patients: int) -> float:
    return max(EVENING_LEAST_SECONDS, patients / PEOPLE_A_SECOND)


async def _play(morning: Morning, options: argparse.Namespace) -> None:
    """Let everybody live their day; it ends when the last patient is home, or when it takes too long."""
    evening = _evening_seconds(options.patients)
    people = [asyncio.create_task(live(morning, visit, evening * 0.8)) for visit in morning.visits]
    staff = [asyncio.create_task(work) for work in _work(morning)]
    everybody = asyncio.gather(*people, return_exceptions=True)
    limit = evening + morning.pace.morning_seconds + AFTER_THE_MORNING_SECONDS
    await asyncio.wait({everybody, *staff}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    left = [visit for visit, task in zip(morning.visits, people, strict=True) if not task.done()]
    if left:
        morning.record.surprise(f"{len(left)} people were still in the hospital {limit:.0f} s after the beginning")
    morning.closing.set()
    for task in people:
        task.cancel()
    for outcome in await asyncio.gather(*people, *staff, return_exceptions=True):
        if isinstance(outcome, Exception):
            morning.record.surprise(f"the play itself failed: {type(outcome).__name__} {outcome}")


def _work(morning: Morning) -> list[Any]:
    guides = morning.members("guide")
    at_the_desk = (guides * DESK_GUIDES)[:DESK_GUIDES]
    handlers = morning.members("complaint_handler")
    return [
        guide(morning, at_the_desk[0], at_the_desk[1]),
        guide(morning, at_the_desk[1], at_the_desk[0]),
        *(room(morning, clinic) for clinic in morning.clinics),
        *(handler(morning, member) for member in handlers),
    ]


async def _come_to_rest(connection: Any) -> None:
    """Wait until the workers have nothing to do any more, for a minute at most."""
    began, quiet = time.monotonic(), 0
    while quiet < QUIET_LOOKS and time.monotonic() - began < REST_SECONDS:
        quiet = quiet + 1 if await invariants.waiting(connection) == 0 else 0
        await asyncio.sleep(0.5)


async def _sent(morning: Morning) -> int:
    try:
        return await send_requests(morning.platform)
    except Unexpected:
        return 0


async def _check_ledger(morning: Morning, connection: Any, first_call: int) -> invariants.Finding:
    accepted = await accepted_by_phone(morning.platform, after=first_call)
    openids = [visit.openid for visit in morning.visits if visit.openid]
    return await invariants.check_ledger(connection, openids, accepted=accepted, template_ids=morning.templates)


async def _messages(morning: Morning) -> list[int]:
    counts = []
    for visit in morning.visits:
        if visit.openid:
            with suppress(Unexpected):
                path = f"/_sim/users/{visit.openid}/messages"
                counts.append(len((await morning.platform.ask("GET", path)).body["items"]))
    return counts


def _print(morning: Morning, seconds: float, findings: list[invariants.Finding], messages: list[int]) -> None:
    parts = [
        summary.people(morning.figures),
        summary.requests(morning.record, seconds),
        summary.phones(messages),
        summary.surprises(morning.record),
        summary.invariants(findings),
    ]
    print("\n" + "\n".join(line for part in parts for line in part), flush=True)
