"""The statements of bookings by staff."""

PATIENT = "SELECT id, name, account_id, person_id FROM patient WHERE id = $1 AND deleted_at IS NULL"

# Of the person, whichever of their files the caller named: what is open under one stands in the way under another.
# $1 patient, $2 departments, null for all
OPEN_OF_PERSON = """
SELECT a.id FROM appointment a
WHERE a.person_id = (SELECT person_id FROM patient WHERE id = $1) AND a.status IN ('held', 'booked')
AND a.ends_at > app_now() AND ($2::uuid[] IS NULL OR a.department_id = ANY($2)) ORDER BY a.starts_at, a.id
"""

# Persons are locked before slots and slots before sessions, as everywhere.
LOCK_PERSON = "SELECT id FROM person WHERE id = $1 FOR NO KEY UPDATE"
LOCK_SLOT = "SELECT id, taken, kept, capacity FROM slot WHERE id = $1 FOR NO KEY UPDATE"

# What keeps a practitioner from granting more than the hospital allows. A name of its own, so that a test can take it
# out. $1 session, $2 the limit
GUARD = "extras < $2::integer"
_GRANT = "UPDATE session SET extras = extras + 1 WHERE id = $1 AND {guard} RETURNING extras"


def grant_statement(guard: str = GUARD) -> str:
    """Give the statement that counts an extra place; a test runs it with another guard."""
    return _GRANT.format(guard=guard)


GRANT = grant_statement()
# adjusted: what was changed by hand stays when the plan is made anew
WIDEN = "UPDATE slot SET capacity = capacity + 1, adjusted = adjusted + 1, version = version + 1 WHERE id = $1"
RECORD = """
INSERT INTO extra_place (appointment_id, session_id, by_id, reason, at) VALUES ($1, $2, $3, $4, app_now())
"""
EXTRAS_OF = """
SELECT e.appointment_id, e.reason, e.at, s.name AS by_name, p.name AS patient_name, a.status, a.number, a.starts_at
FROM extra_place e JOIN appointment a ON a.id = e.appointment_id JOIN patient p ON p.id = a.patient_id
JOIN staff s ON s.id = e.by_id
WHERE e.session_id = $1 ORDER BY e.at, e.appointment_id
"""
PRACTITIONER_OF_STAFF = "SELECT practitioner_id FROM staff WHERE id = $1"

INVARIANTS = (
    (
        "A session counts the extra places that are in use",
        "SELECT se.id, se.extras, count(a.id) AS granted FROM session se"
        " LEFT JOIN appointment a ON a.session_id = se.id AND a.is_extra"
        " AND a.status NOT IN ('cancelled', 'expired', 'rescheduled')"
        " GROUP BY se.id HAVING se.extras <> count(a.id)",
    ),
    (
        "Every extra place has a record of who granted it",
        "SELECT a.id FROM appointment a WHERE a.is_extra AND NOT EXISTS"
        " (SELECT FROM extra_place e WHERE e.appointment_id = a.id)",
    ),
)
