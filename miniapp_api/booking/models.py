"""Appointments and how they are read; `effects` has the statements that take and give back places."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tortoise import fields

from miniapp_api.booking.rules import AppointmentStatus, SlotState
from server import clock
from server.db import Row

INTAKE = "appointment.intake_cipher"
ADVICE = "encounter.advice_cipher"


class Appointment(Row):
    """One patient's claim on one place of a slot."""

    account_id = fields.UUIDField(null=True)
    patient_id = fields.UUIDField()
    person_id = fields.UUIDField()
    slot_id = fields.UUIDField()
    session_id = fields.UUIDField()
    department_id = fields.UUIDField()
    practitioner_id = fields.UUIDField()
    number = fields.IntField()
    status = fields.CharEnumField(AppointmentStatus, description="")
    held_until = fields.DatetimeField(null=True)
    open_place = fields.IntField(null=True)
    day = fields.DateField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    channel = fields.TextField()
    is_any = fields.BooleanField(default=False)
    is_extra = fields.BooleanField(default=False)
    revisit_of_id = fields.UUIDField(null=True)
    rescheduled_to_id = fields.UUIDField(null=True)
    intake_cipher = fields.BinaryField(null=True)
    created_at = fields.DatetimeField(default=clock.now)
    version = fields.IntField(default=1)

    class Meta:
        table = "appointment"


# ---- reading -------------------------------------------------------------------------------------------------------

_SLOT_COLUMNS = """
s.id AS slot_id, s.session_id, s.starts_at, s.ends_at, s.capacity, s.taken, s.kept, s.is_stopped, s.pool,
se.department_id, se.practitioner_id, se.room_id, se.day, se.visit_type, se.opens_at, se.status AS session_status,
se.is_drawing, se.draw_id, se.draw_opens_at, se.draw_closes_at, se.version AS session_version,
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
    kept: int
    is_stopped: bool
    pool: str
    department_id: UUID
    practitioner_id: UUID
    room_id: UUID | None
    day: date
    visit_type: str
    opens_at: datetime
    session_status: str
    is_drawing: bool
    draw_id: UUID | None
    draw_opens_at: datetime | None
    draw_closes_at: datetime | None
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
            self.session_status,
            self.is_stopped,
            self.pool,
            self.opens_at,
            self.ends_at,
            self.taken,
            self.kept,
            self.capacity,
            self.is_drawing,
            self.draw_id,
            self.draw_closes_at,
        )

    @property
    def location(self) -> str:
        """Say where to go."""
        return " ".join(part for part in (self.room_location or self.department_location, self.room_name) if part)


@dataclass(frozen=True, slots=True)
class BandsSeen:
    """A session with its bands side by side, by their begin: the n-th of each list is of the n-th band."""

    session_id: UUID
    department_id: UUID
    practitioner_id: UUID
    practitioner_name: str
    visit_type: str
    opens_at: datetime
    session_status: str
    is_drawing: bool
    draw_id: UUID | None
    draw_opens_at: datetime | None
    draw_closes_at: datetime | None
    ids: list[UUID]
    starts: list[datetime]
    ends: list[datetime]
    pools: list[str]
    capacities: list[int]
    taken: list[int]
    kept: list[int]
    stopped: list[bool]
    now: datetime

    def states(self) -> list[SlotState]:
        """Give what decides of each band whether a place can be had."""
        bands = zip(self.stopped, self.pools, self.ends, self.taken, self.kept, self.capacities, strict=True)
        return [
            SlotState(
                self.session_status,
                is_stopped,
                pool,
                self.opens_at,
                ends_at,
                taken,
                kept,
                capacity,
                self.is_drawing,
                self.draw_id,
                self.draw_closes_at,
            )
            for is_stopped, pool, ends_at, taken, kept, capacity in bands
        ]


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
    person_id: UUID
    number: int
    status: str
    held_until: datetime | None
    is_any: bool
    is_extra: bool
    revisit_of_id: UUID | None
    channel: str
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
# OFFSET 0: the bands are looked up session by session, whatever statistics say; never all bands of all years
_SESSION_TABLES = """
session se JOIN department d ON d.id = se.department_id JOIN practitioner p ON p.id = se.practitioner_id
LEFT JOIN room r ON r.id = se.room_id
CROSS JOIN LATERAL (SELECT * FROM slot WHERE slot.session_id = se.id OFFSET 0) s
"""
# A row a session with its bands side by side: what is the same in all of them is sent and read once.
_BANDS = f"""
SELECT se.id AS session_id, se.department_id, se.practitioner_id, p.name AS practitioner_name, se.visit_type,
       se.opens_at, se.status AS session_status, se.is_drawing, se.draw_id, se.draw_opens_at, se.draw_closes_at,
       bands.*, app_now() AS now
