"""Appointments, and the statements that do a whole effect at once (decision 0008).

Locks are taken in this order: patient, slot, appointment.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tortoise import fields

from miniapp_api.booking.rules import AppointmentStatus, BookingRequest, SlotState
from server import clock
from server.db import Row

INTAKE = "appointment.intake_cipher"
ADVICE = "encounter.advice_cipher"


class Appointment(Row):
    """One patient's claim on one place of a slot."""

    account_id = fields.UUIDField(null=True)
    patient_id = fields.UUIDField()
    slot_id = fields.UUIDField()
    session_id = fields.UUIDField()
    department_id = fields.UUIDField()
    practitioner_id = fields.UUIDField()
    number = fields.IntField()
    status = fields.CharEnumField(AppointmentStatus, description="")
    open_place = fields.IntField(null=True)
    day = fields.DateField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    channel = fields.TextField()
    rescheduled_to_id = fields.UUIDField(null=True)
    intake_cipher = fields.BinaryField(null=True)
    created_at = fields.DatetimeField(default=clock.now)
    version = fields.IntField(default=1)

    class Meta:
        table = "appointment"


# ---- reading -------------------------------------------------------------------------------------------------------

_SLOT_COLUMNS = """
s.id AS slot_id, s.session_id, s.starts_at, s.ends_at, s.capacity, s.taken, s.is_stopped, s.pool,
se.department_id, se.practitioner_id, se.room_id, se.day, se.visit_type, se.opens_at, se.status AS session_status,
se.version AS session_version,
d.name AS department_name, d.location AS department_location,
p.name AS practitioner_name, p.title AS practitioner_title, r.name AS room_name, r.location AS room_location
"""
_SLOT_TABLES = """
slot s JOIN session se ON se.id = s.session_id JOIN department d ON d.id = se.department_id
JOIN practitioner p ON p.id = se.practitioner_id LEFT JOIN room r ON r.id = se.room_id
"""


@dataclass(frozen=True, slots=True)
class SlotSeen:
    """A slot with what is shown beside it."""

    slot_id: UUID
    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    is_stopped: bool
    pool: str
    department_id: UUID
    practitioner_id: UUID
    room_id: UUID | None
    day: date
    visit_type: str
    opens_at: datetime
    session_status: str
    session_version: int
    department_name: str
    department_location: str
    practitioner_name: str
    practitioner_title: str
    room_name: str | None
    room_location: str | None

    @property
    def state(self) -> SlotState:
        """Give what decides whether a place can be had."""
        return SlotState(
            self.session_status, self.is_stopped, self.pool, self.opens_at, self.ends_at, self.taken, self.capacity
        )

    @property
    def location(self) -> str:
        """Say where to go."""
        return " ".join(part for part in (self.room_location or self.department_location, self.room_name) if part)


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A session."""

    id: UUID
    practitioner_id: UUID
    department_id: UUID
    room_id: UUID | None
    day: date
    starts_at: datetime
    ends_at: datetime
    visit_type: str
    opens_at: datetime
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class AppointmentSeen(SlotSeen):
    """An appointment with its slot."""

    id: UUID
    account_id: UUID | None
    patient_id: UUID
    patient_name: str
    number: int
    status: str
    open_place: int | None
    rescheduled_to_id: UUID | None
    intake_cipher: bytes | None
    created_at: datetime
    version: int
    encounter_id: UUID | None
    advice_cipher: bytes | None
    revisit_on: date | None
    visited_at: datetime | None


# what a patient looks for: places that are kept for others are not there, nor is a band that the plan has emptied
_SEEN = "s.pool = 'app' AND s.capacity > 0"
SLOTS_OF_DEPARTMENT = f"""
SELECT {_SLOT_COLUMNS} FROM {_SLOT_TABLES}
WHERE se.department_id = $1 AND {_SEEN} AND se.day BETWEEN $2 AND $3 ORDER BY s.starts_at, p.id, s.id
"""
SLOTS_OF_PRACTITIONER = f"""
SELECT {_SLOT_COLUMNS} FROM {_SLOT_TABLES}
WHERE se.practitioner_id = $1 AND {_SEEN} AND se.day BETWEEN $2 AND $3 ORDER BY s.starts_at, s.id
"""
SLOTS_OF_BOTH = f"""
SELECT {_SLOT_COLUMNS} FROM {_SLOT_TABLES}
WHERE se.department_id = $1 AND se.practitioner_id = $4 AND {_SEEN} AND se.day BETWEEN $2 AND $3
ORDER BY s.starts_at, s.id
"""
SLOTS_OF_SESSION = f"SELECT {_SLOT_COLUMNS} FROM {_SLOT_TABLES} WHERE se.id = $1 ORDER BY s.starts_at, s.pool"

_APPOINTMENTS = f"""
SELECT {_SLOT_COLUMNS}, a.id, a.account_id, a.patient_id, pt.name AS patient_name, a.number, a.status, a.open_place,
       a.rescheduled_to_id, a.intake_cipher, a.created_at, a.version,
       e.id AS encounter_id, e.advice_cipher, e.revisit_on, e.finished_at AS visited_at
