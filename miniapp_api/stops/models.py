"""Acts on sessions: the statements that look at what may be stopped, and close it.

Locks are taken in this order: stopped visit, person, slot, appointment; several of a kind by id.
"""

# ---- what may be stopped -------------------------------------------------------------------------------------------

# $1 departments or null, $2 practitioner or null, $3 and $4 days, $5 how many, $6 one session or null
SESSIONS_BETWEEN = """
SELECT se.id, se.day, se.starts_at, se.ends_at, se.visit_type, se.status, se.version, se.department_id,
       d.name AS department_name, se.practitioner_id, p.name AS practitioner_name, p.title AS practitioner_title,
       se.room_id, r.name AS room_name
FROM session se JOIN department d ON d.id = se.department_id JOIN practitioner p ON p.id = se.practitioner_id
LEFT JOIN room r ON r.id = se.room_id
WHERE ($1::uuid[] IS NULL OR se.department_id = ANY($1)) AND ($2::uuid IS NULL OR se.practitioner_id = $2)
  AND se.day BETWEEN $3 AND $4 AND se.ends_at > app_now() AND ($6::uuid IS NULL OR se.id = $6)
ORDER BY se.starts_at, se.id LIMIT $5
"""
SESSIONS = """
SELECT se.id, se.day, se.starts_at, se.ends_at, se.visit_type, se.status, se.version, se.department_id,
       d.name AS department_name, se.practitioner_id, p.name AS practitioner_name, p.title AS practitioner_title,
       se.room_id, r.name AS room_name, se.opens_at, se.is_drawing
FROM session se JOIN department d ON d.id = se.department_id JOIN practitioner p ON p.id = se.practitioner_id
LEFT JOIN room r ON r.id = se.room_id
WHERE se.id = ANY($1) ORDER BY se.starts_at, se.id
"""
BANDS = """
SELECT s.id, s.session_id, s.starts_at, s.ends_at, s.pool, s.capacity, s.taken, s.kept, s.is_stopped,
       (SELECT count(*) FROM appointment a WHERE a.slot_id = s.id AND a.status = 'booked') AS booked,
       (SELECT count(*) FROM appointment a WHERE a.slot_id = s.id AND a.status = 'held') AS held,
       (SELECT count(*) FROM appointment a WHERE a.slot_id = s.id AND a.status IN ('checked_in', 'in_service')) AS here
FROM slot s WHERE s.session_id = ANY($1) ORDER BY s.starts_at, s.pool, s.id
"""

ROOMS = "SELECT id, name, location FROM room WHERE department_id = $1 AND active ORDER BY name, id"
NAMES_OF_PRACTITIONERS = """
SELECT p.id, p.name, p.title, d.name AS department_name FROM practitioner p JOIN department d ON d.id = p.department_id
WHERE p.id = ANY($1)
"""

# ---- the act -------------------------------------------------------------------------------------------------------

