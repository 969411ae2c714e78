"""The tables of the queue, and the statements that call, count and show.

Every change of a ticket is told on the stream of its department, in the transaction of the change.
"""

from typing import Any

from tortoise import fields

from miniapp_api.queue.rules import TicketState
from server.db import Row

SORT_KEY = "t.sort_class, t.sort_at, t.number"

# Which tickets a room takes: those for any practitioner, those of who sits here today, and in a room where nobody is
# planned, those of a practitioner who is planned in no other.
TAKEN_BY_ROOM = """(t.practitioner_id IS NULL OR t.practitioner_id = ANY($4::uuid[])
    OR (cardinality($4::uuid[]) = 0 AND NOT EXISTS (
        SELECT 1 FROM session s WHERE s.practitioner_id = t.practitioner_id AND s.department_id = $1 AND s.day = $2
        AND s.room_id IS NOT NULL AND s.status <> 'stopped')))"""

# One line of the log and its event on the stream, under one number. The moment is that of the line, not of the
# transaction, so that lines of one queue are in the order of their moments.
#  $1 topic    $2 kind    $3 event    $4 department    $5 day    $6 ticket or room    $7 act    $8 from    $9 to
# $10 kind and $11 id of who does it    $12 channel    $13 why    $14 and $15 sort_at before and after
# $16 rule    $17 its version    $18 the ticket or room as the screens show it
RECORD = """
WITH topic AS (
    INSERT INTO live_topic (topic, seq) VALUES ($1, 1)
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + 1 RETURNING seq
), told AS (
    INSERT INTO live_event (topic, seq, kind, payload, at) SELECT $1, seq, $2, $3, app_now() FROM topic
)
INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, from_state, to_state, by_kind, by_id,
    channel, why, sort_before, sort_after, rule, rule_version, state)
SELECT $4, $5, seq, app_now() + (clock_timestamp() - now()), $2, $6, $7, $8, $9, $10, $11,
    $12, $13, $14, $15, $16, $17, $18
FROM topic RETURNING seq
"""


def _who_sits(now: str) -> str:
    """Order a room's sessions of a day by who sits there: the one that runs, or the next one, or the last one."""
    runs = f"s.starts_at <= {now} AND s.ends_at > {now}"
    return f"({runs}) DESC, s.ends_at <= {now}, abs(extract(epoch FROM s.starts_at - {now})), s.id"


# $1 room, $2 department, $3 day, $4 the moment
PRACTITIONER_NOW = f"""
SELECT s.practitioner_id AS id FROM session s
WHERE s.room_id = $1 AND s.department_id = $2 AND s.day = $3 AND s.status <> 'stopped'
ORDER BY {_who_sits("$4::timestamptz")} LIMIT 1
"""

# In an order that never crosses. $1 departments, $2 day
LOCK_LINES = """
SELECT 1 FROM queue_line WHERE department_id = ANY($1::uuid[]) AND day = $2 ORDER BY department_id FOR UPDATE
"""

NEXT_NUMBER = """
INSERT INTO queue_line (department_id, day, last_number) VALUES ($1, $2, 1)
ON CONFLICT (department_id, day) DO UPDATE SET last_number = queue_line.last_number + 1
RETURNING last_number AS number
"""

TICKET = """
SELECT t.id, t.label, t.state, t.department_id, d.name AS department_name, d.location AS department_location,
    t.day, t.practitioner_id, p.name AS practitioner_name, t.room_id, r.name AS room_name, r.location AS room_location,
    t.patient_id, pa.name AS patient_name, t.account_id, t.appointment_id, t.triage, t.flags, t.sort_class, t.sort_at,
    t.rule, t.rule_version, t.reorderings, t.number, t.checked_in_at, t.called_at, t.call_count, t.miss_count,
    t.started_at, t.finished_at, t.stage, t.next_place, t.reason, t.version,
    t.ready_place, t.turn_calls, t.held_until, t.greeted_at, t.informed_at, t.undo_to,
    a.starts_at AS band_starts_at, a.ends_at AS band_ends_at
FROM ticket t
JOIN department d ON d.id = t.department_id JOIN patient pa ON pa.id = t.patient_id
LEFT JOIN practitioner p ON p.id = t.practitioner_id LEFT JOIN room r ON r.id = t.room_id
LEFT JOIN appointment a ON a.id = t.appointment_id
"""
ONE_TICKET = TICKET + "WHERE t.id = $1"

# In the order of calling: who is called or inside, who waits, who may come back.
QUEUE = (
    TICKET
    + f"""WHERE t.department_id = $1 AND t.day = $2
AND t.state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away')
ORDER BY CASE t.state WHEN 'in_service' THEN 0 WHEN 'called' THEN 1 WHEN 'ready' THEN 2 WHEN 'waiting' THEN 3
    ELSE 4 END, {SORT_KEY}"""
)

