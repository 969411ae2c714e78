"""The table of triages, and the statements around it."""

from typing import Any

from tortoise import fields

from server.db import Row


class TicketTriage(Row):
    """Somebody said how urgent a ticket is. The reason is sealed for `ticket_triage.reason_cipher`."""

    ticket_id = fields.UUIDField()
    at = fields.DatetimeField()
    by_id = fields.UUIDField(null=True)
    was_triage = fields.TextField()
    was_flags: Any = fields.JSONField()
    triage = fields.TextField()
    flags: Any = fields.JSONField()
    reason_cipher = fields.BinaryField(null=True)
    sort_before = fields.DatetimeField(null=True)
    sort_after = fields.DatetimeField()
    confirm_due_at = fields.DatetimeField(null=True)
    confirmed_by = fields.UUIDField(null=True)
    confirmed_at = fields.DatetimeField(null=True)
    told_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "ticket_triage"


# Who works in the rooms of a department. $1 department
ROOM_STAFF = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role = 'room' AND r.department_id = $1 ORDER BY s.id
"""
# Whoever works in the emergency department. $1 the one that was chosen, or null for those of emergency medicine
EMERGENCY_STAFF = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id JOIN department d ON d.id = r.department_id
WHERE s.active AND r.role IN ('room', 'guide', 'supervisor', 'department_head') AND d.active
AND CASE WHEN $1::uuid IS NULL THEN d.speciality_code = '20' OR d.speciality_code LIKE '20.%' ELSE d.id = $1 END
ORDER BY s.id
"""
# Who answers for the guides of a department. $1 department
SUPERVISORS = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role = 'supervisor' AND (r.department_id IS NULL OR r.department_id = $1) ORDER BY s.id
"""

# Only the first of two who confirm at once. $1 line, $2 who, $3 the moment
CONFIRM_GUARD = "confirmed_at IS NULL"
CONFIRM = f"""
UPDATE ticket_triage SET confirmed_by = $2, confirmed_at = $3
WHERE id = $1 AND settled_at IS NULL AND {CONFIRM_GUARD} RETURNING id
"""

OF_TICKET = """
SELECT tt.*, s.name AS by_name, c.name AS confirmed_by_name FROM ticket_triage tt
LEFT JOIN staff s ON s.id = tt.by_id LEFT JOIN staff c ON c.id = tt.confirmed_by
WHERE tt.ticket_id = $1 ORDER BY tt.id DESC
"""

# Urgent tickets that still wait for a second person's word, the oldest first. $1 departments or null, $2 day
UNCONFIRMED = """
SELECT tt.id, tt.ticket_id, tt.at, tt.confirm_due_at, tt.by_id, s.name AS by_name, t.label, t.state, t.department_id,
    d.name AS department_name, p.name AS patient_name, tt.reason_cipher
FROM ticket_triage tt JOIN ticket t ON t.id = tt.ticket_id JOIN department d ON d.id = t.department_id
JOIN patient p ON p.id = t.patient_id LEFT JOIN staff s ON s.id = tt.by_id
WHERE tt.settled_at IS NULL AND tt.confirm_due_at IS NOT NULL AND tt.confirmed_at IS NULL AND t.day = $2
AND ($1::uuid[] IS NULL OR t.department_id = ANY($1::uuid[])) ORDER BY tt.id LIMIT 200
"""
# How the urgent triages of a day went. $1 departments or null, $2 day
COUNTED = """
SELECT count(*) AS urgent, count(*) FILTER (WHERE tt.confirmed_at IS NOT NULL) AS confirmed,
    count(*) FILTER (WHERE tt.confirm_due_at IS NOT NULL AND tt.confirmed_at IS NULL AND tt.settled_at IS NULL)
        AS unconfirmed,
    count(*) FILTER (WHERE EXISTS (SELECT FROM ticket_triage l WHERE l.ticket_id = tt.ticket_id AND l.id > tt.id
        AND l.was_triage = 'urgent' AND l.triage <> 'urgent')) AS lowered
FROM ticket_triage tt JOIN ticket t ON t.id = tt.ticket_id
WHERE t.day = $2 AND tt.triage = 'urgent' AND tt.was_triage <> 'urgent'
AND ($1::uuid[] IS NULL OR t.department_id = ANY($1::uuid[]))
"""

# Lines that nobody needs to watch any more: the room has begun, or the ticket is over.
SETTLED = """
SELECT tt.id, tt.ticket_id FROM ticket_triage tt JOIN ticket t ON t.id = tt.ticket_id
WHERE tt.settled_at IS NULL AND t.state IN ('in_service', 'done', 'left', 'transferred', 'voided')
ORDER BY tt.id LIMIT $1
"""
SETTLE = "UPDATE ticket_triage SET settled_at = $2 WHERE id = $1 AND settled_at IS NULL RETURNING id"
# Urgent tickets without a line: handed on from another department, whose line has ended there. $1 day
CARRIED = """
SELECT t.id FROM ticket t WHERE t.day = $1 AND t.triage = 'urgent'
AND t.state IN ('waiting', 'ready', 'called', 'missed', 'held', 'away')
AND NOT EXISTS (SELECT FROM ticket_triage tt WHERE tt.ticket_id = t.id) ORDER BY t.id LIMIT $2
"""
# Not confirmed in time. $1 the moment
LATE = """
SELECT id FROM ticket_triage WHERE settled_at IS NULL AND confirmed_at IS NULL AND told_at IS NULL
AND confirm_due_at <= $1 ORDER BY id LIMIT $2
"""
TELL_LATE = """
UPDATE ticket_triage tt SET told_at = $2 FROM ticket t JOIN department d ON d.id = t.department_id, staff s
WHERE tt.id = $1 AND tt.settled_at IS NULL AND tt.confirmed_at IS NULL AND tt.told_at IS NULL
AND t.id = tt.ticket_id AND s.id = tt.by_id
RETURNING tt.id, tt.ticket_id, tt.at, t.label, t.department_id, d.name AS department_name, s.name AS by_name
"""
INVARIANTS = (
    (
        "An urgent ticket that waits has a line that says who said so",
        "SELECT t.id FROM ticket t WHERE t.triage = 'urgent' AND t.state = 'waiting'"
        " AND t.checked_in_at < app_now() - interval '1 minute'"
        " AND NOT EXISTS (SELECT FROM ticket_triage tt WHERE tt.ticket_id = t.id)",
    ),
)
