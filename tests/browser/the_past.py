"""What has happened before a test begins: rows of days that have passed, which no page can make."""

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from infra.local.postgres import DATABASE, USER
from server import clock, db
from server.ids import new_id
from tests.browser.hospital import OpenHospital
from tests.browser.people import next_slot
from tests.cast import PatientClient

DAYS = timedelta(days=1)

# $1 session, $2 and $3 the slot and the appointment, $4 when, $5 the slot whose doctor and room it had
PAST_VISIT = """
WITH like_this AS (
    SELECT se.practitioner_id, se.department_id, se.room_id FROM slot s JOIN session se ON se.id = s.session_id
    WHERE s.id = $5
), made AS (
    INSERT INTO session (id, practitioner_id, department_id, room_id, day, starts_at, ends_at, opens_at, status)
    SELECT $1, practitioner_id, department_id, room_id, ($4 AT TIME ZONE 'Asia/Shanghai')::date, $4,
           $4 + interval '30 minutes', $4 - interval '7 days', 'closed' FROM like_this
    RETURNING id, department_id, practitioner_id, day
), band AS (
    INSERT INTO slot (id, session_id, starts_at, ends_at, capacity, taken, last_number)
    SELECT $2, id, $4, $4 + interval '30 minutes', 1, 1, 1 FROM made RETURNING id
)
INSERT INTO appointment (id, account_id, patient_id, person_id, slot_id, session_id, department_id, practitioner_id,
                         number, status, open_place, day, starts_at, ends_at, channel, created_at)
SELECT $3, pt.account_id, pt.id, pt.person_id, band.id, made.id, made.department_id, made.practitioner_id, 1,
       'no_show', 1, made.day, $4, $4 + interval '30 minutes', 'miniapp', $4 - interval '5 days'
FROM made, band, patient pt WHERE pt.id = $6
"""
HISTORY = """
INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, channel, at)
VALUES ($1, 'appointment', $3, NULL, 'booked', 'patient', 'miniapp', $4),
       ($2, 'appointment', $3, 'booked', 'no_show', 'system', 'job', $5)
"""
STRIKE = """
INSERT INTO strike (id, appointment_id, person_id, patient_id, account_id, department_id, kind, at, state, created_at)
SELECT $1, id, person_id, patient_id, account_id, department_id, 'no_show', starts_at, 'counted', $3
FROM appointment WHERE id = $2
"""
SUSPEND = """
UPDATE person SET suspended_until = $2, version = person.version + 1 FROM patient
WHERE patient.id = $1 AND person.id = patient.person_id
"""


async def has_missed_three_visits(hospital: OpenHospital, patient: PatientClient) -> None:
    """Let somebody have missed a visit on three days, so that booking by phone is suspended."""
    like = await next_slot(hospital)
    own = timedelta(seconds=UUID(patient.patient_id).int % 3600)  # a doctor begins one session at a time
    async with db.alone(database_of(hospital)) as connection, connection.transaction():
        for days in (20, 11, 2):
            starts_at = clock.now().replace(minute=0, second=0, microsecond=0) - days * DAYS + own
            appointment_id = new_id()
            visit = (new_id(), new_id(), appointment_id, starts_at, UUID(like["id"]), UUID(patient.patient_id))
            await connection.execute(PAST_VISIT, *visit)
            marked_at = starts_at + timedelta(hours=2)
            await connection.execute(HISTORY, new_id(), new_id(), appointment_id, starts_at - 5 * DAYS, marked_at)
            await connection.execute(STRIKE, new_id(), appointment_id, marked_at)
        until = clock.now().replace(minute=0, second=0, microsecond=0) + 88 * DAYS
        await connection.execute(SUSPEND, UUID(patient.patient_id), until)


def database_of(hospital: OpenHospital) -> str:
    """Give the address of the hospital's database."""
    return f"postgres://{USER}@/{DATABASE}?host={quote(str(hospital.data_dir / 'postgres' / 'socket'))}"


async def worked_since_yesterday(hospital: OpenHospital, *, is_so: bool = True) -> None:
    """Let the first trace of work be of yesterday, so that today's reports are made afterwards; or of now again.

    When it is over nobody is alerted of them any more: the screens of other tests stay as they were.
    """
    at = clock.now() - (DAYS if is_so else timedelta(0))
    async with db.alone(database_of(hospital)) as connection:
        await connection.execute(
            "UPDATE transition SET at = $1 WHERE id = (SELECT id FROM transition ORDER BY id LIMIT 1)", at
        )
        if not is_so:
            await connection.execute("UPDATE alert SET state = 'resolved' WHERE kind = 'desk_report'")
