"""The statements of the time machine; all but the brief of a visit read nothing but the queue's log."""

# A day's log up to a moment. When the day was opened later than that, the first plan line too: rooms are shown by it.
# $1 department, $2 day, $3 the moment
LINES = """
SELECT seq, at, kind, subject_id, act, state FROM queue_event
WHERE department_id = $1 AND day = $2 AND at <= $3
UNION ALL
(SELECT seq, at, kind, subject_id, act, state FROM queue_event
 WHERE department_id = $1 AND day = $2 AND at > $3 AND kind = 'queue' AND act = 'plan' ORDER BY seq LIMIT 1)
ORDER BY seq
"""

# The number of the last line at a moment: of the day, or of the days before, which go on into the night.
# $1 department, $2 day, $3 the moment
VERSION = """
SELECT greatest(
    (SELECT e.seq FROM queue_event e WHERE e.department_id = $1 AND e.day = $2 AND e.at <= $3
     ORDER BY e.department_id, e.day DESC, e.seq DESC LIMIT 1),
    (SELECT e.seq FROM queue_event e WHERE e.department_id = $1 AND e.day < $2 AND e.at <= $3
     ORDER BY e.department_id, e.day DESC, e.seq DESC LIMIT 1)) AS seq
"""

# What happened between two moments of a day. $1 department, $2 day, $3 and $4 moments, $5 ticket or null, $6 after
# this number, $7 at most so many
EVENTS = """
SELECT e.seq, e.at, e.kind, e.subject_id, e.act, e.from_state, e.to_state, e.by_kind, e.by_id, e.channel, e.why,
    e.sort_before, e.sort_after, e.rule, e.rule_version, e.state, s.name AS by_name
FROM queue_event e LEFT JOIN staff s ON s.id = e.by_id AND e.by_kind = 'staff'
WHERE e.department_id = $1 AND e.day = $2 AND e.at BETWEEN $3 AND $4
AND ($5::uuid IS NULL OR e.subject_id = $5::uuid) AND e.seq > $6
ORDER BY e.seq LIMIT $7
"""

# What was promised at the arrival. $1 tickets
PROMISED = """
SELECT ticket_id, at, ahead, about_minutes, within_minutes FROM wait_promise WHERE ticket_id = ANY($1::uuid[])
"""

# What hung on the boards beside the queue, kept in versions and with beginning and end.
# $1 department, $2 the moment
BOARD_SETTINGS = """
SELECT department_id, names, languages, alternates, voice, spoken, spoken_languages, version
FROM board_setting WHERE department_id = $1 AND at <= $2 ORDER BY version DESC LIMIT 1
"""
STOOD = """
SELECT kind, department_id, texts, at FROM board_message
WHERE at <= $2 AND (until IS NULL OR until > $2) AND (ended_at IS NULL OR ended_at > $2)
AND (department_id = $1 OR department_id IS NULL) ORDER BY id DESC
"""

DEPARTMENT = """
SELECT id, name, location FROM department
WHERE id::text = lower($1) OR lower(code) = lower($1) OR name = $1 ORDER BY active DESC, code LIMIT 2
"""

# The days of which something is kept, the newest first. $1 department, $2 at most so many
DAYS = """
WITH RECURSIVE kept AS (
    (SELECT day FROM queue_event WHERE department_id = $1 ORDER BY department_id DESC, day DESC LIMIT 1)
    UNION ALL
    SELECT (SELECT e.day FROM queue_event e WHERE e.department_id = $1 AND e.day < kept.day
            ORDER BY e.department_id DESC, e.day DESC LIMIT 1) FROM kept WHERE kept.day IS NOT NULL
)
SELECT day FROM kept WHERE day IS NOT NULL LIMIT $2
"""

# $1 staff, $2 department, $3 the day that is looked at, $4 today
LOOKED = """
INSERT INTO replay_look (staff_id, department_id, day, looked_on, first_at, last_at)
VALUES ($1, $2, $3, $4, app_now(), app_now())
ON CONFLICT (staff_id, department_id, day, looked_on)
DO UPDATE SET last_at = excluded.last_at, looks = replay_look.looks + 1
"""

# ---- the log's own keeping ------------------------------------------------------------------------------------------

# $1 today
UNOPENED = """
SELECT d.id FROM department d WHERE d.active AND NOT EXISTS (
    SELECT 1 FROM queue_event e WHERE e.department_id = d.id AND e.day = $1 AND e.kind = 'queue' AND e.act = 'plan')
ORDER BY d.id
"""
OPEN_DAY = "SELECT tell_queue_plan($1, $2) AS told"

