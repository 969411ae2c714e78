"""All dues recomputed after a change of the calendar: every open complaint, worst case, each with a due that moves."""

import random
import time
from datetime import timedelta
from typing import Any

import asyncpg

from infra.bench.opinions import Means, Opinions
from infra.bench.table import Target
from satisfaction.complaints.recomputing import recompute_dues
from server import clock, db
from server.ids import new_id

MODELS = ("satisfaction.complaints.models",)
ASKED_SECONDS = 60.0
COPIED = 10_000
SEED = 11
_COMPLAINT = (
    "id", "number", "source", "state", "severity", "department_id", "topic", "received_at", "acknowledge_due_at",
    "response_due_at", "answer_due_at", "handler_id",
)  # fmt: skip
_EVENT = ("id", "complaint_id", "cycle", "kind", "at", "data")


async def measure(means: Means) -> Opinions:
    """File open complaints, compute their clocks, announce a day off, and wait until every due is right again."""
    await _fill(means)
    await db.connect(means.stage.database_url, models=MODELS, pool_size=2)
    try:
        # what a worker computed before does not count: each of these has dues of its own before they move
        await means.connection.execute("UPDATE dues_run SET fingerprint = ''")
        first = await _recomputed(means.connection)
        day_off = clock.today() + timedelta(days=3)
        while day_off.weekday() >= 5:  # a weekend moves nothing
            day_off += timedelta(days=1)
        await means.connection.execute(
            "INSERT INTO calendar_day (day, kind, name) VALUES ($1, 'holiday', '临时放假')"
            " ON CONFLICT (day) DO UPDATE SET kind = 'holiday'",
            day_off,
        )
        again = await _recomputed(means.connection)
    finally:
        await db.disconnect()
    run = await means.connection.fetchrow(
        "SELECT looked, changed FROM dues_run ORDER BY started_at DESC, id DESC LIMIT 1"
    )
    found = Opinions()
    found.lines.append(
        f"opinions: dues of {run['looked']:,} open complaints recomputed in {again:.1f} s after a day off,"
        f" {run['changed']:,} moved (first computing {first:.1f} s)"
    )
    if run["changed"] < means.cases:
        found.trouble.append(f"dues: the day off moved {run['changed']} of {means.cases}")
    found.targets.append(Target("all dues after a calendar change, s", again, ASKED_SECONDS, more_is_better=False))
    return found


async def _recomputed(connection: asyncpg.Connection) -> float:
    began = time.monotonic()
    await recompute_dues()
    while await connection.fetchval("SELECT count(*) FROM dues_run WHERE done_at IS NULL"):
        await recompute_dues()
    return time.monotonic() - began


async def _fill(means: Means) -> None:
    draw = random.Random(SEED)
    now = clock.now()
    departments = means.crowd.departments
    handler_id = new_id()  # somebody has them: the ladder that is measured next shall not hand them all out first
    await means.connection.execute(
        "INSERT INTO staff (id, username, name, password_hash) VALUES ($1, 'bench-dues', '陈静', '')", handler_id
    )
    cases: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    for place in range(means.cases):
        complaint_id, severity = new_id(), draw.choice("ABC")
        at = now - timedelta(seconds=draw.randrange(1, 480))
        number, department = f"BENCH-{place:06}", draw.choice(departments)
        cases.append(
            (complaint_id, number, "phone", "assigned", severity, department, "其他", at, at, at, at, handler_id)
        )
        kinds = [
            "received",
            "acknowledged",
            *draw.choice(((), ("outbound",), ("question_reached",), ("outbound", "inbound"))),
        ]
        for step, kind in enumerate(kinds):
            data = f'{{"severity": "{severity}"}}' if kind == "received" else "{}"
            events.append((new_id(), complaint_id, 1, kind, at + timedelta(seconds=step), data))
        if len(cases) == COPIED:
            await _copy(means.connection, cases, events)
            cases, events = [], []
    await _copy(means.connection, cases, events)
    await means.connection.execute("ANALYZE complaint, complaint_event")


async def _copy(connection: asyncpg.Connection, cases: list[Any], events: list[Any]) -> None:
    async with connection.transaction():
        await connection.copy_records_to_table("complaint", records=cases, columns=_COMPLAINT)
        await connection.copy_records_to_table("complaint_event", records=events, columns=_EVENT)
