"""What becomes of each booking of a stopped session: the row, and the statements that decide, ask and settle."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from miniapp_api.stops.rules import Booking, Place
from server import db

# ---- deciding ------------------------------------------------------------------------------------------------------

# Who was booked in a stopped band by whatever way and has no row: an annulled check-in, a late undo, a stop that died.
ADOPTABLE = """
SELECT a.id, st.stop_id FROM slot s
JOIN appointment a ON a.slot_id = s.id AND a.status IN ('booked', 'held')
JOIN LATERAL (SELECT x.stop_id FROM stopped_session x WHERE x.session_id = s.session_id AND x.reopened_at IS NULL
              AND (x.slot_ids IS NULL OR s.id = ANY(x.slot_ids)) ORDER BY x.id DESC LIMIT 1) st ON true
WHERE s.is_stopped AND s.ends_at > app_now() - interval '1 day'
  AND NOT EXISTS (SELECT FROM stopped_visit v WHERE v.appointment_id = a.id AND v.state <> 'void')
ORDER BY a.id LIMIT $1
"""
UNDECIDED = """
SELECT v.id FROM stopped_visit v WHERE v.state = 'undecided' AND (v.next_try_at IS NULL OR v.next_try_at <= app_now())
ORDER BY v.visit_at, v.id LIMIT $1
"""
POSTPONE = """
UPDATE stopped_visit SET tries = tries + 1, next_try_at = app_now() + make_interval(secs => least(300, 2 ^ tries))
WHERE id = $1 AND state = 'undecided'
"""
FINISHED_STOPS = """
UPDATE stop SET state = 'done', done_at = app_now(), version = version + 1
WHERE state = 'deciding'
  AND NOT EXISTS (SELECT FROM stopped_visit v WHERE v.stop_id = stop.id AND v.state = 'undecided')
RETURNING id
"""
# a session that moved is opened for others once everybody of the old one has a place
OPEN_NEW_SESSIONS = """
UPDATE session SET opens_at = least(session.opens_at, x.opens_at), version = session.version + 1
FROM stopped_session x WHERE x.stop_id = ANY($1) AND x.to_session_id = session.id AND x.to_session_id <> x.session_id
"""

_VISIT = """
SELECT v.id, v.stop_id, v.session_id, v.appointment_id, v.account_id, v.patient_id, v.department_id, v.visit_at,
       v.is_hold, v.to_slot_id, v.state, v.outcome, v.new_appointment_id, v.answer, v.answer_by, v.wants_call,
       v.contact, v.next_call_at, v.calls, v.told_at, v.version, v.created_at, v.settled_at, v.waitlist_entry_id,
       st.kind, st.policy, st.reason, st.by_id, a.status, a.person_id, a.slot_id, a.number, a.starts_at, a.ends_at,
       pt.name AS patient_name, pt.phone_tail, s.pool, se.visit_type, se.practitioner_id,
       p.name AS practitioner_name, p.title, d.name AS department_name
FROM stopped_visit v JOIN stop st ON st.id = v.stop_id JOIN appointment a ON a.id = v.appointment_id
JOIN slot s ON s.id = a.slot_id JOIN session se ON se.id = a.session_id
JOIN practitioner p ON p.id = se.practitioner_id JOIN department d ON d.id = v.department_id
JOIN patient pt ON pt.id = v.patient_id
"""
LOCK_UNDECIDED = "SELECT id FROM stopped_visit WHERE id = $1 AND state = 'undecided' FOR UPDATE SKIP LOCKED"
LOCK_VISIT = "SELECT id FROM stopped_visit WHERE id = $1 FOR UPDATE"
LOCK_PERSON = "SELECT id FROM person WHERE id = $1 FOR NO KEY UPDATE"
LOCK_PLACES = """
SELECT s.id, s.capacity - s.taken - s.kept AS free,
       s.is_stopped OR se.status <> 'open' OR s.starts_at <= app_now() AS shut
FROM slot s JOIN session se ON se.id = s.session_id WHERE s.id = ANY($1) ORDER BY s.id FOR NO KEY UPDATE OF s
"""
VISIT = _VISIT + "WHERE v.id = $1"
VISITS = _VISIT + "WHERE v.id = ANY($1) ORDER BY v.visit_at, v.id"

# Where the person is expected, but for the booking itself. $1 person, $2 the booking
ELSEWHERE = """
SELECT session_id, starts_at, ends_at FROM appointment
WHERE person_id = $1 AND id <> $2 AND status IN ('held', 'booked', 'checked_in', 'in_service')
"""
# $1 departments, $2 practitioners, $3 last day
_BANDS_WITH_PLACES = """
SELECT s.id AS slot_id, s.session_id, se.practitioner_id, se.department_id, se.visit_type, p.title, s.pool,
       s.starts_at, s.ends_at, s.capacity - s.taken - s.kept AS free
