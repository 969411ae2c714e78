"""Desks and scans, and the one read of everything that decides about an arrival; its effect is in `effects`."""

from tortoise import fields

from server.db import Row


class Desk(Row):
    """A guide desk (导诊台). department_id is null for a desk that checks in for every department."""

    code = fields.TextField()
    name = fields.TextField()
    campus_id = fields.UUIDField()
    department_id = fields.UUIDField(null=True)
    location = fields.TextField(default="")
    poster_checks_in = fields.BooleanField(default=True)  # false: the printed code only tells the way
    poster_edition = fields.IntField(default=1)
    poster_changed_at = fields.DatetimeField(null=True)
    poster_changed_by = fields.UUIDField(null=True)

    class Meta:
        table = "desk"


class Scan(Row):
    """A scan with its first answer; its id is chosen by the device.

    desk_id: null when a patient read something that names no desk. settled: what a guide did about a refusal.
    """

    desk_id = fields.UUIDField(null=True)
    by_id = fields.UUIDField()
    appointment_id = fields.UUIDField(null=True)
    ticket_id = fields.UUIDField(null=True)
    outcome = fields.TextField()
    reason = fields.TextField(null=True)
    body = fields.TextField()
    scanned_at = fields.DatetimeField(null=True)
    at = fields.DatetimeField()
    channel = fields.TextField(default="desk")
    settled = fields.TextField(null=True)
    settled_at = fields.DatetimeField(null=True)
    settled_by = fields.UUIDField(null=True)
    settled_why = fields.TextField(default="")
    annulled_at = fields.DatetimeField(null=True)
    annulled_by = fields.UUIDField(null=True)
    annulled_why = fields.TextField(default="")

    class Meta:
        table = "scan"