FROM appointment a JOIN slot s ON s.id = a.slot_id JOIN session se ON se.id = s.session_id
JOIN department d ON d.id = se.department_id JOIN practitioner p ON p.id = se.practitioner_id
LEFT JOIN room r ON r.id = se.room_id JOIN patient pt ON pt.id = a.patient_id
LEFT JOIN LATERAL (
    SELECT id, advice_cipher, revisit_on, finished_at FROM encounter
    WHERE encounter.patient_id = a.patient_id AND encounter.appointment_id = a.id AND finished_at IS NOT NULL
    ORDER BY finished_at DESC LIMIT 1
) e ON true
"""
APPOINTMENT_OF = _APPOINTMENTS + "WHERE a.id = $1 AND a.account_id = $2"
APPOINTMENTS_OF = (
    _APPOINTMENTS
    + "WHERE a.account_id = $1 AND ($2::uuid IS NULL OR a.id < $2) AND ($3::text IS NULL OR a.status = $3)"
    " ORDER BY a.id DESC LIMIT $4"
)
BOOKED_OF_SESSION = _APPOINTMENTS + "WHERE a.session_id = $1 AND a.status = 'booked' ORDER BY a.id"

# Everything that a booking depends on, and the first answer to the same request when there was one.
# $1 slot, $2 patient, $3 account, $4 actor and $5 key of the request
LOOK_BEFORE_BOOKING = f"""
SELECT i.fingerprint, i.status, i.body, i.is_sealed, pt.id AS patient_id, pt.name AS patient_name,
       EXISTS (SELECT 1 FROM appointment a WHERE a.patient_id = pt.id AND a.session_id = seen.session_id
               AND a.status IN ('held', 'booked', 'checked_in', 'in_service')) AS is_in_session,
       ARRAY(SELECT a.open_place FROM appointment a WHERE a.patient_id = pt.id
             AND a.status IN ('held', 'booked')) AS open_places,
       seen.*