FROM session se JOIN slot s ON s.session_id = se.id JOIN practitioner p ON p.id = se.practitioner_id
"""
PLACES = f"""{_BANDS_WITH_PLACES}
WHERE se.day BETWEEN (app_now() - interval '1 day')::date AND $3
  AND (se.department_id = ANY($1) OR se.practitioner_id = ANY($2)) AND se.status = 'open' AND NOT se.is_drawing
  AND NOT s.is_stopped AND s.starts_at > app_now() AND s.capacity - s.taken - s.kept > 0
ORDER BY s.starts_at, s.id
"""
# those that a session which moved keeps for its patients, however far away. $1 slots
TWINS = f"{_BANDS_WITH_PLACES} WHERE s.id = ANY($1) AND se.status = 'open' AND NOT s.is_stopped"
# the bookings that a preview is about. $1 slots
BOOKINGS = """
SELECT a.id AS appointment_id, se.practitioner_id, se.department_id, se.visit_type, p.title, s.pool, a.number,
       a.starts_at, a.ends_at, a.person_id, a.slot_id, pt.name AS patient_name, pt.phone_tail, a.account_id,
       p.name AS practitioner_name
FROM appointment a JOIN slot s ON s.id = a.slot_id JOIN session se ON se.id = s.session_id
JOIN practitioner p ON p.id = se.practitioner_id JOIN patient pt ON pt.id = a.patient_id
WHERE a.slot_id = ANY($1) AND a.status = 'booked' ORDER BY a.starts_at, a.number, a.id
"""
# $1 people, $2 their bookings that end
ALL_ELSEWHERE = """
SELECT person_id, session_id, starts_at, ends_at FROM appointment
WHERE person_id = ANY($1) AND NOT id = ANY($2) AND status IN ('held', 'booked', 'checked_in', 'in_service')
"""

# $1 visit, $2 state, $3 outcome, $4 new appointment, $5 until when to answer
DECIDE = """
UPDATE stopped_visit SET state = $2, outcome = $3, new_appointment_id = $4, answer_by = $5, decided_at = app_now(),
    settled_at = CASE WHEN $2 = 'settled' THEN app_now() END, told_at = app_now(),
    contact = CASE WHEN account_id IS NULL THEN 'to_call' ELSE 'telling' END,
    next_call_at = CASE WHEN account_id IS NULL THEN app_now() END, version = version + 1
WHERE id = $1 AND state = 'undecided' RETURNING id
"""
VOID = """
UPDATE stopped_visit SET state = 'void', version = version + 1 WHERE id = ANY($1) AND state = 'undecided' RETURNING id
"""
# $1 visit, $2 answer, $3 the appointment that they have now (null: none). Who answers is reached; silence is not.
SETTLE = """
UPDATE stopped_visit SET state = 'settled', answer = $2, new_appointment_id = coalesce($3, new_appointment_id),
    settled_at = app_now(), version = version + 1,
    contact = CASE WHEN $2 <> 'silent' THEN 'reached' WHEN contact = 'reached' THEN 'telling' ELSE contact END,
    told_at = CASE WHEN $2 = 'silent' THEN app_now() ELSE told_at END,
    next_call_at = CASE WHEN $2 = 'silent' AND contact = 'to_call' THEN next_call_at END
WHERE id = $1 AND state = 'asked' RETURNING id
"""
# Only what silence decided may be said otherwise later. $1 visit, $2 answer
ANSWER_LATE = """
UPDATE stopped_visit SET answer = $2, version = version + 1
WHERE id = $1 AND state = 'settled' AND answer = 'silent' AND new_appointment_id IS NOT NULL RETURNING id
"""
STOPPED_AGAIN = "SELECT 1 FROM stopped_visit WHERE appointment_id = $1 AND state <> 'void'"
INSERT_ALTERNATIVES = """
INSERT INTO stopped_alternative (id, stopped_visit_id, appointment_id, position)
SELECT id, $1, appointment_id, position FROM unnest($2::uuid[], $3::uuid[], $4::integer[])
    AS t (id, appointment_id, position)