# Departments with lines of days before $1, each with the number of the first line that stays.
OVERDUE = """
SELECT d.id AS department_id, (
    SELECT e.seq FROM queue_event e WHERE e.department_id = d.id AND e.day >= $1
    ORDER BY e.department_id, e.day, e.seq LIMIT 1) AS keep_from
FROM department d WHERE EXISTS (SELECT 1 FROM queue_event e WHERE e.department_id = d.id AND e.day < $1) ORDER BY d.id
"""

# From the oldest on, so that what is left has no gap: a line that an old day wrote into the night of the first day that
# stays is younger than that day's first line, and stays with it. $1 department, $2 first day that stays, $3 the number
# of the first line that stays or null, $4 at most so many
FORGET = """
WITH old AS (
    SELECT department_id, day, seq FROM queue_event
    WHERE department_id = $1 AND day < $2 AND ($3::bigint IS NULL OR seq < $3) ORDER BY seq LIMIT $4
)
DELETE FROM queue_event e USING old
WHERE e.department_id = old.department_id AND e.day = old.day AND e.seq = old.seq RETURNING e.seq
"""

# ---- the brief of a visit -------------------------------------------------------------------------------------------

# The visit that an appointment, a ticket or an encounter belongs to, with all its tickets. $1 its id
VISIT = """
WITH found AS (
    SELECT a.id AS appointment_id, NULL::uuid AS ticket_id FROM appointment a WHERE a.id = $1
    UNION ALL SELECT t.appointment_id, t.id FROM ticket t WHERE t.id = $1
    UNION ALL SELECT e.appointment_id, e.ticket_id FROM encounter e WHERE e.id = $1
), whole AS (
    SELECT f.appointment_id, f.ticket_id, ARRAY(
        SELECT f.ticket_id WHERE f.ticket_id IS NOT NULL
        UNION SELECT t.id FROM ticket t
        WHERE t.appointment_id = f.appointment_id AND t.state NOT IN ('transferred', 'voided')
        -- who was handed on or annulled is found among the tickets of the day
        UNION SELECT t.id FROM appointment a CROSS JOIN department dd
        JOIN ticket t ON t.department_id = dd.id AND t.day = a.day
        WHERE a.id = f.appointment_id AND t.appointment_id = f.appointment_id AND t.state IN ('transferred', 'voided')
        ORDER BY 1
    ) AS ticket_ids FROM found f LIMIT 1
)
SELECT w.appointment_id, w.ticket_ids, coalesce(a.department_id, t.department_id) AS department_id,
    d.name AS department_name, coalesce(t.day, a.day) AS day, coalesce(a.patient_id, t.patient_id) AS patient_id,
    coalesce(a.account_id, t.account_id) AS account_id, a.starts_at,
    ARRAY(SELECT x FROM unnest(ARRAY[a.practitioner_id] || ARRAY(
        SELECT t2.practitioner_id FROM ticket t2 WHERE t2.id = ANY(w.ticket_ids)) || ARRAY(
        SELECT e.practitioner_id FROM encounter e WHERE e.ticket_id = ANY(w.ticket_ids))) x WHERE x IS NOT NULL
    ) AS practitioner_ids,
    w.ticket_ids || ARRAY(SELECT e.id FROM encounter e WHERE e.ticket_id = ANY(w.ticket_ids))
        || CASE WHEN w.appointment_id IS NULL THEN '{}'::uuid[] ELSE ARRAY[w.appointment_id] END AS subjects
FROM whole w LEFT JOIN appointment a ON a.id = w.appointment_id
LEFT JOIN LATERAL (
    SELECT t.* FROM ticket t WHERE t.id = coalesce(w.ticket_id, w.ticket_ids[1])
) t ON true
JOIN department d ON d.id = coalesce(a.department_id, t.department_id)
"""
TICKET_DAY = "SELECT department_id, day, label, checked_in_at FROM ticket WHERE id = $1"

# Every scan, the refused ones too. $1 appointment or null, $2 tickets
SCANS = """
SELECT s.at, s.outcome, s.reason, s.body, k.name AS desk_name FROM scan s JOIN desk k ON k.id = s.desk_id
WHERE s.appointment_id = $1 OR (s.appointment_id IS NULL AND s.ticket_id = ANY($2::uuid[])) ORDER BY s.at, s.id
"""

# What was told to the patient about this visit. $1 what it is about, $2 account
MESSAGES = """
SELECT event, title, created_at FROM message WHERE subject_id = ANY($1::uuid[]) AND account_id = $2 ORDER BY id
"""

# $1 id, $2 staff, $3 patient, $4 the visit
ACCESS = """
INSERT INTO access_record (id, staff_id, patient_id, what, why, at) VALUES ($1, $2, $3, 'visit_brief', $4, app_now())
"""
