"""Desks and scans, and the statements of an arrival: one read of everything that decides, one effect.

The effect is guarded: when the appointment is no longer as it was read, nothing at all is written.
"""

from tortoise import fields

from server.db import Row


class Desk(Row):
    """A guide desk (导诊台). department_id is null for a desk that checks in for every department."""

    code = fields.TextField()
    name = fields.TextField()
    campus_id = fields.UUIDField()
    department_id = fields.UUIDField(null=True)
    location = fields.TextField(default="")

    class Meta:
        table = "desk"


class Scan(Row):
    """A scan with its first answer; its id is chosen by the device."""

    desk_id = fields.UUIDField()
    by_id = fields.UUIDField()
    appointment_id = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    outcome = fields.TextField()
    reason = fields.TextField(null=True)
    body = fields.TextField()
    scanned_at = fields.DatetimeField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "scan"


# The first answer to the same scan, the desk, the appointment with all that decides, and the place that the person
# has already: by this appointment, or another way in the same queue today.
# $1 scan, $2 appointment, $3 desk
LOOK = """
SELECT e.body AS earlier, e.appointment_id AS earlier_appointment_id,
    k.id AS desk_id, k.name AS desk_name, k.department_id AS desk_department_id,
    a.id, a.status, a.number AS appointment_number, a.day, a.starts_at, a.ends_at, a.account_id, a.patient_id,
    a.department_id, a.practitioner_id,
    CASE WHEN s.is_stopped THEN 'stopped' ELSE se.status END AS session_status, se.starts_at AS session_starts_at,
    d.name AS department_name, d.location AS department_location, d.ticket_prefix, d.check_in_opens_minutes,
    d.check_in_closes_minutes, p.name AS practitioner_name, r.name AS room_name, r.location AS room_location,
    pt.name AS patient_name,
    t.id AS ticket_id, t.label AS ticket_label, t.state AS ticket_state, t.checked_in_at, t.version AS ticket_version,
    t.is_active AS has_place, td.name AS ticket_department_name, td.location AS ticket_department_location,
    f.desk_name AS first_desk_name
FROM (VALUES (1)) AS one (row)
LEFT JOIN scan e ON e.id = $1
LEFT JOIN desk k ON k.id = $3
LEFT JOIN appointment a ON a.id = $2
LEFT JOIN slot s ON s.id = a.slot_id
LEFT JOIN session se ON se.id = a.session_id
LEFT JOIN department d ON d.id = a.department_id
LEFT JOIN practitioner p ON p.id = a.practitioner_id
LEFT JOIN room r ON r.id = se.room_id
LEFT JOIN patient pt ON pt.id = a.patient_id
LEFT JOIN LATERAL (
    SELECT 0 AS rank, id, label, state, checked_in_at, version, department_id,
        state NOT IN ('done', 'left') AS is_active
    FROM ticket WHERE appointment_id = a.id AND state NOT IN ('transferred', 'voided')
    UNION ALL
    SELECT 1, id, label, state, checked_in_at, version, department_id, true
    FROM ticket WHERE patient_id = a.patient_id AND department_id = a.department_id AND day = a.day
    AND state IN ('waiting', 'called', 'in_service', 'missed', 'held', 'away')
    ORDER BY rank LIMIT 1
) t ON true
LEFT JOIN department td ON td.id = t.department_id
LEFT JOIN LATERAL (
    SELECT fd.name AS desk_name FROM scan fs JOIN desk fd ON fd.id = fs.desk_id
    WHERE fs.appointment_id = a.id AND fs.ticket_id = t.id AND fs.outcome = 'accepted' LIMIT 1
) f ON true
"""

# What keeps two guides from both being first; the index ticket_one_for_an_appointment stands behind it. A name of its
# own, so that a test can take it out and see one appointment with two tickets.
GUARD = "status = $2::text"

