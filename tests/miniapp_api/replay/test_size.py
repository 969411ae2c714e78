"""How long it takes to look back at a day of two thousand patients, and to play it again: told, not judged."""

import time as stopwatch

import orjson

from miniapp_api.replay import looking, whatif
from miniapp_api.replay.rebuilding import rebuild
from miniapp_api.replay.whatif import Asked
from server import clock as time
from server import db

PATIENTS, ROOMS = 2000, 40
# each comes, is called, starts and is finished; in a room of their own day
STEPS = (("arrived", "waiting", 0), ("called", "called", 12), ("started", "in_service", 13), ("finished", "done", 18))
DAY_OF_MANY = """
INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, from_state, to_state, by_kind, channel,
    sort_after, rule, state)
SELECT $1::uuid, $2::date, $6::bigint + row_number() OVER (ORDER BY at), at, 'ticket', id, act, NULL, to_state,
    'staff', 'desk', at, 'walk_in',
    $5::jsonb || jsonb_build_object('id', id, 'number', 'A' || n, 'state', to_state, 'sort_number', n,
        'sort_at', came_at + interval '20 minutes', 'arrived_at', came_at, 'checked_in_at', came_at,
        'called_at', came_at + interval '12 minutes',
        'room', CASE WHEN to_state = 'waiting' THEN 'null' ELSE jsonb_build_object(
            'id', md5('room' || n % $8::integer)::uuid, 'name', n % $8::integer || '诊室', 'location', '二楼') END)
FROM (
    SELECT n, md5($1::uuid::text || n)::uuid AS id, step.act, step.to_state, came.at AS came_at,
        came.at + make_interval(mins => step.minutes, secs => 1 + n % 50) AS at
    FROM generate_series(1, $7::integer) n
    CROSS JOIN unnest($3::text[], $4::text[], $9::integer[]) step (act, to_state, minutes)
    CROSS JOIN LATERAL (SELECT $10::timestamptz + n * interval '12 seconds' AS at) came
) line
"""


async def test_two_thousand_patients(scene, clock, request):
    await clock.set_to(time.at(time.today(), 8, 10))
    await scene.walks_in()
    row = await db.fetch_one("SELECT state, seq FROM queue_event WHERE kind = 'ticket' ORDER BY seq LIMIT 1")
    acts, states, minutes = ([step[n] for step in STEPS] for n in range(3))
    values = (row["state"], row["seq"], PATIENTS, ROOMS, minutes, time.at(time.today(), 8, 15))
    await db.fetch(DAY_OF_MANY, scene.department_id, time.today(), acts, states, *values)
    await clock.set_to(time.at(time.today(), 18))
    department = await looking.department_like(str(scene.department_id))
    at = time.at(time.today(), 12)
    took = {}
    began = stopwatch.perf_counter()
    replay = await looking.replay(department, at)
    took["replay_seconds"] = stopwatch.perf_counter() - began
    lines = await looking.lines_of(department["id"], time.today(), time.now())
    assert len(lines) >= len(STEPS) * PATIENTS
    began = stopwatch.perf_counter()
    rebuilt = rebuild([line for line in lines if line.at <= at], at)
    took["rebuild_seconds"] = stopwatch.perf_counter() - began
    assert replay["queue"]["tickets"] == orjson.loads(orjson.dumps(rebuilt.shown))
    assert 40 < len(rebuilt.tickets) < 200
    began = stopwatch.perf_counter()
    found = await whatif.what_if(department, time.today(), Asked("arrival", {"W": "40m"}))
    took["what_if_seconds"] = stopwatch.perf_counter() - began
    assert found["visits"] == PATIENTS + 1
    assert {one["who"]: one["people"] for one in found["happened"]} == {"walk_in": PATIENTS}
    assert found["not_called"]["happened"] == 1
    said = ", ".join(f"{name.replace('_', ' ')} {seconds:.2f}" for name, seconds in took.items())
    request.config.get_terminal_writer().line(f"a day of {PATIENTS} patients: {said}")