LOCK_SLOTS = "SELECT id FROM slot WHERE session_id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
# $1 sessions with $2 the versions in which they were seen
STOP_SESSIONS = """
UPDATE session SET status = 'stopped', version = session.version + 1
FROM unnest($1::uuid[], $2::integer[]) AS seen (id, version)
WHERE session.id = seen.id AND session.version = seen.version AND session.status <> 'stopped' RETURNING session.id
"""
TOUCH_SESSIONS = "UPDATE session SET version = version + 1 WHERE id = ANY($1) AND status <> 'stopped' RETURNING id"
STOP_SLOTS = """
UPDATE slot SET is_stopped = true, kept = 0, version = version + 1 WHERE id = ANY($1) AND NOT is_stopped RETURNING id
"""
# but those that another act keeps shut. $1 act, $2 session
REOPEN_SLOTS = """
UPDATE slot SET is_stopped = false, version = slot.version + 1 FROM stopped_session mine
WHERE mine.stop_id = $1 AND mine.session_id = $2 AND slot.session_id = $2 AND slot.is_stopped
  AND (mine.slot_ids IS NULL OR slot.id = ANY(mine.slot_ids))
  AND NOT EXISTS (SELECT FROM stopped_session o WHERE o.session_id = $2 AND o.id <> mine.id AND o.reopened_at IS NULL
                  AND o.to_session_id IS NULL AND (o.slot_ids IS NULL OR slot.id = ANY(o.slot_ids)))
RETURNING slot.id
"""
LOCK_STOPPED_SESSION = """
SELECT x.id, x.slot_ids, x.to_session_id, x.reopened_at, se.department_id, se.practitioner_id, se.room_id, se.starts_at,
       se.ends_at
FROM stopped_session x JOIN session se ON se.id = x.session_id
WHERE x.stop_id = $1 AND x.session_id = $2 FOR NO KEY UPDATE OF x
"""
LOCK_WAITING = """
SELECT id FROM stopped_visit WHERE stop_id = $1 AND session_id = $2 AND state = 'undecided' ORDER BY id FOR UPDATE
"""
MARK_REOPENED = """
UPDATE stopped_session SET reopened_at = app_now(), reopened_by = $3, reopened_why = $4
WHERE stop_id = $1 AND session_id = $2
"""
REOPEN_SESSION = """
UPDATE session SET status = 'open', version = version + 1 WHERE id = $1 AND status = 'stopped' RETURNING id
"""
MOVE_ROOM = "UPDATE session SET room_id = $2, version = version + 1 WHERE id = $1 AND status <> 'stopped' RETURNING id"
INSERT_STOP = """
INSERT INTO stop (id, kind, policy, reason, state, by_id, created_at) VALUES ($1, $2, $3, $4, 'deciding', $5, app_now())
"""
INSERT_SESSION = """
INSERT INTO stopped_session (id, stop_id, session_id, slot_ids, to_session_id, opens_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
# Who is affected. $1 slots
AFFECTED = """
SELECT id, status, slot_id FROM appointment WHERE slot_id = ANY($1) AND status IN ('booked', 'held')
ORDER BY starts_at, number, id
"""
# $1 new rows for $2 appointments with $3 the place that a session that moves keeps for them; $4 the stop.
# Whoever has a row already keeps it: one outcome for each booking.
INSERT_VISITS = """
INSERT INTO stopped_visit (id, stop_id, session_id, appointment_id, account_id, patient_id, department_id, visit_at,
                           is_hold, to_slot_id, state, created_at)
SELECT said.id, $4, a.session_id, a.id, a.account_id, a.patient_id, a.department_id, a.starts_at,
       a.status = 'held', said.to_slot_id, 'undecided', app_now()
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS said (id, appointment_id, to_slot_id)
JOIN appointment a ON a.id = said.appointment_id AND a.status IN ('booked', 'held')
ON CONFLICT (appointment_id) WHERE state <> 'void' DO NOTHING RETURNING id
"""
# The practitioner or the room is taken. $1 practitioner, $2 room or null, $3 and $4 hours, $5 sessions that make room
IN_THE_WAY = """
SELECT se.id, se.practitioner_id = $1 AS is_practitioner FROM session se
WHERE (se.practitioner_id = $1 OR se.room_id = $2) AND se.status <> 'stopped'
  AND se.day BETWEEN ($3::timestamptz - interval '2 days')::date AND ($4::timestamptz + interval '2 days')::date
  AND se.starts_at < $4 AND se.ends_at > $3 AND NOT se.id = ANY($5) LIMIT 1
"""
PLACE_IN_ROOM = """
SELECT p.id AS practitioner_id, r.id AS room_id FROM practitioner p
LEFT JOIN room r ON r.id = $2 AND r.department_id = $3 AND r.active
WHERE p.id = $1 AND p.department_id = $3 AND p.active
"""
BANDS_OF = "SELECT id, starts_at, pool FROM slot WHERE session_id = $1"

INVARIANTS = (
    (
        "Everybody who is booked in a stopped band waits for a decision",
        "SELECT a.id FROM appointment a JOIN slot s ON s.id = a.slot_id AND s.is_stopped"
        " WHERE a.status IN ('held', 'booked') AND NOT EXISTS"
        " (SELECT FROM stopped_visit v WHERE v.appointment_id = a.id AND v.state = 'undecided')",
    ),
    (
        "Nobody who has an outcome still has the place that was stopped",
        "SELECT v.id FROM stopped_visit v JOIN appointment a ON a.id = v.appointment_id"
        " AND a.status IN ('held', 'booked')"
        " WHERE v.state IN ('asked', 'settled') AND v.new_appointment_id IS DISTINCT FROM v.appointment_id",
    ),
    (
        "Places are held only for who is still asked",
        "SELECT x.id FROM stopped_alternative x JOIN stopped_visit v ON v.id = x.stopped_visit_id"
        " JOIN appointment a ON a.id = x.appointment_id AND a.status = 'held' WHERE v.state <> 'asked'",
    ),
    (
        "A fee goes back only to who has no place instead",
        "SELECT r.id FROM refund_due r JOIN appointment a ON a.id = r.appointment_id"
        " WHERE a.status NOT IN ('cancelled', 'expired')",
    ),
)
