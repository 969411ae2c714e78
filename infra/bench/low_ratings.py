"""From a low rating to the alert at its handler's screen, while ten thousand answers an hour come in.

Each handler's screen listens to the stream of its alerts, as the console does. The clock starts when the phone begins
to send, and stops when the alert of that rating's complaint has reached the screen of whoever handles it. There are so
many handlers that nobody's budget of alerts runs out.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import orjson

from infra.bench.arithmetic import Turn, percentile
from infra.bench.opinions import Means, Opinions
from infra.bench.table import Target
from satisfaction.surveys.kinds.outpatient import OUTPATIENT
from server.auth import token_hash
from server.ids import new_id

ANSWERS_AN_HOUR = 10_000
LOW_EVERY = 4  # of the answers: far more than any hospital has
ASKED_MS = 2000.0
SETTLED_SECONDS = 10.0  # in which the last alert must have come
STARTS_WITHIN = 30.0  # the first one waits until the worker has started
ALERTS_EACH = 4  # of one handler: below the budget of an hour
LOW = {"answers": {"overall": 1, "improve": "等了两个小时没有人解释"}, "contact_me": True}
FINE = {"answers": {"overall": 5, "reception": 5}}

INVITATION = """
INSERT INTO invitation (id, questionnaire_id, account_id, patient_id, patient_name, department_id, department_name,
    visited_at, state, opens_at, deadline, kind)
VALUES ($1, $2, $3, $4, '张小三', $5, '心血管内科', now(), 'invited', now(), now() + interval '1 day', 'outpatient')
"""
OPENED = "SELECT r.invitation_id, r.complaint_id FROM response r WHERE r.invitation_id = ANY($1) AND r.is_low"


async def measure(means: Means) -> Opinions:
    """Let answers come in at their rate, a quarter of them low, and watch the handler's screen."""
    found = Opinions()
    wanted = min(240, max(60, means.answers // 4000), len(means.crowd.people))
    asked = await _invited(means, wanted)
    handlers = wanted // LOW_EVERY // ALERTS_EACH + 2
    tokens = [await _handler(means.connection, n) for n in range(handlers)]
    with means.stage.web(), means.stage.program("worker"):
        sent, seen, failed = await _run(means.stage.ports[0], asked, tokens)
        found.trouble += [f"low rating: {what}" for what in failed]
    rows = await means.connection.fetch(OPENED, [*sent])
    came = {row["invitation_id"]: seen.get(row["complaint_id"]) for row in rows}
    lost = sum(moment is None for moment in came.values())
    if lost:
        found.trouble.append(f"low rating: {lost} of {len(came)} alerts did not come")
    waits = tuple(1000 * (moment - sent[one]) for one, moment in came.items() if moment is not None)
    turn = Turn(len(waits), 1.0, waits)
    p50, p99 = percentile([turn], 0.5), percentile([turn], 0.99)
    found.lines.append(
        f"opinions: {len(sent)} answers at {ANSWERS_AN_HOUR:,} an hour, {len(came)} of them low:"
        f" alert at the handler's screen p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )
    found.targets.append(
        Target("low rating to the handler's screen, p99 in ms", p99 if waits else 1e9, ASKED_MS, more_is_better=False)
    )
    return found


async def _invited(means: Means, wanted: int) -> list[tuple[UUID, str]]:
    """Give invitations that may be answered, each with the token of its patient."""
    connection, questionnaire_id = means.connection, new_id()
    await connection.execute(
        "INSERT INTO questionnaire (id, code, version, title, items) VALUES ($1, 'bench', 1, $2, $3)",
        questionnaire_id,
        orjson.dumps(dict(OUTPATIENT.title)).decode(),
        orjson.dumps(OUTPATIENT.items_as_data()).decode(),
    )
    people = means.crowd.people[:wanted]
    ids = [new_id() for _ in people]
    department_id = means.crowd.departments[0]
    await connection.executemany(
        INVITATION,
        [(ids[n], questionnaire_id, one.account_id, one.patient_id, department_id) for n, one in enumerate(people)],
    )
    return [(ids[n], one.token) for n, one in enumerate(people)]


async def _handler(connection: asyncpg.Connection, number: int) -> str:
    """Put somebody on duty around the clock, and sign them in."""
    staff_id, token = new_id(), f"bench-handler-{number}"
    await connection.execute(
        "INSERT INTO staff (id, username, name, password_hash) VALUES ($1, $2, '陈静', '')", staff_id, token
    )
    await connection.execute(
        "INSERT INTO staff_role (id, staff_id, role) VALUES ($1, $2, 'complaint_handler')", new_id(), staff_id
    )
    await connection.execute(
        "INSERT INTO login (id, token_hash, staff_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 day')",
        new_id(),
        token_hash(token),
        staff_id,
    )
    whole_day = (datetime.min.time(), datetime.max.time().replace(microsecond=0))
    await connection.executemany(
        "INSERT INTO duty (id, staff_id, level, weekday, starts_at, ends_at) VALUES ($1, $2, 0, $3, $4, $5)",
        [(new_id(), staff_id, weekday, *whole_day) for weekday in range(7)],
    )
    return token


async def _run(
    port: int, asked: Sequence[tuple[UUID, str]], tokens: Sequence[str]
) -> tuple[dict[UUID, float], dict[UUID, float], list[str]]:
    """Send the answers at their rate; give when each was sent, when each complaint was seen, and what went wrong."""
    sent: dict[UUID, float] = {}
    seen: dict[UUID, float] = {}
    failed: list[str] = []
    base = f"http://127.0.0.1:{port}/api/v1"
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        screens = [asyncio.create_task(_watch(http, base, token, seen)) for token in tokens]
        await asyncio.sleep(1)  # the screens are open before anybody answers

        async def answer(place: int) -> None:
            invitation_id, patient = asked[place]
            headers = {"Authorization": f"Bearer {patient}", "Idempotency-Key": str(uuid4())}
            body = LOW if place % LOW_EVERY == 0 else FINE
            sent[invitation_id] = time.perf_counter()
            async with http.post(f"{base}/surveys/{invitation_id}/response", json=body, headers=headers) as reply:
                if reply.status != 201:
                    failed.append(f"{reply.status} {(await reply.text())[:200]}")

        await answer(0)  # a low one, not counted: everybody is awake when its alert has come
        await _come(seen, 1, STARTS_WITHIN)
        sent.clear()
        began, tasks = time.perf_counter(), []
        for place in range(1, len(asked)):
            await asyncio.sleep(max(0.0, began + place * 3600 / ANSWERS_AN_HOUR - time.perf_counter()))
            tasks.append(asyncio.create_task(answer(place)))
        await asyncio.gather(*tasks)
        await _come(seen, -(-len(asked) // LOW_EVERY), SETTLED_SECONDS)
        for screen in screens:
            screen.cancel()
        await asyncio.gather(*screens, return_exceptions=True)
    return sent, seen, failed[:3]


async def _come(seen: dict[UUID, float], wanted: int, seconds: float) -> None:
    """Wait until so many alerts have come, or no longer."""
    until = time.perf_counter() + seconds
    # they come by themselves
    while len(seen) < wanted and time.perf_counter() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def _watch(http: aiohttp.ClientSession, base: str, token: str, seen: dict[UUID, float]) -> None:
    """Listen as a screen of the console does; note when each alert came."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with http.get(f"{base}/live", headers=headers) as stream:
        async for line in stream.content:
            if line.startswith(b"data:") and len(line) > len(b"data: {}"):
                subject = orjson.loads(line[len(b"data:") :]).get("subject_id")
                if subject:
                    seen.setdefault(UUID(subject), time.perf_counter())