# Whom a room has, and whom it may take. $1 department, $2 day, $3 room, $4 practitioners of the room
OF_ROOM = f"""
SELECT t.id FROM ticket t WHERE t.department_id = $1 AND t.day = $2
AND t.state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away')
AND (t.room_id = $3::uuid OR (t.room_id IS NULL AND {TAKEN_BY_ROOM}))
"""
SEEN_IN_ROOM = (
    TICKET
    + """WHERE t.department_id = $1 AND t.day = $2 AND t.room_id = $3 AND t.state = 'done'
ORDER BY t.finished_at DESC"""
)
PATIENT_OF_TICKET = """
SELECT t.id, t.state, t.department_id, t.appointment_id, pa.name AS patient_name, pa.gender, pa.birth_date,
    pa.file_number, a.intake_cipher, s.visit_type, seen.visits_before, seen.last_visit_at,
    EXISTS (SELECT 1 FROM encounter e WHERE e.ticket_id = t.id AND t.state NOT IN ('in_service', 'done')) AS is_return
FROM ticket t JOIN patient pa ON pa.id = t.patient_id
LEFT JOIN appointment a ON a.id = t.appointment_id LEFT JOIN session s ON s.id = a.session_id
LEFT JOIN LATERAL (
    SELECT count(*) AS visits_before, max(e.started_at) AS last_visit_at FROM encounter e
    WHERE e.patient_id = t.patient_id AND e.department_id = t.department_id AND e.ticket_id <> t.id
    AND e.finished_at IS NOT NULL
) seen ON true
WHERE t.id = $1 AND t.day = $2
"""

ROOMS = f"""
SELECT r.id, r.name, r.location, r.state, r.department_id, d.name AS department_name, r.version,
    r.pause_reason, r.paused_until, p.id AS practitioner_id, p.name AS practitioner_name
FROM room r JOIN department d ON d.id = r.department_id
LEFT JOIN LATERAL (
    SELECT s.practitioner_id FROM session s
    WHERE s.room_id = r.id AND s.department_id = r.department_id AND s.day = $1 AND s.status <> 'stopped'
    ORDER BY {_who_sits("$2::timestamptz")} LIMIT 1
) now ON true
LEFT JOIN practitioner p ON p.id = now.practitioner_id
WHERE r.active AND ($3::uuid[] IS NULL OR r.department_id = ANY($3::uuid[])) AND ($4::uuid IS NULL OR r.id > $4)
ORDER BY r.id LIMIT $5
"""

FIRST_WAITING = f"""
SELECT t.sort_at FROM ticket t WHERE t.department_id = $1 AND t.day = $2 AND t.state = 'waiting' AND t.sort_class = $3
AND ($4::uuid IS NULL OR t.practitioner_id IS NULL OR t.practitioner_id = $4::uuid) ORDER BY {SORT_KEY} LIMIT $5
"""

_PLACE = """
SELECT a.id, a.status, a.department_id, a.day, a.number, d.name AS department_name, d.location AS department_location,
    s.starts_at AS session_starts_at, sr.name AS session_room, t.id AS ticket_id
FROM appointment a JOIN department d ON d.id = a.department_id JOIN session s ON s.id = a.session_id
LEFT JOIN room sr ON sr.id = s.room_id
LEFT JOIN LATERAL (
    SELECT id FROM ticket WHERE appointment_id = a.id AND state <> 'voided' ORDER BY id DESC LIMIT 1
) t ON true
"""
PLACE_OF_APPOINTMENT = _PLACE + "WHERE a.id = $1 AND a.account_id = $2"
PLACES_OF_APPOINTMENTS = _PLACE + "WHERE a.id = ANY($1::uuid[])"

# A start after an examination goes on with the encounter of the first start.
BEGIN_ENCOUNTER = """
INSERT INTO encounter (id, ticket_id, appointment_id, patient_id, account_id, department_id, practitioner_id, room_id,
    started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (ticket_id) DO NOTHING
"""

# Yesterday's queue is over: who was not seen to the end has left.
LEFT_OVER = """
SELECT id FROM ticket WHERE day < $1 AND state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away')
ORDER BY id LIMIT $2
"""