# One arrival: the appointment moves, the line gives a number, the ticket is born, its history, the fact, the stream.
#  $1 appointment    $2 its status as it was read    $3 department    $4 day    $5 ticket    $6 prefix of its number
#  $7 patient    $8 account    $9 practitioner    $10 sort_class    $11 sort_at    $12 rule    $13 the moment
# $14 kind and $15 id of who does it    $16 channel    $17 why    $18 and $19 transitions
# $20 fact and $21 its payload without the number    $22 topic and $23 its event without the number
# A ticket that already waits and has the same instant was there first, so it counts as ahead.
_ARRIVE = """
WITH arrived AS (
    UPDATE appointment SET status = 'checked_in', version = version + 1 WHERE id = $1 AND {guard} RETURNING id
), line AS (
    INSERT INTO queue_line (department_id, day, last_number) SELECT $3, $4, 1 FROM arrived
    ON CONFLICT (department_id, day) DO UPDATE SET last_number = queue_line.last_number + 1
    RETURNING last_number AS number
), place AS (
    SELECT number, $6::text || lpad(number::text, greatest(3, length(number::text)), '0') AS label,
        (SELECT count(*)::integer FROM ticket t WHERE t.department_id = $3 AND t.day = $4 AND t.state = 'waiting'
         AND (t.sort_class, t.sort_at) <= ($10::integer, $11::timestamptz)
         AND ($9::uuid IS NULL OR t.practitioner_id IS NULL OR t.practitioner_id = $9::uuid)) AS ahead
    FROM line
), issued AS (
    INSERT INTO ticket (id, department_id, day, number, label, state, appointment_id, patient_id, account_id,
        practitioner_id, sort_class, sort_at, rule, checked_in_at)
    SELECT $5, $3, $4, number, label, 'waiting', $1, $7, $8, $9, $10, $11, $12, $13::timestamptz FROM place
    RETURNING number
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT $18::uuid, 'appointment', $1, $2::text, 'checked_in', $14, $15::uuid, $16, $17, app_now() FROM issued
    UNION ALL
    SELECT $19::uuid, 'ticket', $5, NULL, 'waiting', $14, $15::uuid, $16, '', app_now() FROM issued
), fact_told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT $20, 'PatientArrived', $21::jsonb || jsonb_build_object('label', label), app_now() FROM place, issued
), {scan} topic AS (
    INSERT INTO live_topic (topic, seq) SELECT $22, 1 FROM issued
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + 1 RETURNING seq
), event AS (
    INSERT INTO live_event (topic, seq, kind, payload, at)
    SELECT $22, seq, 'ticket', $23::jsonb || jsonb_build_object('number', label), app_now() FROM topic, place
)
"""

# $24 scan    $25 desk    $26 answer with places for what only the line knows    $27 and $28 about and within how many
# minutes one waits with 0, 1, … ahead    $29 when the device scanned
_SCAN = """answer AS (
    SELECT replace(replace(replace(replace(replace(replace(replace($26::text,
        '"{{ahead}}"', ahead::text), '"{{about}}"', about::text), '"{{within}}"', within::text),
        '{{ahead}}', ahead::text), '{{about}}', about::text), '{{within}}', within::text), '{{number}}', label) AS body
    FROM place, LATERAL (
        SELECT ($27::integer[])[least(ahead + 1, cardinality($27::integer[]))] AS about,
            ($28::integer[])[least(ahead + 1, cardinality($28::integer[]))] AS within
    ) wait
), kept AS (
    INSERT INTO scan (id, desk_id, by_id, appointment_id, ticket_id, outcome, body, scanned_at, at)
    SELECT $24, $25, $15::uuid, $1, $5, 'accepted', body, $29::timestamptz, $13::timestamptz FROM answer, issued
),"""


def scan_statement(guard: str = GUARD) -> str:
    """Give the statement that accepts one scan; the bench runs it as it is, a test with another guard."""
    return _ARRIVE.replace("{guard}", guard).replace("{scan}", _SCAN) + "SELECT body FROM answer"


ACCEPT_SCAN = scan_statement()
ACCEPT_BY_NAME = _ARRIVE.replace("{guard}", GUARD).replace("{scan}", "") + "SELECT label, ahead FROM place"

KEEP_SCAN = """
INSERT INTO scan (id, desk_id, by_id, appointment_id, ticket_id, outcome, reason, body, scanned_at, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

# $1 account, $2 day, $3 department or null: what a patient at a desk most likely came for
EXPECTED_TODAY = """
SELECT id FROM appointment WHERE account_id = $1 AND day = $2 AND ($3::uuid IS NULL OR department_id = $3::uuid)
AND status IN ('booked', 'no_show', 'checked_in', 'in_service')
ORDER BY CASE status WHEN 'booked' THEN 0 WHEN 'no_show' THEN 1 ELSE 2 END, starts_at, id LIMIT 1
"""

OWN_STATUS = "SELECT status FROM appointment WHERE id = $1 AND account_id = $2"
ACTIVE_TICKET_OF = """
SELECT id FROM ticket WHERE appointment_id = $1
AND state IN ('waiting', 'called', 'in_service', 'missed', 'held', 'away')
"""

DESKS = """
SELECT k.id, k.code, k.name, k.location, k.department_id, d.name AS department_name
FROM desk k LEFT JOIN department d ON d.id = k.department_id
WHERE ($1::uuid[] IS NULL OR k.department_id IS NULL OR k.department_id = ANY($1::uuid[]))
AND ($2::uuid IS NULL OR k.id > $2) ORDER BY k.id LIMIT $3
"""
