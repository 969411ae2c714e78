"""What a desk takes along for a day, what a merge reads and writes, and the conflicts that a person settles."""

from tortoise import fields

from server.db import Row

DESK = "SELECT id, name, location, department_id FROM desk WHERE id = $1"

# The departments that a desk serves. $1 departments or null
DEPARTMENTS = """
SELECT id, name, location FROM department
WHERE active AND ($1::uuid[] IS NULL OR id = ANY($1::uuid[])) ORDER BY id
"""

# Whom a desk may see today, each with what decides and what a guide needs to find them. No phone, no identity number.
# $1 day    $2 departments or null
PEOPLE = """
SELECT a.id, a.slot_id, a.number, a.status, p.name, p.initials, p.phone_tail, p.file_number, t.label, t.checked_in_at
FROM appointment a JOIN patient p ON p.id = a.patient_id
LEFT JOIN LATERAL (
    SELECT label, checked_in_at FROM ticket WHERE appointment_id = a.id AND state NOT IN ('transferred', 'voided')
    ORDER BY id DESC LIMIT 1
) t ON true
WHERE a.day = $1 AND ($2::uuid[] IS NULL OR a.department_id = ANY($2::uuid[])) AND a.status NOT IN ('held', 'expired')
ORDER BY a.id
"""

# The bands of a day, with the times of check-in by the department's rules.
# $1 day    $2 departments or null
BANDS = """
SELECT s.id AS slot_id, se.department_id, d.name AS department, pr.name AS practitioner, r.name AS room_name,
    r.location AS room_location, d.location AS department_location, s.starts_at, s.ends_at,
    s.starts_at - make_interval(mins => d.check_in_opens_minutes) AS opens_at,
    s.ends_at + make_interval(mins => d.check_in_closes_minutes) AS closes_at,
    s.is_stopped OR se.status = 'stopped' AS is_stopped
FROM session se JOIN slot s ON s.session_id = se.id JOIN department d ON d.id = se.department_id
JOIN practitioner pr ON pr.id = se.practitioner_id LEFT JOIN room r ON r.id = se.room_id
WHERE se.day = $1 AND ($2::uuid[] IS NULL OR se.department_id = ANY($2::uuid[]))
"""

# One desk at a time merges scans of one appointment: what it decides by must not change under its hands.
LOCK = "SELECT id FROM appointment WHERE id = $1 FOR NO KEY UPDATE"

# The ticket of an appointment, and by which scan it counts; and when a check-in of it was last taken back.
# $1 appointment
STANDING = """
SELECT t.id, t.state, t.checked_in_at, t.reorderings = '[]' AS is_as_it_came,
    s.id AS scan_id, s.offline_outcome IS NOT NULL AS is_offline, k.name AS desk_name,
    (SELECT max(tr.at) FROM ticket v JOIN transition tr ON tr.subject_id = v.id AND tr.to_state = 'voided'
     WHERE v.appointment_id = $1) AS annulled_at
FROM (VALUES (1)) AS one (row)
LEFT JOIN LATERAL (
    SELECT * FROM ticket WHERE appointment_id = $1 AND state NOT IN ('transferred', 'voided') LIMIT 1
) t ON true
LEFT JOIN LATERAL (
    SELECT id, desk_id, offline_outcome FROM scan WHERE ticket_id = t.id AND outcome = 'accepted' LIMIT 1
) s ON true
LEFT JOIN desk k ON k.id = s.desk_id
"""

# $1 scan    $2 desk    $3 who sends it    $4 appointment    $5 ticket    $6 outcome    $7 reason    $8 answer
# $9 device's time    $10 device    $11 its number of the scan    $12 and $13 what the device said    $14 corrected time
# $15 by which clock
KEEP = """
INSERT INTO scan (id, desk_id, by_id, appointment_id, ticket_id, outcome, reason, body, scanned_at, device_id,
    device_order, offline_outcome, offline_reason, corrected_at, time_source, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, app_now())
"""