"""
INSERT_REFUND = """
INSERT INTO refund_due (id, stopped_visit_id, appointment_id, patient_id, department_id, price_fen, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'open', app_now()) ON CONFLICT DO NOTHING RETURNING id
"""
RAISE_APPOINTMENT = "UPDATE appointment SET version = version + 1 WHERE id = $1 AND status = 'booked' RETURNING id"

# The place of an appointment, whoever has it now.
_PLACE = """
SELECT a.id, a.status, a.held_until, a.number, a.starts_at, a.ends_at, a.session_id, a.slot_id, a.rescheduled_to_id,
       se.department_id, d.name AS department_name, d.location AS department_location, se.practitioner_id,
       se.visit_type, p.name AS practitioner_name, p.title AS practitioner_title, r.name AS room_name,
       r.location AS room_location, a.version
FROM appointment a JOIN session se ON se.id = a.session_id JOIN department d ON d.id = se.department_id
JOIN practitioner p ON p.id = se.practitioner_id LEFT JOIN room r ON r.id = se.room_id
"""
APPOINTMENT_PLACES = _PLACE + "WHERE a.id = ANY($1)"
ALTERNATIVES = """
SELECT x.stopped_visit_id, x.appointment_id, x.position FROM stopped_alternative x WHERE x.stopped_visit_id = ANY($1)
ORDER BY x.stopped_visit_id, x.position
"""
REFUNDS_OF = "SELECT stopped_visit_id, price_fen, state FROM refund_due WHERE stopped_visit_id = ANY($1)"


_AROUND = ("department_id", "practitioner_id")


class Around(Protocol):
    """Whatever has a department and a practitioner."""

    @property
    def department_id(self) -> UUID:
        """Give where."""

    @property
    def practitioner_id(self) -> UUID:
        """Give with whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One booking of a stopped session, with what is said about it."""

    id: UUID
    stop_id: UUID
    session_id: UUID
    appointment_id: UUID
    account_id: UUID | None
    patient_id: UUID
    department_id: UUID
    visit_at: datetime
    is_hold: bool
    to_slot_id: UUID | None
    state: str
    outcome: str | None
    new_appointment_id: UUID | None
    answer: str | None
    answer_by: datetime | None
    wants_call: bool
    contact: str
    next_call_at: datetime | None
    calls: int
    told_at: datetime | None
    version: int
    created_at: datetime
    settled_at: datetime | None
    waitlist_entry_id: UUID | None
    kind: str
    policy: str
    reason: str
    by_id: UUID
    status: str
    person_id: UUID
    slot_id: UUID
    number: int
    starts_at: datetime
    ends_at: datetime
    patient_name: str
    phone_tail: str
    pool: str
    visit_type: str
    practitioner_id: UUID
    practitioner_name: str
    title: str
    department_name: str


async def visit(visit_id: UUID) -> Visit | None:
    """Give one booking of a stopped session."""
    row = await db.fetch_one(VISIT, visit_id)
    return Visit(**row) if row else None


async def visits(ids: list[UUID]) -> list[Visit]:
    """Give some bookings of stopped sessions, by the hour at which they would have been."""
    return [Visit(**row) for row in await db.fetch(VISITS, ids)]


async def alternatives_of(ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Give the appointments that were held for each visit, the best first."""
    found: dict[UUID, list[UUID]] = {}
    for row in await db.fetch(ALTERNATIVES, ids):
        found.setdefault(row["stopped_visit_id"], []).append(row["appointment_id"])
    return found


async def booking_of(one: Visit) -> Booking:
    """Give what the rules ask about a booking. The person must be locked: it says where they are expected."""
    rows = await db.fetch(ELSEWHERE, one.person_id, one.appointment_id)
    return as_booking({name: getattr(one, name) for name in _BOOKING_FIELDS}, rows, one.to_slot_id)


_BOOKING_FIELDS = (
    "appointment_id",
    "practitioner_id",
    "department_id",
    "visit_type",
    "title",
    "pool",
    "number",
    "starts_at",
    "ends_at",
)


def as_booking(row: dict[str, Any], elsewhere: list[dict[str, Any]], to_slot_id: UUID | None = None) -> Booking:
    """Make a booking for the rules from a row and from where its person is expected."""
    return Booking(
        **{name: row[name] for name in _BOOKING_FIELDS},
        to_slot_id=to_slot_id,
        sessions=frozenset(one["session_id"] for one in elsewhere),
        busy=tuple((one["starts_at"], one["ends_at"]) for one in elsewhere),
    )


async def places(around: Collection[Around], last: date, named: Collection[UUID] = ()) -> list[Place]:
    """Give the bands that have places left, of the departments and practitioners of some visits, until a day.

    named: bands that are given too, however far away.
    """
    departments, practitioners = ({getattr(one, name) for one in around} for name in _AROUND)
    found = await db.fetch(PLACES, sorted(departments), sorted(practitioners), last)
    if named:
        found += await db.fetch(TWINS, sorted(set(named) - {row["slot_id"] for row in found}))
    return [Place(**row) for row in found]