# The first answer to the same scan, the desk, the appointment with all that decides, and the place that the person
# has already: by this appointment, or another way in the same queue today.
# One row for each scan that is asked about at this moment. $1 scans, $2 appointments, $3 desks. The planner must not
# see how many there are: a plan for just so many would look cheaper than the kept one, and be made anew each time.
LOOK = """
SELECT asked.ord - 1 AS ord, e.body AS earlier, e.appointment_id AS earlier_appointment_id,
    k.id AS desk_id, k.name AS desk_name, k.department_id AS desk_department_id,
    a.id, a.status, a.number AS appointment_number, a.day, a.starts_at, a.ends_at, a.account_id, a.patient_id,
    a.department_id, coalesce(assigned.practitioner_id, a.practitioner_id) AS practitioner_id,
    CASE WHEN s.is_stopped THEN 'stopped' ELSE se.status END AS session_status, se.starts_at AS session_starts_at,
    d.name AS department_name, d.location AS department_location, d.ticket_prefix, d.check_in_opens_minutes,
    d.check_in_closes_minutes, p.name AS practitioner_name, r.name AS room_name, r.location AS room_location,
    pt.name AS patient_name,
    rule_now.version AS order_version, rule_now.policy AS order_policy, rule_now.settings AS order_settings,
    t.id AS ticket_id, t.label AS ticket_label, t.state AS ticket_state, t.checked_in_at, t.version AS ticket_version,
    t.is_active AS has_place, td.name AS ticket_department_name, td.location AS ticket_department_location,
    f.desk_name AS first_desk_name
FROM unnest((SELECT $1::uuid[]), $2::uuid[], $3::uuid[])
    WITH ORDINALITY AS asked (scan_id, appointment_id, desk_id, ord)
LEFT JOIN LATERAL (  -- by its key, one scan after another: a plan of an empty morning would read the whole table
    SELECT body, appointment_id FROM scan WHERE id = asked.scan_id OFFSET 0
) e ON true
LEFT JOIN desk k ON k.id = asked.desk_id
LEFT JOIN appointment a ON a.id = asked.appointment_id
LEFT JOIN slot s ON s.id = a.slot_id
LEFT JOIN session se ON se.id = a.session_id
LEFT JOIN department d ON d.id = a.department_id
LEFT JOIN LATERAL (  -- how the department orders its queue now
    SELECT version, policy, settings FROM queue_rule WHERE department_id = a.department_id ORDER BY version DESC LIMIT 1
) rule_now ON true
-- who booked any practitioner is sent to the one with the shortest line
LEFT JOIN LATERAL (
    SELECT x.practitioner_id, x.room_id FROM session x
    WHERE a.is_any AND x.department_id = a.department_id AND x.day = a.day AND x.visit_type = se.visit_type
      AND x.status <> 'stopped' AND x.starts_at < a.ends_at AND x.ends_at > a.starts_at
    ORDER BY (SELECT count(*) FROM ticket w WHERE w.department_id = x.department_id AND w.day = x.day
              AND w.state IN ('waiting', 'ready', 'called') AND w.practitioner_id = x.practitioner_id),
             x.practitioner_id <> a.practitioner_id, x.id
    LIMIT 1
) assigned ON true
LEFT JOIN practitioner p ON p.id = coalesce(assigned.practitioner_id, a.practitioner_id)
LEFT JOIN room r ON r.id = CASE WHEN assigned.practitioner_id IS NULL THEN se.room_id ELSE assigned.room_id END
LEFT JOIN patient pt ON pt.id = a.patient_id
LEFT JOIN LATERAL (
    SELECT 0 AS rank, id, label, state, checked_in_at, version, department_id,
        state NOT IN ('done', 'left') AS is_active
    FROM ticket WHERE appointment_id = a.id AND state NOT IN ('transferred', 'voided')
    UNION ALL
    SELECT 1, id, label, state, checked_in_at, version, department_id, true
    FROM ticket WHERE patient_id = a.patient_id AND department_id = a.department_id AND day = a.day
    AND state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away')
    ORDER BY rank LIMIT 1
) t ON true
LEFT JOIN department td ON td.id = t.department_id
LEFT JOIN LATERAL (
    SELECT fd.name AS desk_name FROM scan fs JOIN desk fd ON fd.id = fs.desk_id
    WHERE fs.appointment_id = a.id AND fs.ticket_id = t.id
    AND (fs.outcome = 'accepted' OR fs.settled IN ('override', 'moved')) LIMIT 1
) f ON true
"""

KEEP_SCAN = """
INSERT INTO scan (id, desk_id, by_id, appointment_id, ticket_id, outcome, reason, body, scanned_at, at, channel)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

# Where somebody checks in who came to the desk of another department. $1 the right department
RIGHT_DESK = "SELECT name, location FROM desk WHERE department_id = $1 ORDER BY code LIMIT 1"

# $1 account, $2 day, $3 department or null: what a patient at a desk most likely came for
EXPECTED_TODAY = """
SELECT id FROM appointment WHERE account_id = $1 AND day = $2 AND ($3::uuid IS NULL OR department_id = $3::uuid)
AND status IN ('booked', 'no_show', 'checked_in', 'in_service')
ORDER BY CASE status WHEN 'booked' THEN 0 WHEN 'no_show' THEN 1 ELSE 2 END, starts_at, id LIMIT 1
"""

OWN_STATUS = "SELECT status FROM appointment WHERE id = $1 AND account_id = $2"

_DESKS = """
SELECT k.id, k.code, k.name, k.location, k.department_id, d.name AS department_name,
    k.poster_checks_in, k.poster_edition
FROM desk k LEFT JOIN department d ON d.id = k.department_id
"""
DESKS = (
    _DESKS
    + """WHERE ($1::uuid[] IS NULL OR k.department_id IS NULL OR k.department_id = ANY($1::uuid[]))
AND ($2::uuid IS NULL OR k.id > $2) ORDER BY k.id LIMIT $3
"""
)
ONE_DESK = _DESKS + "WHERE k.id = $1"
