"""The statements that write a past, a set at a time.

Identifiers are made as the product's own: they begin with the moment of birth, so that rows stand in every index where
the product would have put them. They are made of numbers, not drawn: whoever knows the number of a visit knows its
rows, and parts of a past can be written by several connections at once.
"""

# $1 milliseconds of the birth, $2 kind of row, $3 number
MADE_ID = """
CREATE OR REPLACE FUNCTION pg_temp.made_id(born timestamptz, kind integer, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM born) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8' || lpad(to_hex(number), 15, '0'))::uuid
$$
"""

# Foreign keys are kept by the statements themselves; asking for each of twenty million rows doubles the time.
WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"
LATE_COMMIT = "SET LOCAL synchronous_commit = off"  # what a crash takes away is made again

IS_DEMONSTRATION = "SELECT EXISTS (SELECT FROM hospital WHERE is_demo)"
FIRST_KNOWN_DAY = "SELECT min(day) FROM session"

CLINICS = """
CREATE TEMP TABLE clinic AS
SELECT (row_number() OVER (ORDER BY p.id) - 1)::integer AS n, p.id AS practitioner_id, p.department_id, r.id AS room_id,
       d.ticket_prefix
FROM practitioner p JOIN department d ON d.id = p.department_id
JOIN LATERAL (SELECT id FROM room WHERE department_id = p.department_id ORDER BY id LIMIT 1) r ON true
WHERE p.active AND d.active
"""
HOW_MANY_CLINICS = "SELECT count(*) FROM clinic"

# $1 how many, $2 when they were born, $3 names with $4 pinyin and $5 initials
PEOPLE = (
    """
INSERT INTO account (id, openid, created_at)
SELECT pg_temp.made_id($2, 1, n), 'past-' || pg_temp.made_id($2, 1, n), $2 FROM generate_series(0, $1::bigint - 1) AS n
""",
    """
INSERT INTO patient (id, account_id, file_number, name, pinyin, initials, relation, phone_index, phone_tail,
                     id_number_index, created_at)
SELECT pg_temp.made_id($2, 2, n), pg_temp.made_id($2, 1, n), nextval('patient_file_number')::text,
       ($3::text[])[1 + n % cardinality($3::text[])], ($4::text[])[1 + n % cardinality($3::text[])],
       ($5::text[])[1 + n % cardinality($3::text[])], 'self', sha256(convert_to('phone' || key, 'UTF8')),
       lpad((n % 10000)::text, 4, '0'), sha256(convert_to('identity' || key, 'UTF8')), $2
FROM generate_series(0, $1::bigint - 1) AS n, LATERAL (SELECT pg_temp.made_id($2, 2, n)::text AS key) AS made
""",
)

