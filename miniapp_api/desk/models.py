"""The statements of the guide desk's lists."""

# The day's appointments and walk-ins, in the order of their times. It asks for a patient by name, pinyin, initials,
# the last digits of the phone, the whole phone (by its blind index) or the file number.
# $1 day    $2 departments or null    $3 state or null    $4 what is asked, as a pattern or null    $5 the same as it is
# $6 blind index of a phone or null    $7 id of the last row of the page before    $8 limit
ARRIVALS = """
WITH day AS (
    SELECT a.id, a.id AS appointment_id, a.starts_at AS at, a.ends_at, a.patient_id, a.department_id, a.practitioner_id,
        a.number, a.channel, a.intake_cipher IS NOT NULL AS has_intake,
        CASE a.status WHEN 'booked' THEN 'expected' WHEN 'held' THEN 'expected' ELSE a.status END AS state,
        t.id AS ticket_id, t.label, t.state AS ticket_state, t.checked_in_at, t.triage, t.flags
    FROM appointment a LEFT JOIN LATERAL (
        SELECT * FROM ticket WHERE appointment_id = a.id AND state NOT IN ('transferred', 'voided') LIMIT 1
    ) t ON true
    WHERE a.day = $1 AND ($2::uuid[] IS NULL OR a.department_id = ANY($2::uuid[]))
    AND a.status NOT IN ('rescheduled', 'expired')
    UNION ALL
    SELECT t.id, NULL, t.checked_in_at, NULL, t.patient_id, t.department_id, t.practitioner_id, NULL, 'walk_in', false,
        CASE WHEN t.state IN ('waiting', 'called', 'missed', 'held') THEN 'checked_in'
             WHEN t.state IN ('in_service', 'away') THEN 'in_service' WHEN t.state = 'done' THEN 'completed'
             ELSE t.state END,
        t.id, t.label, t.state, t.checked_in_at, t.triage, t.flags
    FROM ticket t WHERE t.day = $1 AND t.appointment_id IS NULL
    AND ($2::uuid[] IS NULL OR t.department_id = ANY($2::uuid[])) AND t.state NOT IN ('transferred', 'voided')
)
SELECT day.*, p.name AS patient_name, p.phone_tail, p.file_number, d.name AS department_name,
    pr.name AS practitioner_name
FROM day JOIN patient p ON p.id = day.patient_id JOIN department d ON d.id = day.department_id
LEFT JOIN practitioner pr ON pr.id = day.practitioner_id
WHERE ($3::text IS NULL OR day.state = $3::text OR ($3::text = 'arrived' AND day.ticket_id IS NOT NULL))
AND ($4::text IS NULL OR p.name ILIKE $4::text OR p.pinyin LIKE $4::text OR p.initials LIKE $4::text
     OR p.phone_tail = $5::text OR lower(p.file_number) = $5::text OR p.phone_index = $6::bytea)
AND ($7::uuid IS NULL OR (day.at, day.id) > ((SELECT at FROM day WHERE id = $7::uuid), $7::uuid))
ORDER BY day.at, day.id LIMIT $8
"""

# How many steps today's appointments and tickets have taken. Every one leaves a line of history; the day of an
# appointment is a look by its id, for the bookings of other days must not wake the desk.
# $1 first id that counts    $2 day
CHANGES = """
SELECT count(*) AS steps FROM transition t
WHERE t.id >= $1 AND CASE t.machine WHEN 'ticket' THEN true
    WHEN 'appointment' THEN (SELECT a.day FROM appointment a WHERE a.id = t.subject_id) = $2 ELSE false END
"""

# Whom the desk may register: a person with a file, found by id.
PATIENT = "SELECT id, name, account_id FROM patient WHERE id = $1 AND deleted_at IS NULL"

# Whom the desk may register: a person with a file, found by id.
PATIENT = "SELECT id, name, account_id FROM patient WHERE id = $1 AND deleted_at IS NULL"
