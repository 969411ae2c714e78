"""The desk's reserve: its unsold places go to the mini-app at the time that the department has set.

No mark says «done»: whatever the desk has not sold by then moves, also a place that it gives back later. So the job may
run twice, twice at once, or late.
"""

from typing import Any
from uuid import UUID

from miniapp_api.release.rules import BATCH
from server import clock, db
from server.ids import new_id
from server.jobs import each, ring

# $1 the hospital's zone
_DUE = """
s.pool = 'desk' AND NOT s.is_stopped AND s.ends_at > app_now() AND s.capacity > s.taken + s.kept AND se.status = 'open'
AND CASE st.reserve_return
        WHEN 'minutes_before' THEN se.starts_at - make_interval(mins => st.reserve_return_minutes) <= app_now()
        WHEN 'day_before' THEN ((se.day - 1) + st.reserve_return_at) AT TIME ZONE $1 <= app_now()
        ELSE false END
"""
# a week is as early as a department may let them return
DUE = f"""
SELECT s.id, s.session_id, s.starts_at, s.ends_at
FROM schedule_setting st JOIN session se ON se.department_id = st.department_id
    AND se.day BETWEEN (app_now() AT TIME ZONE $1)::date - 1 AND (app_now() AT TIME ZONE $1)::date + 8
JOIN slot s ON s.session_id = se.id
WHERE st.reserve_return <> 'never' AND {_DUE} ORDER BY s.starts_at, s.id LIMIT $2
"""
# a band that the plan gave no mini-app places: $1 slot of the mini-app, $2 the desk's
OPEN_BAND = """
INSERT INTO slot (id, session_id, starts_at, ends_at, pool, capacity)
SELECT $1, session_id, starts_at, ends_at, 'app', 0 FROM slot WHERE id = $2
ON CONFLICT (session_id, starts_at, pool) DO NOTHING
"""

# What keeps a place from being moved that the desk sells at this moment: the figures of the locked rows count. The
# constraint slot_never_oversold stands behind it. A name of its own, so that a test can take it out.
LOCK = "FOR NO KEY UPDATE OF slot"

# Both bands of a pair are locked in the order of their ids. What is moved is `adjusted`, so the plan leaves it alone.
# Those who wait for the session come first: then the places are kept for them.
# $1 the desk's slot, $2 record
_MOVE = """
WITH pair AS MATERIALIZED (
    SELECT slot.id, slot.pool, slot.session_id, slot.starts_at, slot.is_stopped,
           slot.capacity - slot.taken - slot.kept AS free
    FROM slot JOIN slot desk ON desk.id = $1
    WHERE slot.session_id = desk.session_id AND slot.starts_at = desk.starts_at AND slot.ends_at = desk.ends_at
      AND slot.pool IN ('app', 'desk')
    ORDER BY slot.id {lock}
), moved AS MATERIALIZED (
    SELECT desk.id AS from_id, app.id AS to_id, desk.session_id, desk.starts_at, desk.free AS places,
           CASE WHEN wants_place(desk.session_id) THEN desk.free ELSE 0 END AS kept
    FROM pair desk JOIN pair app ON app.pool = 'app'
    WHERE desk.pool = 'desk' AND desk.free > 0 AND NOT desk.is_stopped AND NOT app.is_stopped
), changed AS (
    UPDATE slot SET
        capacity = capacity + CASE WHEN slot.id = moved.to_id THEN moved.places ELSE -moved.places END,
        adjusted = adjusted + CASE WHEN slot.id = moved.to_id THEN moved.places ELSE -moved.places END,
        kept = slot.kept + CASE WHEN slot.id = moved.to_id THEN moved.kept ELSE 0 END,
        version = slot.version + 1
    FROM moved WHERE slot.id IN (moved.from_id, moved.to_id)
)
INSERT INTO reserve_return (id, session_id, department_id, starts_at, from_slot_id, to_slot_id, places, kept, at)
SELECT $2, moved.session_id, se.department_id, moved.starts_at, from_id, to_id, places, kept, app_now()
FROM moved JOIN session se ON se.id = moved.session_id
RETURNING places, kept
"""


def move_statement(lock: str = LOCK) -> str:
    """Give the statement that moves the unsold places of a band; a test runs it without its lock."""
    return _MOVE.format(lock=lock)


MOVE = move_statement()

RETURNS = """
SELECT r.id, r.session_id, r.starts_at, r.places, r.kept, r.at, p.name AS practitioner_name, d.name AS department_name
FROM reserve_return r JOIN department d ON d.id = r.department_id LEFT JOIN session se ON se.id = r.session_id
LEFT JOIN practitioner p ON p.id = se.practitioner_id
WHERE ($1::uuid[] IS NULL OR r.department_id = ANY($1)) AND ($2::uuid IS NULL OR r.id < $2)
ORDER BY r.id DESC LIMIT $3
"""

INVARIANTS = (
    (
        "A record of returned places is of two bands of one session",
        "SELECT r.id FROM reserve_return r JOIN slot f ON f.id = r.from_slot_id JOIN slot t ON t.id = r.to_slot_id"
        " WHERE f.session_id <> t.session_id OR f.starts_at <> t.starts_at OR f.pool <> 'desk' OR t.pool <> 'app'",
    ),
)


async def return_reserves() -> int:
    """Move what the desks did not sell; give how many places."""
    places = 0
    while rows := await db.fetch(DUE, clock.zone().key, BATCH):
        moved = await each("return_reserves", rows, lambda row: _return(row["id"]))
        places += moved
        if not moved:
            break  # somebody else is at it
    return places


async def _return(slot_id: UUID) -> int:
    async with db.transaction():
        await db.fetch(OPEN_BAND, new_id(), slot_id)
        row = await db.fetch_one(MOVE, slot_id, new_id())
        if row is not None and row["kept"]:
            ring("offer_places")
    return row["places"] if row else 0


async def returns(departments: list[UUID] | None, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List the returned places of departments (None: all), newest first; up to `limit + 1` rows."""
    return await db.fetch(RETURNS, departments, after, limit + 1)