FROM (VALUES (1)) AS one (row)
LEFT JOIN (SELECT {_SLOT_COLUMNS} FROM {_SLOT_TABLES} WHERE s.id = $1) seen ON true
LEFT JOIN patient pt ON pt.id = $2 AND pt.account_id = $3 AND pt.deleted_at IS NULL
LEFT JOIN idempotency_record i ON i.actor = $4 AND i.key = $5
"""

_SLOT_FIELDS = tuple(field for field in SlotSeen.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Look:
    """What LOOK_BEFORE_BOOKING found. record: columns of an earlier answer, or None."""

    slot: SlotSeen | None
    patient_id: UUID | None
    patient_name: str
    is_in_session: bool
    open_places: tuple[int, ...]
    record: dict | None

    @classmethod
    def from_row(cls, row: dict) -> "Look":
        """Read the one row of the statement."""
        return cls(
            slot=SlotSeen(*[row[name] for name in _SLOT_FIELDS]) if row["slot_id"] else None,
            patient_id=row["patient_id"],
            patient_name=row["patient_name"] or "",
            is_in_session=row["is_in_session"],
            open_places=tuple(row["open_places"]),
            record=row if row["fingerprint"] is not None else None,
        )

    @property
    def request(self) -> BookingRequest:
        """Give what the rules ask."""
        return BookingRequest(
            slot=self.slot.state if self.slot else None,
            has_patient=self.patient_id is not None,
            is_in_session=self.is_in_session,
            open_places=self.open_places,
        )


# ---- effects -------------------------------------------------------------------------------------------------------

# What keeps a slot from being oversold; the constraint slot_never_oversold stands behind it. A name of its own, so that
# a test can take it out and see the place being sold twice.
GUARD = "slot.taken < slot.capacity"

# One booking: the place, the appointment, its history, the fact, the kept answer. No row when the guard says no.
#  $1 slot            $2 appointment      $3 account         $4 patient        $5 most open bookings
#  $6 channel         $7 sealed intake    $8 transition      $9 kind of actor  $10 id of actor
# $11 fact           $12 its payload, without the number and the name
# $13 answer up to the patient's name, $14 from there to the number, $15 to the places left, $16 the rest
# $17 actor, $18 key (null: nothing is kept), $19 fingerprint, $20 version of the session as it was read
# The patient's key is locked, so that nobody is removed from an account under a booking; the slot's own columns are
# in the guard, because a statement that waited for the row looks again at that row only.
_BOOK = """
WITH person AS (
    SELECT id, name FROM patient WHERE id = $4 AND account_id = $3 AND deleted_at IS NULL FOR KEY SHARE
), free AS (
    SELECT min(n) AS open_place FROM generate_series(1, $5::int) AS n
    WHERE NOT EXISTS (SELECT FROM appointment a WHERE a.patient_id = $4 AND a.open_place = n
                      AND a.status IN ('held', 'booked'))
), place AS (
    UPDATE slot SET taken = taken + 1, last_number = last_number + 1, version = slot.version + 1
    FROM person, free, session
    WHERE slot.id = $1 AND {guard} AND NOT slot.is_stopped AND slot.ends_at > app_now()
      AND free.open_place IS NOT NULL
      AND session.id = slot.session_id AND session.status = 'open' AND session.opens_at <= app_now()
      AND session.version = $20
    RETURNING slot.id, slot.session_id, session.department_id, session.practitioner_id, session.day, slot.starts_at,
              slot.ends_at, slot.last_number AS number, slot.capacity - slot.taken AS available,
              person.name AS patient_name, free.open_place
), born AS (
    INSERT INTO appointment (id, account_id, patient_id, slot_id, session_id, department_id, practitioner_id, number,
                             status, open_place, day, starts_at, ends_at, channel, intake_cipher, created_at)
    SELECT $2, $3, $4, id, session_id, department_id, practitioner_id, number,
           'booked', open_place, day, starts_at, ends_at, $6, $7, app_now() FROM place
), history AS (
    INSERT INTO transition (id, machine, subject_id, to_state, by_kind, by_id, channel, at)
    SELECT $8, 'appointment', $2, 'booked', $9, $10, $6, app_now() FROM place
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT $11, 'AppointmentBooked',
           $12::jsonb || jsonb_build_object('number', number, 'patient_name', patient_name), app_now() FROM place
), answer AS (
    SELECT $13::text || to_json(patient_name)::text || $14::text || number || $15::text || available || ',"status":"'
           || CASE WHEN available > 0 THEN 'open' ELSE 'full' END || $16::text AS body FROM place
), kept AS (
    INSERT INTO idempotency_record (actor, key, fingerprint, status, body, created_at)
    SELECT $17, $18::uuid, $19, 201, convert_to(body, 'UTF8'), app_now() FROM answer WHERE $18::uuid IS NOT NULL
)
SELECT body FROM answer
"""


def book_statement(guard: str = GUARD) -> str:
    """Give the statement that does one booking; the bench runs it as it is, a test with another guard."""
    return _BOOK.format(guard=guard)


BOOK = book_statement()

# $1 appointment, $2 version, $3 slot, $4 transition, $5 kind and $6 id of actor, $7 channel, $8 why
# $9 fact, $10 its payload
CANCEL = """
WITH locked AS (
    SELECT id FROM slot WHERE id = $3 FOR NO KEY UPDATE
), gone AS (
    UPDATE appointment SET status = 'cancelled', version = version + 1 FROM locked
    WHERE appointment.id = $1 AND status = 'booked' AND version = $2 RETURNING appointment.slot_id
), freed AS (
    UPDATE slot SET taken = taken - 1, version = slot.version + 1 FROM gone WHERE slot.id = gone.slot_id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT $4, 'appointment', $1, 'booked', 'cancelled', $5, $6, $7, $8, app_now() FROM gone
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT $9, 'AppointmentCancelled', $10::jsonb, app_now() FROM gone
)
SELECT slot_id FROM gone
"""

# Both slots are locked in the order of their ids, then the old booking ends, the new place is taken and the old one
# freed. No row when the old booking or the guard says no: the caller then rolls back.
#  $1 old appointment  $2 its version  $3 old slot  $4 new slot  $5 new appointment  $6 channel  $7 sealed intake
#  $8 and $9 transitions  $10 kind and $11 id of actor
# $12 fact of the old and $13 its payload, $14 fact of the new and $15 its payload without the number
RESCHEDULE = f"""
WITH locked AS (
    SELECT id FROM slot WHERE id IN ($3, $4) ORDER BY id FOR NO KEY UPDATE
), moved AS (
    UPDATE appointment SET status = 'rescheduled', rescheduled_to_id = $5, version = version + 1
    FROM (SELECT count(*) AS slots FROM locked) AS pair
    WHERE pair.slots = 2 AND appointment.id = $1 AND status = 'booked' AND version = $2
    RETURNING account_id, patient_id, open_place
), taken AS (
    UPDATE slot SET taken = taken + 1, last_number = last_number + 1, version = slot.version + 1 FROM moved, session
    WHERE slot.id = $4 AND {GUARD} AND NOT slot.is_stopped AND slot.ends_at > app_now()
      AND session.id = slot.session_id AND session.status = 'open' AND session.opens_at <= app_now()
    RETURNING slot.id, slot.session_id, session.department_id, session.practitioner_id, session.day, slot.starts_at,
              slot.ends_at, slot.last_number AS number, account_id, patient_id, open_place
), freed AS (
    UPDATE slot SET taken = slot.taken - 1, version = slot.version + 1 FROM taken WHERE slot.id = $3
), born AS (
    INSERT INTO appointment (id, account_id, patient_id, slot_id, session_id, department_id, practitioner_id, number,
                             status, open_place, day, starts_at, ends_at, channel, intake_cipher, created_at)
    SELECT $5, account_id, patient_id, id, session_id, department_id, practitioner_id, number,
           'booked', open_place, day, starts_at, ends_at, $6, $7, app_now() FROM taken
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, at)
    SELECT step.id, 'appointment', step.subject_id, step.old, step.new, $10, $11, $6, app_now()
    FROM taken, (VALUES ($8::uuid, $1, 'booked', 'rescheduled'), ($9::uuid, $5, NULL, 'booked'))
        AS step (id, subject_id, old, new)
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT $12::uuid, 'AppointmentCancelled', $13::jsonb, app_now() FROM taken
    UNION ALL
    SELECT $14::uuid, 'AppointmentBooked', $15::jsonb || jsonb_build_object('number', number), app_now() FROM taken
)
SELECT number FROM taken
"""

# ---- sessions ------------------------------------------------------------------------------------------------------

SESSION = """
SELECT se.id, se.practitioner_id, se.department_id, se.room_id, se.day, se.starts_at, se.ends_at, se.visit_type,
       se.opens_at, se.status, se.version