# The visits of a chunk. $1 first, $2 the one after the last, $3 practitioners, $4 places of a band, $5 first day,
# $6 people, $7 when they were born, $8 zone
# Of a hundred seven cancelled, five did not come, the others were seen; the prime makes neighbours strangers.
VISITS = """
CREATE TEMP TABLE visit ON COMMIT DROP AS
SELECT k, clinic.*, day, starts_at, starts_at + interval '30 minutes' AS ends_at, half, band, place + 1 AS number,
       pg_temp.made_id(opened_at, 3, k / ($4 * 8)) AS session_id, pg_temp.made_id(opened_at, 4, k / $4) AS slot_id,
       pg_temp.made_id(booked_at, 5, k) AS appointment_id, pg_temp.made_id(came_at, 6, k) AS ticket_id,
       pg_temp.made_id(seen_at, 7, k) AS encounter_id, pg_temp.made_id($7, 1, who) AS account_id,
       pg_temp.made_id($7, 2, who) AS patient_id, opened_at, booked_at, came_at, seen_at,
       seen_at + interval '8 minutes' AS left_at,
       CASE WHEN k * 37 % 100 < 7 THEN 'cancelled' WHEN k * 37 % 100 < 12 THEN 'no_show' ELSE 'completed' END AS status
FROM generate_series($1::bigint, $2::bigint - 1) AS k,
LATERAL (SELECT (k / ($3 * 16 * $4))::integer AS days_on, (k / (16 * $4) % $3)::integer AS who_works,
                (k / (8 * $4) % 2)::integer AS half, (k / $4 % 8)::integer AS band, (k % $4)::integer AS place,
                k * 7919 % $6::bigint AS who) AS at
JOIN clinic ON clinic.n = who_works,
LATERAL (SELECT $5::date + days_on AS day) AS on_day,
LATERAL (SELECT (day + make_interval(mins => 480 + 300 * half + 30 * band)) AT TIME ZONE $8 AS starts_at,
                (day - 14)::timestamp AT TIME ZONE $8 AS opened_at) AS begins,
LATERAL (SELECT opened_at + make_interval(mins => (k * 97 % 18000)::integer) AS booked_at,
                starts_at - make_interval(mins => (k % 20)::integer) AS came_at,
                starts_at + make_interval(mins => place * 3) AS seen_at) AS moments
"""
SESSIONS = """
INSERT INTO session (id, practitioner_id, department_id, room_id, day, starts_at, ends_at, opens_at)
SELECT session_id, min(practitioner_id::text)::uuid, min(department_id::text)::uuid, min(room_id::text)::uuid, min(day),
       min(starts_at), min(starts_at) + interval '4 hours', min(opened_at)
FROM visit GROUP BY session_id ORDER BY session_id
"""
# $1 places of a band: some have room left
SLOTS = """
INSERT INTO slot (id, session_id, starts_at, ends_at, capacity, taken, last_number)
SELECT slot_id, min(session_id::text)::uuid, min(starts_at), min(ends_at), $1::integer,
       count(*) FILTER (WHERE status <> 'cancelled'), max(number)
FROM visit GROUP BY slot_id ORDER BY slot_id
"""
APPOINTMENTS = """
INSERT INTO appointment (id, account_id, patient_id, person_id, slot_id, session_id, department_id, practitioner_id,
                         number, status, day, starts_at, ends_at, channel, created_at, version)
SELECT appointment_id, visit.account_id, patient_id, patient.person_id, slot_id, session_id, department_id,
       practitioner_id, number, status, day, starts_at, ends_at, 'miniapp', booked_at,
       CASE status WHEN 'completed' THEN 4 ELSE 2 END
FROM visit JOIN patient ON patient.id = visit.patient_id ORDER BY k
"""
# Who came got a number of the department's line, in the order of coming.
TICKETS = """
INSERT INTO ticket (id, department_id, day, number, label, state, appointment_id, patient_id, account_id,
                    practitioner_id, room_id, sort_at, rule, checked_in_at, called_at, call_count, started_at,
                    finished_at, version)
SELECT ticket_id, department_id, day, place, ticket_prefix || lpad(place::text, greatest(3, length(place::text)), '0'),
       'done', appointment_id, patient_id, account_id, practitioner_id, room_id, came_at, 'booked', came_at, seen_at, 1,
       seen_at, left_at, 4
FROM (SELECT *, row_number() OVER (PARTITION BY department_id, day ORDER BY came_at, k) AS place
      FROM visit WHERE status = 'completed') AS here ORDER BY k
"""
LINES = """
INSERT INTO queue_line (department_id, day, last_number)
SELECT department_id, day, count(*) FROM visit WHERE status = 'completed' GROUP BY department_id, day
"""
ENCOUNTERS = """
INSERT INTO encounter (id, ticket_id, appointment_id, patient_id, account_id, department_id, practitioner_id, room_id,
                       started_at, finished_at)
SELECT encounter_id, ticket_id, appointment_id, patient_id, account_id, department_id, practitioner_id, room_id,
       seen_at, left_at
FROM visit WHERE status = 'completed' ORDER BY k
"""
# Of the history the first and the last step: what lies between is as long again and nobody asks for it.
STEPS = """
INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, at)
SELECT pg_temp.made_id(booked_at, 8, k), 'appointment', appointment_id, NULL, 'booked', 'patient', account_id,
       'miniapp', booked_at FROM visit
UNION ALL
SELECT pg_temp.made_id(least(left_at, ends_at), 9, k), 'appointment', appointment_id,
       CASE status WHEN 'completed' THEN 'in_service' ELSE 'booked' END, status,
       CASE status WHEN 'cancelled' THEN 'patient' ELSE 'system' END,
       CASE status WHEN 'cancelled' THEN account_id END, CASE status WHEN 'cancelled' THEN 'miniapp' ELSE 'worker' END,
       least(left_at, ends_at)
FROM visit
"""
# in this order; those that take the places of a band have it as their argument
OF_A_CHUNK = (SESSIONS, SLOTS, APPOINTMENTS, TICKETS, LINES, ENCOUNTERS, STEPS)

TABLES = (
    "account",
    "patient",
    "person",
    "session",
    "slot",
    "appointment",
    "ticket",
    "queue_line",
    "encounter",
    "transition",
)
# also cleans: a vacuum that begins by itself would disturb whatever is done or measured next
FINISH = f"VACUUM (ANALYZE, FREEZE) {', '.join(TABLES)}"
SIZE = "SELECT pg_database_size(current_database())"
