"""The statements that find whom to tell while they wait."""

# How many are ahead of each who waits today, by two counts over the line: of the same practitioner, of any.
# $1 day, $2 how few are few, $3 at most
NEAR = """
WITH line AS (
    SELECT t.id, t.department_id, t.practitioner_id,
        row_number() OVER whole AS place,
        row_number() OVER (PARTITION BY t.department_id, t.practitioner_id
                           ORDER BY t.sort_class, t.sort_at, t.number) AS own_place,
        count(*) FILTER (WHERE t.practitioner_id IS NULL) OVER whole AS any_before
    FROM department d JOIN ticket t ON t.department_id = d.id AND t.day = $1 AND t.state IN ('waiting', 'ready')
    WINDOW whole AS (PARTITION BY t.department_id ORDER BY t.sort_class, t.sort_at, t.number
                     ROWS UNBOUNDED PRECEDING)
), near AS (
    SELECT id, CASE WHEN practitioner_id IS NULL THEN place - 1 ELSE own_place - 1 + any_before END AS ahead FROM line
)
SELECT t.id AS ticket_id, t.appointment_id, t.account_id, t.patient_id, pa.name AS patient_name,
    d.name AS department_name, t.label, near.ahead,
    coalesce(nullif(concat_ws(' ', nullif(r.location, ''), r.name), ''), d.location) AS location
FROM near JOIN wait_promise p ON p.ticket_id = near.id AND p.near_told_at IS NULL AND p.ahead > $2
JOIN ticket t ON t.id = near.id JOIN department d ON d.id = t.department_id JOIN patient pa ON pa.id = t.patient_id
LEFT JOIN LATERAL (
    SELECT s.room_id FROM session s WHERE s.department_id = t.department_id AND s.day = t.day
    AND s.practitioner_id = t.practitioner_id AND s.status <> 'stopped'
    ORDER BY s.ends_at <= app_now(), s.starts_at LIMIT 1
) sits ON true
LEFT JOIN room r ON r.id = sits.room_id
WHERE near.ahead <= $2 AND t.account_id IS NOT NULL ORDER BY near.ahead LIMIT $3
"""
# $1 ticket, $2 the moment. Whoever sets it tells; nobody does who was called meanwhile.
MARK_NEAR = """
UPDATE wait_promise p SET near_told_at = $2 FROM ticket t
WHERE p.ticket_id = $1 AND p.near_told_at IS NULL AND t.id = p.ticket_id AND t.state IN ('waiting', 'ready')
RETURNING p.ticket_id
"""

# Clinics that should have begun and of which nobody knows that they have. since: from when somebody waits in vain.
# $1 day, $2 the moment, $3 minutes after the begin
BEGINS = """
SELECT s.id, s.department_id, d.name AS department_name, s.practitioner_id, p.name AS practitioner_name,
    concat_ws(' ', nullif(coalesce(nullif(r.location, ''), d.location), ''), r.name) AS location,
    coalesce(b.told_minutes, 0) AS told_minutes, waiting.since, begun.has_begun
FROM department d JOIN session s ON s.department_id = d.id AND s.day = $1 AND s.status <> 'stopped'
JOIN practitioner p ON p.id = s.practitioner_id LEFT JOIN room r ON r.id = s.room_id
LEFT JOIN session_begin b ON b.session_id = s.id
CROSS JOIN LATERAL (
    SELECT min(greatest(t.checked_in_at, s.starts_at)) AS since FROM ticket t
    WHERE t.department_id = s.department_id AND t.day = $1 AND t.state IN ('waiting', 'ready')
    AND t.practitioner_id = s.practitioner_id
) waiting
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM ticket c WHERE c.department_id = s.department_id AND c.day = $1
        AND c.called_at >= s.starts_at - interval '1 hour'
        AND (c.practitioner_id = s.practitioner_id OR c.room_id = s.room_id)) AS has_begun
) begun
WHERE s.starts_at <= $2::timestamptz - make_interval(mins => $3::integer) AND s.ends_at > $2::timestamptz
AND b.begun_at IS NULL
"""

# Who waits for a practitioner, and who is booked and comes before a moment. $1 session, $2 department, $3 day,
# $4 practitioner, $5 the moment
PEOPLE = """
SELECT t.id AS ticket_id, t.appointment_id, t.account_id, t.patient_id, pa.name AS patient_name,
    NULL::timestamptz AS starts_at
FROM ticket t JOIN patient pa ON pa.id = t.patient_id
WHERE t.department_id = $2 AND t.day = $3 AND t.state IN ('waiting', 'ready', 'held') AND t.practitioner_id = $4
UNION ALL
SELECT NULL, a.id, a.account_id, a.patient_id, pa.name, a.starts_at
FROM slot s JOIN appointment a ON a.slot_id = s.id JOIN patient pa ON pa.id = a.patient_id
WHERE s.session_id = $1 AND a.status = 'booked' AND a.starts_at <= $5::timestamptz
"""
# $1 session, $2 minutes, $3 whom: one step is told by one worker
KEEP_LATE = """
INSERT INTO session_begin AS before (session_id, told_minutes, told_ids) VALUES ($1, $2, $3::uuid[])
ON CONFLICT (session_id) DO UPDATE SET told_minutes = excluded.told_minutes,
    told_ids = before.told_ids || excluded.told_ids
WHERE before.told_minutes < excluded.told_minutes AND before.begun_at IS NULL RETURNING session_id
"""
KEEP_BEGUN = """
INSERT INTO session_begin AS before (session_id, begun_at) VALUES ($1, $2)
ON CONFLICT (session_id) DO UPDATE SET begun_at = excluded.begun_at WHERE before.begun_at IS NULL
RETURNING told_minutes, told_ids
"""