class Ticket(Row):
    """A place in a queue."""

    department_id = fields.UUIDField()
    day = fields.DateField()
    number = fields.IntField()
    label = fields.TextField()  # what people read and hear: A012
    state = fields.CharEnumField(TicketState, description="")
    appointment_id = fields.UUIDField(null=True)
    patient_id = fields.UUIDField()
    account_id = fields.UUIDField(null=True)
    practitioner_id = fields.UUIDField(null=True)  # null: any practitioner of the department
    room_id = fields.UUIDField(null=True)  # where called to
    triage = fields.TextField(default="normal")
    flags: Any = fields.JSONField(default=list)
    sort_class = fields.IntField(default=1)
    sort_at = fields.DatetimeField()
    rule = fields.TextField(default="walk_in")
    rule_version = fields.IntField(default=0)  # of the department's queue_rule; 0 is the default
    reorderings: Any = fields.JSONField(default=list)  # see `queue.ordering`; empty: stands as it entered
    checked_in_at = fields.DatetimeField()
    called_at = fields.DatetimeField(null=True)
    call_count = fields.IntField(default=0)
    miss_count = fields.IntField(default=0)
    stage = fields.TextField(default="")
    next_place = fields.TextField(default="")
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    reason = fields.TextField(default="")
    ready_place = fields.IntField(null=True)  # which of the few places in front of its room
    turn_calls = fields.IntField(default=0)  # calls since it was last asked in
    held_until = fields.DatetimeField(null=True)
    greeted_at = fields.DatetimeField(null=True)
    informed_at = fields.DatetimeField(null=True)
    undo_to: Any = fields.JSONField(null=True)  # what the last act changed, as `undoing` reads it
    version = fields.IntField(default=1)

    class Meta:
        table = "ticket"


class Encounter(Row):
    """One visit, from the room's start to its finish. Advice is sealed for `encounter.advice_cipher`."""

    ticket_id = fields.UUIDField()
    appointment_id = fields.UUIDField(null=True)
    patient_id = fields.UUIDField()
    account_id = fields.UUIDField(null=True)
    department_id = fields.UUIDField()
    practitioner_id = fields.UUIDField(null=True)
    room_id = fields.UUIDField()
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    advice_cipher = fields.BinaryField(null=True)
    revisit_on = fields.DateField(null=True)
    care_plan_id = fields.UUIDField(null=True)
    diagnosis_group = fields.TextField(default="")
    times_finished = fields.IntField(default=0)  # above one: an end was taken back

    class Meta:
        table = "encounter"


INVARIANTS = (
    (
        "Each call brought a ticket into one room: no room holds two, no called ticket is without one",
        """SELECT room_id::text AS broken FROM ticket WHERE state IN ('called', 'in_service')
           GROUP BY room_id HAVING count(*) > 1 OR room_id IS NULL""",
    ),
    (
        "An appointment that is checked in has exactly one active ticket",
        """SELECT a.id::text AS broken FROM appointment a LEFT JOIN ticket t ON t.appointment_id = a.id
               AND t.state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away')
           WHERE a.status IN ('checked_in', 'in_service') GROUP BY a.id HAVING count(t.id) <> 1""",
    ),
    (
        "An active ticket of an appointment belongs to one that is checked in or in service",
        """SELECT t.id::text AS broken FROM ticket t JOIN appointment a ON a.id = t.appointment_id
           WHERE t.state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away')
           AND a.status NOT IN ('checked_in', 'in_service')""",
    ),
    (
        "The numbers of a queue have no gap and no double",
        """SELECT department_id::text AS broken FROM ticket t JOIN queue_line l USING (department_id, day)
           GROUP BY department_id, day, l.last_number
           HAVING count(*) <> l.last_number OR max(t.number) <> l.last_number""",
    ),
    (
        "A finished visit has a ticket that has ended, and a running visit has one that has not",
        """SELECT e.id::text AS broken FROM encounter e JOIN ticket t ON t.id = e.ticket_id
           WHERE (e.finished_at IS NOT NULL AND t.state NOT IN ('done', 'transferred', 'left'))
           OR (e.finished_at IS NULL AND t.state IN ('done', 'transferred', 'left', 'voided'))""",
    ),
    (
        "Nobody was called into two rooms by one call",
        """SELECT subject_id::text AS broken FROM transition WHERE machine = 'ticket' AND to_state = 'called'
           AND from_state IN ('waiting', 'ready') GROUP BY subject_id HAVING count(*) > 1 + (
               SELECT count(*) FROM transition back WHERE back.subject_id = transition.subject_id
               AND back.machine = 'ticket' AND back.to_state IN ('waiting', 'ready')
               AND back.from_state NOT IN ('waiting', 'ready'))""",
    ),
    (
        "The last line of a ticket in the queue's log is the ticket as it stands",
        """SELECT t.id::text AS broken FROM ticket t LEFT JOIN LATERAL (
               SELECT e.state FROM queue_event e WHERE e.department_id = t.department_id AND e.day = t.day
               AND e.subject_id = t.id ORDER BY e.seq DESC LIMIT 1
           ) e ON true
           WHERE (e.state IS NULL AND t.state NOT IN ('done', 'left', 'transferred', 'voided'))
           OR e.state ->> 'state' <> t.state OR (e.state ->> 'version')::integer <> t.version
           OR (e.state ->> 'sort_at')::timestamptz <> t.sort_at""",
    ),
    (
        "The log of a queue has no gap",
        """SELECT department_id::text AS broken FROM queue_event GROUP BY department_id
           HAVING max(seq) - min(seq) + 1 <> count(*)""",
    ),
)