# An arrival has kept its scan already: what makes it an offline one comes to it.
# $1 scan    $2 answer    $3 device    $4 its number of the scan    $5 and $6 what the device said    $7 corrected time
# $8 by which clock
MARK = """
UPDATE scan SET body = $2, device_id = $3, device_order = $4, offline_outcome = $5, offline_reason = $6,
    corrected_at = $7, time_source = $8, at = app_now() WHERE id = $1
"""

# Of the scans of one ticket the first keeps it; what the others were told stays as it was told.
# $1 ticket    $2 the first
LATER = """
UPDATE scan SET outcome = 'already_checked_in' WHERE ticket_id = $1 AND outcome = 'accepted' AND id <> $2
"""

# $1 departments of the guide or null    $2 desk or null    $3 the last of the page before or null    $4 how many
CONFLICTS = """
SELECT c.id, c.reason, c.found_at, c.version, c.desk_id, k.name AS desk_name, c.appointment_id, c.scan_id,
    s.corrected_at, s.time_source, s.scanned_at, s.body, d.name AS department_name, p.name AS patient_name,
    p.phone_tail, a.starts_at, a.ends_at, a.status, t.label
FROM offline_conflict c JOIN scan s ON s.id = c.scan_id JOIN desk k ON k.id = c.desk_id
LEFT JOIN appointment a ON a.id = c.appointment_id LEFT JOIN patient p ON p.id = a.patient_id
LEFT JOIN department d ON d.id = c.department_id
LEFT JOIN LATERAL (
    SELECT label FROM ticket WHERE appointment_id = a.id AND state NOT IN ('transferred', 'voided') LIMIT 1
) t ON true
WHERE c.state = 'open' AND ($2::uuid IS NULL OR c.desk_id = $2)
AND ($1::uuid[] IS NULL OR coalesce(c.department_id, k.department_id) = ANY($1::uuid[])
     OR coalesce(c.department_id, k.department_id) IS NULL)
AND ($3::uuid IS NULL OR c.id > $3) ORDER BY c.id LIMIT $4
"""

TIME_OF_SCAN = "SELECT corrected_at AS at, time_source FROM scan WHERE id = $1"
FOUND = """
SELECT k.name AS desk_name, d.name AS department_name, s.corrected_at
FROM offline_conflict c JOIN desk k ON k.id = c.desk_id JOIN scan s ON s.id = c.scan_id
LEFT JOIN department d ON d.id = c.department_id WHERE c.id = $1
"""
OPEN_OF = "SELECT id FROM offline_conflict WHERE appointment_id = $1 AND state = 'open' ORDER BY id"


class Conflict(Row):
    """Somebody was let in without the network, and the server cannot: a person decides."""

    scan_id = fields.UUIDField()
    desk_id = fields.UUIDField()
    department_id = fields.UUIDField(null=True)
    appointment_id = fields.UUIDField(null=True)
    reason = fields.TextField()
    state = fields.TextField()
    found_at = fields.DatetimeField()
    act = fields.TextField(null=True)
    note = fields.TextField(default="")  # why a person decided so
    ticket_id = fields.UUIDField(null=True)
    resolved_by = fields.UUIDField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "offline_conflict"


INVARIANTS = (
    (
        "Nobody whom a desk let in without the network was forgotten: there is a ticket, or a person is asked",
        """SELECT s.id::text AS broken FROM scan s WHERE s.offline_outcome IN ('accepted', 'unsure')
           AND s.outcome = 'refused' AND NOT EXISTS (SELECT 1 FROM offline_conflict c WHERE c.scan_id = s.id)""",
    ),
    (
        "A ticket counts from one scan",
        """SELECT ticket_id::text AS broken FROM scan WHERE outcome = 'accepted' AND ticket_id IS NOT NULL
           GROUP BY ticket_id HAVING count(*) > 1""",
    ),
)
