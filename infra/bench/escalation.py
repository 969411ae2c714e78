"""The tick of the ladder with many open complaints: most at rest, some due; and the list of what waits first."""

import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from infra.bench.arithmetic import Turn, percentile
from infra.bench.opinions import Means, Opinions
from infra.bench.table import Target
from satisfaction.complaints import reads, tick
from satisfaction.complaints.reads import Search, Sight
from server import db, privacy
from server.config import load
from server.ids import new_id

MODELS = ("satisfaction.complaints.models",)
DUE = 1_000
ASKED_MS = 300.0
ASKED_LIST_MS = 100.0
PEOPLE = 12
LEAST_OPEN = 2_000

# everybody has an open complaint in hand; its clocks run out tomorrow and the day after
CASES = """
WITH cases AS (
    INSERT INTO complaint (id, number, source, state, topic, department_id, handler_id, received_at, acknowledged_at,
                           acknowledge_due_at, responded_at, response_due_at, answer_due_at)
    SELECT gen_random_uuid(), 'BENCH-' || n, 'desk', 'investigating', '等候时间', $2::uuid,
        ($3::uuid[])[1 + n % array_length($3::uuid[], 1)], app_now(), app_now(), app_now() + interval '10 minutes',
        app_now(), app_now() + interval '1 hour', app_now() + interval '1 day' + n * interval '1 second'
    FROM generate_series(1, $1::integer) n RETURNING id, answer_due_at
), clocks AS (
    INSERT INTO complaint_clock (complaint_id, clock, cycle, starts_at, due_at, half_at, warn_at)
    SELECT id, clock, 1, app_now(), answer_due_at, answer_due_at - interval '12 hours',
        answer_due_at - interval '5 hours'
    FROM cases CROSS JOIN (VALUES ('answer'), ('legal')) AS k (clock)
), steps AS (
    INSERT INTO escalation (id, complaint_id, clock, cycle, step, state, raised_at, asked_at, pages, paged_at,
                            next_look_at, acknowledged_at)
    SELECT gen_random_uuid(), id, 'acknowledgement', 1, 0, 'acknowledged', app_now(), app_now(), 1, app_now(),
        app_now() + interval '1 day', app_now() FROM cases RETURNING id, complaint_id
)
INSERT INTO escalation_ack (escalation_id, staff_id, level, at, until)
SELECT steps.id, ($3::uuid[])[1], 0, app_now(), app_now() + interval '1 day' FROM steps
"""
# what the parts before have left to the ladder: grave ones without their step
LEFT = """
SELECT EXISTS (SELECT 1 FROM complaint c WHERE c.severity = 'A' AND c.closed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM escalation e WHERE e.complaint_id = c.id AND e.clock = 'severity' AND e.cycle = c.cycle))
"""
# so many wait for somebody who was called before, and is called again now
WAITING = """
UPDATE escalation SET state = 'notified', next_look_at = app_now() - interval '1 second',
    paged_at = app_now() - interval '11 minutes', pages = 1
WHERE id IN (SELECT id FROM escalation WHERE resolved_at IS NULL AND step = 0 ORDER BY id LIMIT $1)
"""
# so many clocks run out at the same moment: a step of each is raised and called
OUT = """
UPDATE complaint_clock SET due_at = app_now() - interval '1 second', told = 0
WHERE complaint_id IN (SELECT complaint_id FROM complaint_clock WHERE clock = 'answer' AND told = 0
                       ORDER BY complaint_id LIMIT $1) AND clock = 'answer'
"""
DUTY = """
INSERT INTO duty (id, staff_id, level, weekday, starts_at, ends_at)
SELECT gen_random_uuid(), s.id, (s.n - 1) % 4, d, '00:00', '23:59:59.999999'
FROM unnest($1::uuid[]) WITH ORDINALITY AS s (id, n) CROSS JOIN generate_series(0, 6) d
"""


async def measure(means: Means) -> Opinions:
    """Fill the house with open complaints, and let the tick look."""
    found = Opinions()
    privacy.use_keys(load(means.stage.environment).keys)
    people = await _people(means)
    await means.connection.execute(CASES, means.cases, means.crowd.departments[0], people)
    await means.connection.execute("ANALYZE complaint, complaint_clock, escalation, escalation_ack")
    await db.connect(means.stage.database_url, models=MODELS, pool_size=2)
    try:
        await tick.watch()  # plans are made once
        while await means.connection.fetchval(LEFT):
            await tick.watch()
        rest = await _timed(means.rounds, tick.watch)
        again = await _timed(means.rounds, tick.watch, before=lambda: means.connection.execute(WAITING, DUE))
        raised = await _timed(1, tick.watch, before=lambda: means.connection.execute(OUT, DUE))
        sight = Sight(people[1], None)
        listing = await _timed(means.rounds * 5, lambda: _listed(sight))
    finally:
        await db.disconnect()
    for name, taken, asked in (
        ("tick, nothing due", rest, ASKED_MS),
        (f"tick, {DUE:,} due", again, ASKED_MS),
        ("list of what waits first", listing, ASKED_LIST_MS),
    ):
        p50, most = percentile([taken], 0.5), percentile([taken], 1.0)
        found.lines.append(f"opinions: {name} of {means.cases:,} open complaints: p50 {p50:.0f} ms, most {most:.0f} ms")
        if means.cases >= LEAST_OPEN:
            found.targets.append(Target(f"{name}, p50 in ms", p50, asked, more_is_better=False))
    found.lines.append(
        f"opinions: {DUE:,} clocks that run out at once, raised, called and on their time lines:"
        f" {raised.milliseconds[0]:.0f} ms"
    )
    return found


async def _people(means: Means) -> list[UUID]:
    ids = [new_id() for _ in range(PEOPLE)]
    await means.connection.execute(
        "INSERT INTO staff (id, username, name, password_hash)"
        " SELECT id, 'bench-ladder-' || id, '值班', '' FROM unnest($1::uuid[]) AS n (id)",
        ids,
    )
    await means.connection.execute(DUTY, ids)
    return ids


async def _timed(
    rounds: int, act: Callable[[], Awaitable[object]], *, before: Callable[[], Awaitable[object]] | None = None
) -> Turn:
    taken = []
    for _ in range(rounds):
        if before is not None:
            await before()
        began = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - began) * 1000)
    return Turn(len(taken), 1.0, tuple(taken))


async def _listed(sight: Sight) -> None:
    await reads.listed(sight, Search(is_urgent_first=True), after=None, limit=50)
