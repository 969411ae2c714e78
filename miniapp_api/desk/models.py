"""The statements of the guide desk's lists."""

# The day's appointments and walk-ins. Who has missed the call is told from who waits.
# $1 day    $2 departments or null
_DAY = """
WITH day AS (
    SELECT a.id, a.id AS appointment_id, a.starts_at AS at, a.ends_at, a.patient_id, a.department_id, a.practitioner_id,
        a.number, a.channel, a.intake_cipher IS NOT NULL AS has_intake,
        CASE a.status WHEN 'booked' THEN 'expected' WHEN 'held' THEN 'expected' ELSE a.status END AS state,
        t.id AS ticket_id, t.label, t.state AS ticket_state, t.checked_in_at, t.greeted_at, t.triage, t.flags
    FROM appointment a LEFT JOIN LATERAL (
        SELECT * FROM ticket WHERE appointment_id = a.id AND state NOT IN ('transferred', 'voided') LIMIT 1
    ) t ON true
    WHERE a.day = $1 AND ($2::uuid[] IS NULL OR a.department_id = ANY($2::uuid[]))
    AND a.status NOT IN ('rescheduled', 'expired')
    UNION ALL
    SELECT t.id, NULL, t.checked_in_at, NULL, t.patient_id, t.department_id, t.practitioner_id, NULL, 'walk_in', false,
        CASE WHEN t.state IN ('waiting', 'ready', 'called', 'missed', 'held') THEN 'checked_in'
             WHEN t.state IN ('in_service', 'away') THEN 'in_service' WHEN t.state = 'done' THEN 'completed'
             ELSE t.state END,
        t.id, t.label, t.state, t.checked_in_at, t.greeted_at, t.triage, t.flags
    FROM ticket t WHERE t.day = $1 AND t.appointment_id IS NULL
    AND ($2::uuid[] IS NULL OR t.department_id = ANY($2::uuid[])) AND t.state NOT IN ('transferred', 'voided')
)
"""

# How many are in each state; a walk-in counts like the others.
COUNTS = (
    _DAY
    + """SELECT CASE WHEN state = 'checked_in' THEN CASE ticket_state WHEN 'missed' THEN 'missed' ELSE 'waiting' END
    ELSE state END AS state, count(*) AS count
FROM day GROUP BY 1"""
)

# In the order of their times. It asks for a patient by name, pinyin, initials, the last digits of the phone, the whole
# phone or the whole identity number (by their blind indexes) or the file number. `waiting` is who is here and has not
# missed the call.
# $3 state or null    $4 what is asked, as a pattern or null    $5 the same as it is
# $6 blind index of a phone or null    $7 id of the last row of the page before    $8 limit
# $9 blind index of an identity number or null
ARRIVALS = (
    _DAY
    + """SELECT day.*, p.name AS patient_name, p.phone_tail, p.file_number, d.name AS department_name,
    pr.name AS practitioner_name,
    (SELECT s.channel FROM scan s WHERE s.ticket_id = day.ticket_id
     AND (s.outcome = 'accepted' OR s.settled IN ('override', 'moved')) LIMIT 1) AS arrived_by
FROM day JOIN patient p ON p.id = day.patient_id JOIN department d ON d.id = day.department_id
LEFT JOIN practitioner pr ON pr.id = day.practitioner_id
WHERE ($3::text IS NULL OR day.state = $3::text OR ($3::text = 'arrived' AND day.ticket_id IS NOT NULL)
     OR ($3::text = 'missed' AND day.ticket_state = 'missed')
     OR ($3::text = 'waiting' AND day.state = 'checked_in' AND day.ticket_state <> 'missed'))
AND ($4::text IS NULL OR p.name ILIKE $4::text OR p.pinyin LIKE $4::text OR p.initials LIKE $4::text
     OR p.phone_tail = $5::text OR lower(p.file_number) = $5::text OR p.phone_index = $6::bytea
     OR p.id_number_index = $9::bytea)
AND ($7::uuid IS NULL OR (day.at, day.id) > ((SELECT at FROM day WHERE id = $7::uuid), $7::uuid))
ORDER BY day.at, day.id LIMIT $8
"""
)

# How far the logs of the queues have come, and how many steps today's appointments have taken: every change of a ticket
# is a line of its queue's log. The day of an appointment is a look by its id, for the bookings of other days must not
# wake the desk.
# $1 first id that counts    $2 day
CHANGES = """
SELECT count(*) AS steps, (SELECT sum(seq)::bigint FROM live_topic WHERE topic LIKE 'queue:%') AS lines
FROM transition t
WHERE t.id >= $1 AND t.machine = 'appointment' AND (SELECT a.day FROM appointment a WHERE a.id = t.subject_id) = $2
"""

# Whom the desk may register: a person with a file, found by id.
PATIENT = "SELECT id, name, account_id FROM patient WHERE id = $1 AND deleted_at IS NULL"

BORN = "SELECT birth_date FROM patient WHERE id = $1"

# People with a file, whoever made it. Only by something that somebody who stands at the desk says or shows.
# $1 the pattern    $2 the same as it is    $3 blind index of a phone    $4 of an identity number    $5 limit
PATIENTS = """
SELECT id, name, phone_tail, file_number, birth_date, gender FROM patient
WHERE deleted_at IS NULL AND (name ILIKE $1 OR pinyin LIKE $1 OR initials LIKE $1 OR phone_tail = $2
    OR lower(file_number) = $2 OR phone_index = $3::bytea OR id_number_index = $4::bytea)
ORDER BY (lower(name) = $2 OR pinyin = $2 OR initials = $2) DESC, id DESC LIMIT $5
"""

# Where somebody with an appointment waits, and when that doctor begins.
SESSION_OF_TICKET = """
SELECT s.starts_at, r.name AS room_name, r.location AS room_location
FROM ticket t JOIN appointment a ON a.id = t.appointment_id AND a.day = t.day JOIN session s ON s.id = a.session_id
LEFT JOIN room r ON r.id = s.room_id WHERE t.id = $1
"""
