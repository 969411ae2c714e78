"""A million answers: what counting adds to one, how long publishing takes, and a dashboard over all of them."""

import random
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from infra.bench.arithmetic import Turn, percentile
from infra.bench.load import prepared
from infra.bench.opinions import Means, Opinions
from infra.bench.table import Target
from satisfaction.scores import actions as scores
from satisfaction.scores import models, rules
from satisfaction.scores.models import FIGURES
from server import clock, db
from server.auth import token_hash
from server.ids import new_id

ITEMS = (
    ("overall", "overall", "FFT5", 5),
    ("reception", "reception", "L5", 5),
    ("doctor_attitude", "doctor", "F4", 4),
    ("doctor_communication", "communication", "F4", 4),
    ("waiting", "process", "L5", 5),
    ("recommend", "recommendation", "R11", 10),
    ("cleanliness", "environment", "L5", 5),
)
MONTHS = 24
MODELS = ("satisfaction.signals.models",)  # one is needed; none of it is used
COUNTED = 300  # answers that are counted one by one
ASKED_MS = 100.0
CALLS = 150
COPIED = 20_000  # rows at a time
SEED = 7
_RESPONSE = (
    "id", "answers", "contact_me", "is_low", "low_reasons", "submitted_at", "is_anonymous", "department_id", "kind",
    "mode", "answered_on",
)  # fmt: skip
_ANSWER = ("response_id", "item", "dimension", "scale", "value")


async def measure(means: Means) -> Opinions:
    """Fill two years with answers, publish them, and call the dashboard with and without filters."""
    found = Opinions()
    connection, wanted = means.connection, means.answers // len(ITEMS)
    today = clock.today()
    await _fill(connection, means.crowd.departments, wanted, today)
    began = time.monotonic()
    await connection.execute(
        f"INSERT INTO score_cell (day, department_id, kind, mode, item, dimension, scale, {FIGURES})"
        f" SELECT day, department_id, kind, mode, item, dimension, scale, {FIGURES} FROM score_recount"
    )
    found.lines.append(
        f"opinions: {wanted * len(ITEMS):,} answers of {wanted:,} people, recounted in {time.monotonic() - began:.1f} s"
    )
    found.lines.append(await _counted(connection))
    await connection.execute("ANALYZE score_cell")
    found.lines.append(await _published(means.stage.database_url))
    await connection.execute("ANALYZE score_published")
    token = await _supervisor(connection)
    month = rules.after(today.replace(day=1), -1)
    department = means.crowd.departments[0]
    asked = {
        "a month": f"period={month:%Y-%m}",
        "a year": f"period={month.year}&compare=last_year",
        "a month of a department by one mode": f"period={month:%Y-%m}&department={department}&mode=miniapp",
    }
    with means.stage.web():
        for name, query in asked.items():
            requests = [prepared("GET", f"/api/v1/scores?{query}", token=token)] * CALLS
            means.clients.http(means.stage.ports, requests[:10], clients=1, seconds=10.0)
            turn = means.clients.http(means.stage.ports, requests, clients=1, seconds=60.0)
            found.trouble += [f"dashboard: {what}" for what in turn.trouble]
            p50, p99 = percentile([turn], 0.5), percentile([turn], 0.99)
            found.lines.append(
                f"opinions: dashboard of {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms over {turn.done} calls"
            )
            found.targets.append(
                Target(f"dashboard of {name}, p99 in ms", p99 if turn.done else 1e9, ASKED_MS, more_is_better=False)
            )
    return found


async def _fill(connection: asyncpg.Connection, departments: list[UUID], people: int, today: date) -> None:
    draw = random.Random(SEED)
    days = [today - timedelta(days=place) for place in range(1, MONTHS * 30)]
    responses: list[tuple[Any, ...]] = []
    answers: list[tuple[Any, ...]] = []
    for _ in range(people):
        response_id, day = new_id(), draw.choice(days)
        kind, mode = draw.choices(
            (("outpatient", "miniapp"), ("outpatient", "phone"), ("poster", "poster")), (8, 1, 1)
        )[0]
        responses.append(
            (
                response_id,
                "{}",
                False,
                False,
                "[]",
                clock.at(day, 12, 0),
                True,
                draw.choice(departments),
                kind,
                mode,
                day,
            )
        )
        answers += [(response_id, *one) for one in _said(draw)]
        if len(responses) == COPIED:
            await _copy(connection, responses, answers)
            responses, answers = [], []
    await _copy(connection, responses, answers)
    await connection.execute("ANALYZE response, answer")


def _said(draw: random.Random) -> Iterator[tuple[str, str, str, int | None]]:
    for item, dimension, scale, most in ITEMS:
        value = most - min(most - 1, int(draw.expovariate(1.4)))
        yield item, dimension, scale, value if draw.random() < 0.95 else None


async def _copy(connection: asyncpg.Connection, responses: list[Any], answers: list[Any]) -> None:
    async with connection.transaction():
        await connection.copy_records_to_table("response", records=responses, columns=_RESPONSE)
        await connection.copy_records_to_table("answer", records=answers, columns=_ANSWER)


async def _counted(connection: asyncpg.Connection) -> str:
    """Count answers one by one, each in a transaction that is thrown away: what it adds to the one that keeps them."""
    rows = await connection.fetch("SELECT id FROM response ORDER BY id LIMIT $1", COUNTED)
    taken = []
    for row in rows:
        transaction = connection.transaction()
        await transaction.start()
        began = time.perf_counter()
        await connection.execute(models.COUNT, row["id"])
        taken.append((time.perf_counter() - began) * 1000)
        await transaction.rollback()
    turn = Turn(len(taken), 1.0, tuple(taken))
    return f"opinions: counting one answer adds {percentile([turn], 0.5):.2f} ms (p99 {percentile([turn], 0.99):.2f})"


async def _published(url: str) -> str:
    """Publish every week that is due, as the worker does."""
    await db.connect(url, models=MODELS, pool_size=2)
    try:
        began = time.monotonic()
        weeks = await scores.publish_due()
        seconds = time.monotonic() - began
    finally:
        await db.disconnect()
    return f"opinions: {weeks} weeks published in {seconds:.1f} s, {1000 * seconds / max(weeks, 1):.0f} ms each"


async def _supervisor(connection: asyncpg.Connection) -> str:
    staff_id, token = new_id(), "bench-supervisor"
    await connection.execute(
        "INSERT INTO staff (id, username, name, password_hash) VALUES ($1, 'bench-supervisor', '主管', '')", staff_id
    )
    await connection.execute(
        "INSERT INTO staff_role (id, staff_id, role) VALUES ($1, $2, 'supervisor')", new_id(), staff_id
    )
    await connection.execute(
        "INSERT INTO login (id, token_hash, staff_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')",
        new_id(),
        token_hash(token),
        staff_id,
    )
    return token