FROM session se WHERE se.id = $1
"""
LOCK_SLOTS = "SELECT id FROM slot WHERE session_id = $1 ORDER BY id FOR NO KEY UPDATE"
STOP_SESSION = """
UPDATE session SET status = 'stopped', version = version + 1 WHERE id = $1 AND version = $2 AND status <> 'stopped'
RETURNING id
"""
# $1 session; $2 appointments with $3 their transitions, $4 their facts and $5 payloads; $6 kind and $7 id of actor,
# $8 channel, $9 why. The slots are locked by the caller.
CANCEL_SESSION = """
WITH said AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) AS t (id, transition_id, fact_id, payload)
), gone AS (
    UPDATE appointment SET status = 'cancelled', version = version + 1 FROM said
    WHERE appointment.id = said.id AND status = 'booked'
    RETURNING appointment.id, slot_id, transition_id, fact_id, payload
), freed AS (
    UPDATE slot SET taken = taken - (SELECT count(*) FROM gone WHERE gone.slot_id = slot.id), is_stopped = true,
                    version = version + 1
    WHERE session_id = $1
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT transition_id, 'appointment', id, 'booked', 'cancelled', $6, $7, $8, $9, app_now() FROM gone
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT fact_id, 'AppointmentCancelled', payload::jsonb, app_now() FROM gone
)
SELECT id FROM gone
"""

# ---- nobody came ---------------------------------------------------------------------------------------------------

MISSED = """
SELECT a.id FROM appointment a JOIN department d ON d.id = a.department_id JOIN session se ON se.id = a.session_id
WHERE a.status = 'booked' AND a.ends_at < app_now() AND se.status <> 'stopped'
  AND a.ends_at + make_interval(mins => d.check_in_closes_minutes) < app_now()
  AND NOT EXISTS (SELECT 1 FROM scan WHERE scan.appointment_id = a.id AND scan.outcome = 'accepted')
ORDER BY a.ends_at LIMIT $1
"""
# $1 appointments with $2 their transitions, $3 channel
MARK_MISSED = """
WITH said AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS t (id, transition_id)
), gone AS (
    UPDATE appointment SET status = 'no_show', version = version + 1 FROM said
    WHERE appointment.id = said.id AND status = 'booked' RETURNING appointment.id, transition_id
)
INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, channel, at)
SELECT transition_id, 'appointment', id, 'booked', 'no_show', 'system', $3, app_now() FROM gone RETURNING subject_id
"""
