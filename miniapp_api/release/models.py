"""Draws and entries as they are read, and what must hold of them; `effects` has the statements that change them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

# ---- reading -------------------------------------------------------------------------------------------------------

_DRAW = """
SELECT d.id, d.session_id, d.department_id, dp.name AS department_name, d.practitioner_id, p.name AS practitioner_name,
       p.title AS practitioner_title, d.day, d.starts_at, d.ends_at, d.opens_at, d.closes_at, d.loss_days,
       d.lots_at_most, d.seed_sha256, d.seed, d.state, d.why, d.settled_at, d.version, app_now() AS now,
       (SELECT count(*) FROM draw_entry e WHERE e.draw_id = d.id AND e.state <> 'withdrawn') AS entries,
       (SELECT count(*) FROM draw_entry e WHERE e.draw_id = d.id AND e.state = 'won') AS winners
FROM draw d JOIN department dp ON dp.id = d.department_id JOIN practitioner p ON p.id = d.practitioner_id
"""
# by its own id, or by its session's: then the one that holds
DRAW = _DRAW + "WHERE d.id = $1 OR (d.session_id = $1 AND d.state <> 'cancelled') LIMIT 1"
# $1 departments (null: all), $2 state (null: any), $3 whether they have opened (null: either), $4 the draw after which
# the page begins
DRAWS = (
    _DRAW + "WHERE ($1::uuid[] IS NULL OR d.department_id = ANY($1)) AND ($2::text IS NULL OR d.state = $2)"
    " AND ($3::boolean IS NULL OR (d.opens_at <= app_now()) = $3)"
    " AND ($4::uuid IS NULL OR (d.opens_at, d.id) < (SELECT opens_at, id FROM draw WHERE id = $4))"
    " ORDER BY d.opens_at DESC, d.id DESC LIMIT $5"
)
BANDS = """
SELECT s.id, s.starts_at, s.ends_at, greatest(s.capacity - s.taken - s.kept, 0) AS places
FROM slot s WHERE s.session_id = $1 AND s.pool = 'app' AND NOT s.is_stopped AND s.ends_at > app_now()
ORDER BY s.starts_at, s.id
"""
RECORD_PLACES = """
SELECT said.key::uuid AS slot_id, said.value::integer AS places, s.starts_at
FROM draw d, jsonb_each_text(d.places) said LEFT JOIN slot s ON s.id = said.key::uuid
WHERE d.id = $1 ORDER BY s.starts_at NULLS LAST, said.key
"""
RECORD_ENTRIES = """
SELECT receipt, lots, slot_ids, refused_slot_ids, position, state, slot_id FROM draw_entry
WHERE draw_id = $1 AND state <> 'withdrawn' ORDER BY position
"""
# for staff; $2: the entry after which the page begins
ENTRIES_FOR_STAFF = """
SELECT e.id, e.receipt, e.lots, e.state, e.position, e.reason, e.entered_at, s.starts_at, pt.name AS patient_name
FROM draw_entry e JOIN patient pt ON pt.id = e.patient_id LEFT JOIN slot s ON s.id = e.slot_id
WHERE e.draw_id = $1 AND ($2::uuid IS NULL OR (coalesce(e.position, 0), e.id) > (
    SELECT coalesce(position, 0), id FROM draw_entry WHERE id = $2))
ORDER BY coalesce(e.position, 0), e.id LIMIT $3
"""

_ENTRY = """
SELECT e.id, e.draw_id, e.receipt, e.slot_ids, e.lots, e.state, e.position, e.reason, e.appointment_id, e.slot_id,
       e.entered_at, e.version, e.patient_id, pt.name AS patient_name,
       d.session_id, d.department_id, dp.name AS department_name, p.name AS practitioner_name,
       p.title AS practitioner_title, d.starts_at, d.ends_at, d.opens_at, d.closes_at, d.lots_at_most,
       d.state AS draw_state, d.why, app_now() AS now,
       ARRAY(SELECT s.starts_at FROM unnest(e.slot_ids) WITH ORDINALITY AS wish (id, n)
             LEFT JOIN slot s ON s.id = wish.id ORDER BY wish.n) AS slot_times,
       CASE WHEN d.state = 'drawn' THEN
            (SELECT count(*) FROM draw_entry o WHERE o.draw_id = d.id AND o.state <> 'withdrawn') END AS entries
FROM draw_entry e JOIN draw d ON d.id = e.draw_id JOIN department dp ON dp.id = d.department_id
JOIN practitioner p ON p.id = d.practitioner_id JOIN patient pt ON pt.id = e.patient_id
"""
ENTRY_OF = _ENTRY + "WHERE e.id = $1 AND e.account_id = $2"
ENTRIES_OF_DRAW = _ENTRY + "WHERE e.draw_id = $1 AND e.account_id = $2 ORDER BY e.id"
ENTRIES_OF = (
    _ENTRY + "WHERE e.account_id = $1 AND ($2::uuid IS NULL"
    " OR (e.entered_at, e.id) < (SELECT entered_at, id FROM draw_entry WHERE id = $2))"
    " ORDER BY e.entered_at DESC, e.id DESC LIMIT $3"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawSeen:
    """A draw with what is shown beside it. now: the database's clock, which decides."""

    id: UUID
    session_id: UUID | None
    department_id: UUID
    department_name: str
    practitioner_id: UUID
    practitioner_name: str
    practitioner_title: str
    day: date
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    loss_days: int
    lots_at_most: int
    seed_sha256: str
    seed: str | None
    state: str
    why: str
    settled_at: datetime | None
    version: int
    now: datetime
    entries: int
    winners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySeen:
    """An entry as its owner sees it. slot_times: a begin for each of slot_ids, None where the plan took it away."""

    id: UUID
    draw_id: UUID
    receipt: str
    slot_ids: list[UUID]
    slot_times: list[datetime | None]
    lots: int
    state: str
    position: int | None
    entries: int | None
    reason: str
    appointment_id: UUID | None
    slot_id: UUID | None
    entered_at: datetime
    version: int
    patient_id: UUID
    patient_name: str
    session_id: UUID | None
    department_id: UUID
    department_name: str
    practitioner_name: str
    practitioner_title: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    lots_at_most: int
    draw_state: str
    why: str
    now: datetime


INVARIANTS = (
    (
        "An entry that won a draw has the appointment, on the slot that it won",
        "SELECT e.id FROM draw_entry e LEFT JOIN appointment a ON a.id = e.appointment_id"
        " WHERE e.state = 'won' AND (a.id IS NULL OR a.slot_id <> e.slot_id)",
    ),
    (
        "A draw that is done has settled every entry",
        "SELECT e.id FROM draw_entry e JOIN draw d ON d.id = e.draw_id WHERE d.state <> 'waiting'"
        " AND e.state = 'entered'",
    ),
    (
        "No draw gave a slot more places than it found there",
        "SELECT e.draw_id, e.slot_id FROM draw_entry e JOIN draw d ON d.id = e.draw_id WHERE e.state = 'won'"
        " GROUP BY e.draw_id, e.slot_id, d.places HAVING count(*) > coalesce((d.places ->> e.slot_id::text)::int, 0)",
    ),
    (
        "A session that is drawn waits for its draw and nothing else",
        "SELECT se.id FROM session se JOIN draw d ON d.id = se.draw_id WHERE d.state = 'drawn' AND se.is_drawing",
    ),
)
