"""What a week and a session are read from, and the statements that change a session's room.

Locks are taken in this order: the plan's, slots, session, appointment.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

_CELL = """
SELECT se.id, se.practitioner_id, p.name AS practitioner_name, se.department_id, se.room_id, r.name AS room_name,
       r.location AS room_location, d.name AS department_name, d.location AS department_location,
       se.day, se.starts_at, se.ends_at, se.visit_type, se.opens_at, se.status, se.is_unconfirmed, se.has_own_room,
       se.exception_id, se.schedule_rule_id, se.version
FROM session se JOIN practitioner p ON p.id = se.practitioner_id JOIN department d ON d.id = se.department_id
LEFT JOIN room r ON r.id = se.room_id
"""
SESSIONS_OF_WEEK = _CELL + "WHERE se.department_id = $1 AND se.day BETWEEN $2 AND $3 ORDER BY se.starts_at, se.id"
SESSION = _CELL + "WHERE se.id = $1"
# taken: also what is kept for whoever waits, since nobody else can have it
PLACES = """
SELECT session_id, pool, sum(capacity)::integer AS capacity, sum(taken + kept)::integer AS taken
FROM slot WHERE session_id = ANY($1) GROUP BY session_id, pool
"""
BANDS = """
SELECT id, starts_at, ends_at, pool, capacity, adjusted, taken + kept AS taken FROM slot
WHERE session_id = $1 AND (capacity > 0 OR taken > 0) ORDER BY starts_at, pool
"""
DEPARTMENT = "SELECT id, name FROM department WHERE id = $1"
ROOMS = "SELECT id, name FROM room WHERE department_id = $1 AND active ORDER BY code"
ROOM = "SELECT id, name FROM room WHERE id = $1 AND department_id = $2 AND active"
# those of the department, and guests who have a clinic in it
PEOPLE = """
SELECT p.id, p.name, p.title FROM practitioner p
WHERE (p.active AND p.department_id = $1) OR p.id = ANY($2) OR (p.active AND p.id IN (
    SELECT practitioner_id FROM schedule_rule WHERE department_id = $1 AND active
    AND valid_from <= $4 AND (valid_until IS NULL OR valid_until >= $3)))
ORDER BY p.code
"""
# $1 department, $2 and $3 days, $4 its people: who is away, and when the department or the hospital is closed
AWAY = """
SELECT id, kind, practitioner_id, first_day, last_day, starts_at, ends_at, reason FROM schedule_exception
WHERE active AND kind IN ('leave', 'closure') AND first_day <= $3 AND last_day >= $2
  AND (department_id = $1 OR (department_id IS NULL AND (practitioner_id IS NULL OR practitioner_id = ANY($4))))
ORDER BY first_day, id
"""

LOCK_SESSION = _CELL + "WHERE se.id = $1 FOR NO KEY UPDATE OF se"
# the room that the plan wants is no longer a person's choice
CHANGE_ROOM = """
UPDATE session SET room_id = $2, version = session.version + 1,
    has_own_room = $2 IS DISTINCT FROM coalesce(
        (SELECT room_id FROM schedule_exception WHERE id = session.exception_id),
        (SELECT room_id FROM schedule_rule WHERE id = session.schedule_rule_id))
WHERE id = $1
"""
LOCK_SLOTS = "SELECT id FROM slot WHERE session_id = $1 ORDER BY id FOR NO KEY UPDATE"
# whoever is still to come is told; the version is raised, so that calendars take the new place
EXPECTED = """
UPDATE appointment a SET version = a.version + 1 FROM patient pt
WHERE a.session_id = $1 AND a.status IN ('booked', 'checked_in') AND a.ends_at > app_now() AND pt.id = a.patient_id
RETURNING a.id AS appointment_id, a.version, a.account_id, a.patient_id, pt.name AS patient_name, a.number,
          a.starts_at, a.ends_at
"""
STILL_TO_COME = """
SELECT count(*) AS people FROM appointment
WHERE session_id = $1 AND status IN ('booked', 'checked_in') AND ends_at > app_now()
"""
INSERT_FACTS = """
INSERT INTO fact (id, name, payload, happened_at)
SELECT t.id, t.name, t.payload::jsonb, app_now()
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS t (id, name, payload)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A session as a week shows it."""

    id: UUID
    practitioner_id: UUID
    practitioner_name: str
    department_id: UUID
    room_id: UUID | None
    room_name: str | None
    room_location: str | None
    department_name: str
    department_location: str
    day: date
    starts_at: datetime
    ends_at: datetime
    visit_type: str
    opens_at: datetime
    status: str
    is_unconfirmed: bool
    has_own_room: bool
    exception_id: UUID | None
    schedule_rule_id: UUID | None
    version: int

    @property
    def place(self) -> str:
        """Say where to go."""
        return " ".join(part for part in (self.room_location or self.department_location, self.room_name) if part)

    @property
    def origin(self) -> str:
        """Say what it was made from: rule, extra or hand."""
        return "rule" if self.schedule_rule_id else "extra" if self.exception_id else "hand"
