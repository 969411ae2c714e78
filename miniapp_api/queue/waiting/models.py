"""The statements of waiting: how fast a line moves, what was promised and shown, how long visits take."""

# Who is called before a place: those with a smaller key who wait for the same practitioner or for any.
# $1 department, $2 day, $3 sort_class, $4 sort_at, $5 number, $6 practitioner
AHEAD = """
SELECT count(*) AS ahead FROM ticket t
WHERE t.department_id = $1 AND t.day = $2 AND t.state IN ('waiting', 'ready')
AND (t.sort_class, t.sort_at, t.number) < ($3::integer, $4::timestamptz, $5::integer)
AND ($6::uuid IS NULL OR t.practitioner_id IS NULL OR t.practitioner_id = $6::uuid)
"""

# One line: its rooms, who is inside, when it goes on, what was finished today, what is usual, what was learned.
# planned: rooms in which a clinic of this line runs, or begins within half an hour. rooms: all of the department.
# $1 department, $2 day, $3 practitioner or null for any, $4 first day of the last weeks, $5 the moment
PACE = """
SELECT d.service_minutes, $3::uuid IS NOT NULL AS is_for_one, line.rooms, line.rooms_open, line.planned, line.open,
    CASE WHEN line.planned > 0 THEN line.running_planned ELSE line.running END AS running, line.next_starts_at,
    EXISTS (SELECT FROM queue_line l WHERE l.department_id = d.id AND l.day = $2 AND l.pause_reason IS NOT NULL)
        AS is_halted,
    today.visits, today.minutes, usual.visits AS usual_visits, usual.minutes AS usual_minutes,
    usual.squares AS usual_squares, learned.ratios
FROM department d
CROSS JOIN LATERAL (
    SELECT count(*) AS rooms, count(*) FILTER (WHERE r.state = 'open') AS rooms_open,
        count(*) FILTER (WHERE here.is_on) AS planned, count(*) FILTER (WHERE here.is_on AND r.state = 'open') AS open,
        count(*) FILTER (WHERE busy.is_busy) AS running,
        count(*) FILTER (WHERE busy.is_busy AND here.is_on) AS running_planned,
        min(here.next_starts_at) AS next_starts_at
    FROM room r
    LEFT JOIN LATERAL (
        SELECT bool_or(s.starts_at <= $5::timestamptz + interval '30 minutes') AS is_on,
            min(s.starts_at) AS next_starts_at
        FROM session s WHERE s.department_id = $1 AND s.day = $2 AND s.room_id = r.id AND s.status <> 'stopped'
        AND s.ends_at > $5::timestamptz AND ($3::uuid IS NULL OR s.practitioner_id = $3::uuid)
    ) here ON true
    LEFT JOIN LATERAL (
        SELECT true AS is_busy FROM ticket b WHERE b.room_id = r.id AND b.state IN ('called', 'in_service') LIMIT 1
    ) busy ON true
    WHERE r.department_id = d.id AND r.active
) line
CROSS JOIN LATERAL (
    SELECT coalesce(sum(v.visits), 0)::integer AS visits, coalesce(sum(v.minutes), 0)::float AS minutes
    FROM service_day v WHERE v.department_id = d.id AND v.day = $2
    AND ($3::uuid IS NULL OR v.practitioner_id = $3::uuid)
) today
CROSS JOIN LATERAL (
    SELECT coalesce(sum(v.visits), 0)::integer AS visits, coalesce(sum(v.minutes), 0)::float AS minutes,
        coalesce(sum(v.squares), 0)::float AS squares
    FROM service_day v WHERE v.department_id = d.id AND v.day >= $4 AND v.day < $2
    AND ($3::uuid IS NULL OR (v.practitioner_id = $3::uuid AND (NOT EXISTS (
            SELECT FROM session s WHERE s.department_id = d.id AND s.day = $2 AND s.practitioner_id = $3::uuid)
        OR v.visit_type = '' OR v.visit_type IN (
            SELECT s.visit_type FROM session s
            WHERE s.department_id = d.id AND s.day = $2 AND s.practitioner_id = $3::uuid AND s.status <> 'stopped'))))
) usual
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_array(w.department_id IS NOT NULL, w.position, w.p50, w.p80)), '[]')::text
        AS ratios
    FROM wait_ratio w WHERE w.department_id = d.id OR w.department_id IS NULL
) learned
WHERE d.id = $1
"""

# $1 ticket, $2 ahead, $3 expected, $4 about, $5 within, $6 the moment
PROMISE = """
INSERT INTO wait_promise (ticket_id, at, ahead, expected_minutes, about_minutes, within_minutes,
    shown_about, shown_within, shown_at)
VALUES ($1, $6::timestamptz, $2, $3, $4::integer, $5::integer, $4::integer, $5::integer,
    CASE WHEN $4::integer IS NOT NULL THEN $6::timestamptz END)
ON CONFLICT (ticket_id) DO NOTHING
"""
SHOWN = "SELECT shown_about, shown_within, shown_at FROM wait_promise WHERE ticket_id = $1"
# $5 when it was shown before: of two looks at the same moment the first one is remembered
KEEP_SHOWN = """
UPDATE wait_promise SET shown_about = $2, shown_within = $3, shown_at = $4
WHERE ticket_id = $1 AND shown_at IS NOT DISTINCT FROM $5::timestamptz
"""

SHOWN_MANY = "SELECT ticket_id, shown_about, shown_within, shown_at FROM wait_promise WHERE ticket_id = ANY($1::uuid[])"
# the same for many tickets; $4 the moment, $5 when each was shown before
KEEP_SHOWN_MANY = """
UPDATE wait_promise p SET shown_about = new.about, shown_within = new.within, shown_at = $4
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $5::timestamptz[]) new (ticket_id, about, within, before)
WHERE p.ticket_id = new.ticket_id AND p.shown_at IS NOT DISTINCT FROM new.before
"""

# The end of a visit was taken back. $1 to $5 as below
UNCOUNT_VISIT = """
WITH line AS (
    SELECT * FROM service_day WHERE department_id = $1 AND day = $2 AND practitioner_id IS NOT DISTINCT FROM $3::uuid
    AND visit_type = coalesce((SELECT s.visit_type FROM appointment a JOIN session s ON s.id = a.session_id
        WHERE a.id = $4::uuid), '')
), emptied AS (
    DELETE FROM service_day old USING line WHERE line.visits = 1 AND old.department_id = line.department_id
    AND old.day = line.day AND old.practitioner_id IS NOT DISTINCT FROM line.practitioner_id
    AND old.visit_type = line.visit_type
)
UPDATE service_day old SET visits = old.visits - 1, minutes = greatest(0, old.minutes - $5::float),
    squares = greatest(0, old.squares - $5::float ^ 2)
FROM line WHERE line.visits > 1 AND old.department_id = line.department_id AND old.day = line.day
AND old.practitioner_id IS NOT DISTINCT FROM line.practitioner_id AND old.visit_type = line.visit_type
"""

# $1 department, $2 day, $3 practitioner, $4 appointment, $5 minutes
COUNT_VISIT = """
INSERT INTO service_day AS before (department_id, day, practitioner_id, visit_type, visits, minutes, squares)
SELECT $1, $2, $3, coalesce((SELECT s.visit_type FROM appointment a JOIN session s ON s.id = a.session_id
    WHERE a.id = $4::uuid), ''), 1, $5::float, $5::float ^ 2
ON CONFLICT ON CONSTRAINT service_day_once DO UPDATE SET visits = before.visits + 1,
    minutes = before.minutes + excluded.minutes, squares = before.squares + excluded.squares
"""
