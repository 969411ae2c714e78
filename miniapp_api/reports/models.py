"""The statements of the desk's reports."""

# Every visit of a day: what was booked, and who came without a booking. $1 day
VISITS = """
SELECT a.id::text AS key, d.id AS department_id, d.name AS department, p.name AS practitioner, a.starts_at,
    a.number::text AS number, pa.name, pa.file_number, true AS is_booked, a.status,
    CASE WHEN t.state = 'left' THEN t.reason WHEN a.status = 'cancelled' THEN coalesce((
        SELECT why FROM transition WHERE subject_id = a.id AND to_state = 'cancelled' ORDER BY id DESC LIMIT 1), '')
    ELSE '' END AS why,
    pa.phone_tail <> '' AS has_phone, pa.id_number_tail <> '' AS has_id_number, a.id AS appointment_id,
    a.intake_cipher, t.checked_in_at AS came_at, t.state AS ticket_state, t.triage, t.flags,
    coalesce(t.stage, '') AS stage
FROM department d JOIN appointment a ON a.department_id = d.id AND a.day = $1
    AND a.status NOT IN ('held', 'expired', 'rescheduled')
JOIN practitioner p ON p.id = a.practitioner_id JOIN patient pa ON pa.id = a.patient_id
LEFT JOIN LATERAL (
    SELECT * FROM ticket WHERE appointment_id = a.id AND state NOT IN ('transferred', 'voided') LIMIT 1
) t ON true
UNION ALL
SELECT t.patient_id || ':' || extract(epoch FROM t.checked_in_at)::bigint, d.id, d.name, coalesce(p.name, ''),
    t.checked_in_at, t.label, pa.name, pa.file_number, false, t.state, t.reason, pa.phone_tail <> '',
    pa.id_number_tail <> '', NULL, NULL, t.checked_in_at, t.state, t.triage, t.flags, t.stage
FROM department d JOIN ticket t ON t.department_id = d.id AND t.day = $1 AND t.appointment_id IS NULL
    AND t.state NOT IN ('transferred', 'voided')
JOIN patient pa ON pa.id = t.patient_id LEFT JOIN practitioner p ON p.id = t.practitioner_id
ORDER BY starts_at, key
"""

# A report of a day is made once, whoever else is at it. Its own text, so that a test can take it out.
ONCE = "ON CONFLICT ON CONSTRAINT desk_report_once DO NOTHING"
KEEP = f"""
INSERT INTO desk_report (id, name, day, correction, due_at, made_at, body_cipher, digest, summary, told)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb) {ONCE} RETURNING id
"""

MADE = "SELECT name, day FROM desk_report WHERE correction = 0 AND day >= $1"
FIRST_TRACE = "SELECT at FROM transition ORDER BY id LIMIT 1"  # before it nobody worked with this product
# Reports that may have to be corrected: those that were sent, with the last correction of each. $1 first day
TO_CORRECT = """
SELECT name, day, max(correction) AS last, max(made_at) AS last_at, min(due_at) AS due_at FROM desk_report
WHERE day >= $1 AND name IN ('desk-arrivals', 'desk-evening') GROUP BY name, day ORDER BY day, name
"""
SENT = "SELECT id, correction, body_cipher FROM desk_report WHERE name = $1 AND day = $2 ORDER BY correction"
# Days whose visits have moved since. $1 first id that counts, $2 first day
MOVED = """
SELECT DISTINCT coalesce(a.day, t.day) AS day FROM transition tr
LEFT JOIN appointment a ON tr.machine = 'appointment' AND a.id = tr.subject_id
LEFT JOIN ticket t ON tr.machine = 'ticket' AND t.id = tr.subject_id
WHERE tr.id >= $1 AND tr.machine IN ('appointment', 'ticket') AND coalesce(a.day, t.day) >= $2
"""

# Who is told: whoever holds one of the roles. $1 roles
RECIPIENTS = """
SELECT DISTINCT s.id, s.name, s.username FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role = ANY($1::text[]) ORDER BY s.username
"""

# $1 name, $2 and $3 days
REPORTS = """
SELECT r.id, r.name, r.day, r.correction, r.due_at, r.made_at, r.body_cipher, r.digest, r.summary, r.told,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'at', x.at) ORDER BY x.at), '[]')
     FROM desk_report_reading x JOIN staff s ON s.id = x.staff_id WHERE x.report_id = r.id) AS read_by
FROM desk_report r WHERE r.name = $1 AND r.day BETWEEN $2 AND $3 ORDER BY r.day DESC, r.correction
"""
ONE = "SELECT id, name FROM desk_report WHERE id = $1"
READ = """
INSERT INTO desk_report_reading (report_id, staff_id, at) VALUES ($1, $2, app_now()) ON CONFLICT DO NOTHING
RETURNING report_id
"""
LOG_EXPORT = """
INSERT INTO report_export (id, name, from_day, to_day, department_id, format, lines, by_id, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, app_now())
"""
EXPORTS = """
SELECT e.name, e.from_day, e.to_day, d.name AS department, e.format, e.lines, e.at, s.name AS by_name
FROM report_export e JOIN staff s ON s.id = e.by_id LEFT JOIN department d ON d.id = e.department_id
ORDER BY e.id DESC LIMIT $1
"""
