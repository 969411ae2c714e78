"""Who has a calendar, and what it shows."""

PRACTITIONER = "SELECT id, name, department_id FROM practitioner WHERE id = $1 AND active"
PRACTITIONER_OF_STAFF = "SELECT practitioner_id FROM staff WHERE id = $1"

# One address at a time: the one before dies with the new one. $1 practitioner
REVOKE = """
UPDATE calendar_feed SET revoked_at = app_now() WHERE practitioner_id = $1 AND revoked_at IS NULL RETURNING id
"""
# $1 id, $2 practitioner, $3 hash of the address, $4 who made it
MAKE = (
    "INSERT INTO calendar_feed (id, practitioner_id, token_hash, made_by, made_at) VALUES ($1, $2, $3, $4, app_now())"
)
FEED_OF = """
SELECT f.made_at, s.name AS made_by FROM calendar_feed f JOIN staff s ON s.id = f.made_by
WHERE f.practitioner_id = $1 AND f.revoked_at IS NULL
"""
OWNER = """
SELECT p.id, p.name FROM calendar_feed f JOIN practitioner p ON p.id = f.practitioner_id
WHERE f.token_hash = $1 AND f.revoked_at IS NULL
"""
# $1 practitioner, $2 and $3 days
SESSIONS = """
SELECT se.id, se.version, se.starts_at, se.ends_at, se.visit_type, se.status, d.name AS department_name,
       concat_ws(' ', coalesce(nullif(r.location, ''), d.location), r.name) AS location,
       (SELECT sum(s.capacity) FROM slot s WHERE s.session_id = se.id) AS capacity,
       (SELECT sum(s.taken) FROM slot s WHERE s.session_id = se.id) AS taken
FROM session se JOIN department d ON d.id = se.department_id LEFT JOIN room r ON r.id = se.room_id
WHERE se.practitioner_id = $1 AND se.day BETWEEN $2 AND $3 ORDER BY se.starts_at, se.id
"""