FROM session se JOIN practitioner p ON p.id = se.practitioner_id
CROSS JOIN LATERAL (
    SELECT array_agg(s.id) AS ids, array_agg(s.starts_at) AS starts, array_agg(s.ends_at) AS ends,
           array_agg(s.pool) AS pools, array_agg(s.capacity) AS capacities, array_agg(s.taken) AS taken,
           array_agg(s.kept) AS kept, array_agg(s.is_stopped) AS stopped
    FROM (SELECT * FROM slot s WHERE s.session_id = se.id AND {_SEEN} ORDER BY s.starts_at, s.id) s
) bands
WHERE bands.ids IS NOT NULL AND se.day BETWEEN $2 AND $3 AND"""
BANDS_OF_DEPARTMENT = f"{_BANDS} se.department_id = $1 ORDER BY p.id, se.starts_at"
BANDS_OF_PRACTITIONER = f"{_BANDS} se.practitioner_id = $1 ORDER BY se.starts_at"
BANDS_OF_BOTH = f"{_BANDS} se.department_id = $1 AND se.practitioner_id = $4 ORDER BY se.starts_at"
SLOTS = f"SELECT {_SLOT_COLUMNS} FROM {_SLOT_TABLES} WHERE s.id = ANY($1) ORDER BY s.id"
SLOTS_OF_ALL_POOLS = f"""
SELECT {_SLOT_COLUMNS} FROM {_SESSION_TABLES}
WHERE se.department_id = $1 AND s.capacity > 0 AND se.day BETWEEN $2 AND $3 ORDER BY s.starts_at, p.id, s.pool, s.id
"""
# what a patient may take for a visit that asked to come again: their own doctor's first
SLOTS_FOR_REVISIT = f"""
SELECT {_SLOT_COLUMNS} FROM {_SESSION_TABLES}
WHERE se.department_id = $1 AND s.pool IN ('app', 'revisit') AND s.capacity > 0 AND se.day BETWEEN $2 AND $3
ORDER BY se.practitioner_id IS DISTINCT FROM $4, s.starts_at, p.id, s.pool, s.id
"""
# the slots of one moment, whoever gives them: the emptiest first, so that all practitioners get their share
SLOTS_AT = f"""
SELECT {_SLOT_COLUMNS} FROM {_SESSION_TABLES}
WHERE se.department_id = $1 AND se.day = $2 AND s.starts_at = $3 AND se.visit_type = $4 AND {_SEEN}
ORDER BY (s.taken + s.kept)::float / s.capacity, s.id
"""
ENCOUNTER_OF = """
SELECT id, department_id, practitioner_id, finished_at FROM encounter
WHERE id = $1 AND account_id = $2 AND patient_id = $3 AND finished_at IS NOT NULL
"""
SLOTS_OF_SESSION = f"SELECT {_SLOT_COLUMNS} FROM {_SLOT_TABLES} WHERE se.id = $1 ORDER BY s.starts_at, s.pool"

_APPOINTMENTS = f"""
SELECT {_SLOT_COLUMNS}, a.id, a.account_id, a.patient_id, pt.name AS patient_name, a.person_id, a.number, a.status,
       a.held_until, a.is_any, a.is_extra, a.revisit_of_id, a.channel, a.open_place,
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
# a hold that was given back was no visit: it is listed only where its state is asked for
APPOINTMENTS_OF = (
    _APPOINTMENTS
    + "WHERE a.account_id = $1 AND ($2::uuid IS NULL OR a.id < $2) AND ($3::text IS NULL OR a.status = $3)"
    " AND ($3::text IS NOT NULL OR a.status NOT IN ('cancelled', 'expired') OR NOT EXISTS ("
    "SELECT 1 FROM transition t WHERE t.subject_id = a.id AND t.machine = 'appointment' AND t.from_state = 'held'"
    " AND t.to_state = a.status))"
    " ORDER BY a.id DESC LIMIT $4"
)
APPOINTMENTS_BY_ID = _APPOINTMENTS + "WHERE a.id = ANY($1) ORDER BY a.id"

STATUS_OF = "SELECT status, held_until <= app_now() AS is_over FROM appointment WHERE id = $1"

# ---- sessions ------------------------------------------------------------------------------------------------------

SESSION = """
SELECT se.id, se.practitioner_id, se.department_id, se.room_id, se.day, se.starts_at, se.ends_at, se.visit_type,
       se.opens_at, se.status, se.version
FROM session se WHERE se.id = $1
"""
