"""The statements that compare promised waits with the real ones, once for each day."""

# How long a day's promises really lasted: until the first call, if nothing came between that was not foreseen.
# $1 day
SETTLE = """
WITH first AS (
    SELECT e.subject_id, min(e.at) FILTER (WHERE e.act = 'called') AS called_at,
        min(e.at) FILTER (WHERE e.act IN ('held', 'left', 'transferred', 'annulled')) AS disturbed_at
    FROM department d JOIN queue_event e ON e.department_id = d.id AND e.day = $1 AND e.kind = 'ticket'
    WHERE e.act IN ('called', 'held', 'left', 'transferred', 'annulled') GROUP BY e.subject_id
)
UPDATE wait_promise p SET waited_minutes = greatest(0, extract(epoch FROM first.called_at - p.at) / 60)
FROM first WHERE p.ticket_id = first.subject_id AND first.called_at IS NOT NULL AND p.waited_minutes IS NULL
AND (first.disturbed_at IS NULL OR first.disturbed_at > first.called_at)
"""
PROMISES = """
SELECT d.id AS department_id, p.ahead, p.expected_minutes AS expected, p.about_minutes AS about,
    p.within_minutes AS within, p.waited_minutes AS waited
FROM department d JOIN ticket t ON t.department_id = d.id AND t.day = $1 JOIN wait_promise p ON p.ticket_id = t.id
"""
KEEP_DAY = """
INSERT INTO wait_day (department_id, day, position, promises, called, within_p50, within_p80, waited, error,
    absolute_error, ratios)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

# Whoever writes the day's line compares it; the other worker waits here and finds it done.
ROLL = "INSERT INTO wait_rolled (day, at) VALUES ($1, app_now()) ON CONFLICT DO NOTHING RETURNING day"
ROLLED = "SELECT day FROM wait_rolled WHERE day >= $1"

# $1 first and $2 last day of the last weeks
RATIOS = """
SELECT department_id, position, ratios FROM department d JOIN wait_day w ON w.department_id = d.id
WHERE w.day BETWEEN $1 AND $2
"""
FORGET_RATIOS = "DELETE FROM wait_ratio"
KEEP_RATIO = "INSERT INTO wait_ratio (department_id, position, waits, p50, p80) VALUES ($1::uuid, $2, $3, $4, $5)"

# $1 first and $2 last day, $3 departments or null for all
PUBLISHED = """
SELECT d.id AS department_id, d.name AS department_name, w.day, sum(w.promises)::integer AS promises,
    sum(w.called)::integer AS called, sum(w.within_p50)::integer AS within_p50,
    sum(w.within_p80)::integer AS within_p80, sum(w.waited) AS waited, sum(w.error) AS error,
    sum(w.absolute_error) AS absolute_error
FROM department d JOIN wait_day w ON w.department_id = d.id AND w.day BETWEEN $1 AND $2
WHERE $3::uuid[] IS NULL OR d.id = ANY($3::uuid[])
GROUP BY d.id, w.day ORDER BY d.name, d.id, w.day
"""
OPEN_ALARMS = """
SELECT department_id, opened_on FROM wait_alarm
WHERE closed_on IS NULL AND ($1::uuid[] IS NULL OR department_id = ANY($1::uuid[]))
"""

# Of two that find the same, one opens the alarm; the index wait_alarm_one_open stands behind it.
OPEN_ALARM = """
INSERT INTO wait_alarm (id, department_id, opened_on, coverage) VALUES ($1, $2, $3, $4)
ON CONFLICT (department_id) WHERE closed_on IS NULL DO NOTHING RETURNING id, department_id
"""
CLOSE_ALARM = """
UPDATE wait_alarm SET closed_on = $2 WHERE department_id = $1 AND closed_on IS NULL RETURNING id
"""
SUPERVISORS = """
SELECT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role = 'supervisor' AND (r.department_id IS NULL OR r.department_id = $1) ORDER BY s.id
"""
