"""One statement per booking: the least that a booking has to do, as this product did it before it grouped them.

It knows nothing of the product's present code, so that it stays what it was measured as.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import orjson

from infra.bench.crowd import Place, Somebody
from server.ids import new_id

MOST_OPEN = 5

# The place, the appointment, its history, the fact, the kept answer; no row when the guard says no. The person's rules
# are the constraints' here: the least that nobody could do without.
#  $1 slot     $2 appointment   $3 account   $4 patient   $5 most open bookings   $6 transition
#  $7 fact     $8 its payload, without the number and the name
#  $9 answer up to the patient's name, $10 from there to the number, $11 to the places left, $12 the rest
# $13 actor, $14 key, $15 fingerprint
STATEMENT = """
WITH person AS (
    SELECT id, name, person_id FROM patient WHERE id = $4 AND account_id = $3 AND deleted_at IS NULL FOR KEY SHARE
), free AS MATERIALIZED (
    SELECT (SELECT min(n) FROM generate_series(1, $5::int) AS n
            WHERE n <> ALL (ARRAY(SELECT a.open_place FROM appointment a WHERE a.person_id = person.person_id
                                  AND a.status IN ('held', 'booked')))) AS open_place
    FROM person
), place AS (
    UPDATE slot SET taken = taken + 1, last_number = last_number + 1, version = slot.version + 1
    FROM person, free, session
    WHERE slot.id = $1 AND slot.taken + slot.kept < slot.capacity AND NOT slot.is_stopped AND slot.ends_at > app_now()
      AND free.open_place IS NOT NULL
      AND session.id = slot.session_id AND session.status = 'open' AND session.opens_at <= app_now()
    RETURNING slot.id, slot.session_id, session.department_id, session.practitioner_id, session.day, slot.starts_at,
              slot.ends_at, slot.last_number AS number, slot.capacity - slot.taken - slot.kept AS available,
              person.name AS patient_name, person.person_id, free.open_place
), born AS (
    INSERT INTO appointment (id, account_id, patient_id, person_id, slot_id, session_id, department_id, practitioner_id,
                             number, status, open_place, day, starts_at, ends_at, channel, created_at)
    SELECT $2, $3, $4, person_id, id, session_id, department_id, practitioner_id, number,
           'booked', open_place, day, starts_at, ends_at, 'miniapp', app_now() FROM place
), history AS (
    INSERT INTO transition (id, machine, subject_id, to_state, by_kind, by_id, channel, at)
    SELECT $6, 'appointment', $2, 'booked', 'patient', $3, 'miniapp', app_now() FROM place
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT $7, 'AppointmentBooked',
           $8::jsonb || jsonb_build_object('number', number, 'patient_name', patient_name), app_now() FROM place
), answer AS (
    SELECT $9::text || to_json(patient_name)::text || $10::text || number || $11::text || available || ',"status":"'
           || CASE WHEN available > 0 THEN 'open' ELSE 'full' END || $12::text AS body FROM place
), kept AS (
    INSERT INTO idempotency_record (actor, key, fingerprint, status, body, created_at)
    SELECT $13, $14::uuid, $15, 201, convert_to(body, 'UTF8'), app_now() FROM answer
)
SELECT body FROM answer
"""


def arguments(people: Sequence[Somebody], places: Sequence[Place]) -> list[tuple[Any, ...]]:
    """Give the statement's arguments for one booking of each; neighbours in time want other slots."""
    return list(_arguments(people, places))


def _arguments(people: Sequence[Somebody], places: Sequence[Place]) -> Iterator[tuple[Any, ...]]:
    for somebody, place in zip(people, cycle(places), strict=False):
        appointment_id = new_id()
        start, rest, slot = _answer(str(appointment_id), somebody, place)
        yield (
            place.slot_id,
            appointment_id,
            somebody.account_id,
            somebody.patient_id,
            MOST_OPEN,
            new_id(),
            new_id(),
            _fact(str(appointment_id), somebody, place),
            start,
            rest,
            slot,
            '"}}',
            f"account:{somebody.account_id}",
            new_id(),
            appointment_id.bytes * 2,
        )


def _fact(appointment_id: str, somebody: Somebody, place: Place) -> str:
    return orjson.dumps(
        {
            "appointment_id": appointment_id,
            "version": 1,
            "account_id": str(somebody.account_id),
            "patient_id": str(somebody.patient_id),
            "department_id": str(place.department_id),
            "department_name": "心血管内科",
            "practitioner_name": "王敏",
            "location": "门诊楼2层A区 2诊室",
            "starts_at": "2026-01-01T08:00:00+08:00",
            "ends_at": "2026-01-01T08:30:00+08:00",
        }
    ).decode()


def _answer(appointment_id: str, somebody: Somebody, place: Place) -> tuple[str, str, str]:
    """Give an answer as long as the product's, up to the name, to the number, and to the places left."""
    start = {"id": appointment_id, "status": "booked", "patient": {"id": str(somebody.patient_id)}}
    rest = {
        "department": {"id": str(place.department_id), "name": "心血管内科"},
        "practitioner": {"id": str(place.practitioner_id), "name": "王敏", "title": "主任医师"},
        "room": {"id": str(place.session_id), "name": "2诊室"},
        "location": "门诊楼2层A区 2诊室",
        "rescheduled_to_id": None,
        "version": 1,
    }
    slot = {
        "id": str(place.slot_id),
        "session_id": str(place.session_id),
        "department_id": str(place.department_id),
        "practitioner_id": str(place.practitioner_id),
        "practitioner_name": "王敏",
        "visit_type": "ordinary",
        "starts_at": "2026-01-01T08:00:00+08:00",
        "ends_at": "2026-01-01T08:30:00+08:00",
        "opens_at": "2026-01-01T00:00:00+08:00",
        "capacity": 200,
    }
    return (
        orjson.dumps(start).decode()[:-2] + ',"name":',
        "}," + orjson.dumps(rest).decode()[1:-1] + ',"number":',
        ',"slot":' + orjson.dumps(slot).decode()[:-1] + ',"available":',
    )
