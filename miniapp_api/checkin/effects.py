"""The statement of an arrival: the whole effect at once, for as many as arrive at one moment (decision 0008).

Rows are locked in this order: appointments by id, lines by department and day, streams by name.
"""

from miniapp_api.queue.waiting.waits import COLUMN

# What keeps two guides from both being first; the index ticket_one_for_an_appointment stands behind it. A name of its
# own, so that a test can take it out and see one appointment with two tickets.
GUARD = "mine.status = asked.status"

# The appointment moves, the line gives a number, the ticket is born, its history, the fact, the scan's answer, the
# stream, the log. One row comes back for each that was done, none for one that was no longer as it was read.
#   one value an arrival:
#  $1 which            $2 appointment      $3 its status as it was read           $4 department    $5 day
#  $6 ticket           $7 prefix of its number                $8 patient          $9 account       $10 practitioner
# $11 sort_class      $12 sort_at         $13 rule           $14 its version     $15 the moment
# $16 kind and $17 id of who does it      $18 channel        $19 why             $20 and $21 transitions
# $22 fact            $23 its payload without the number     $24 topic           $25 its event without the number
# $26 the ticket as the screens show it, without the number
# $27 scan (null: by name)                $28 desk           $29 answer with places for what only the line knows
# $30 and $31 about and within how many minutes one waits with 0, 1, … ahead, as `waits.Tables.columns`
# $32 when the device scanned             $33 the estimate that about and within rest on, as they are
# A ticket that already waits and has the same instant was there first, so it counts as ahead.
# (SELECT $1): the planner must not see how many arrive, or it would plan anew each time.
_ARRIVE = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(
        (SELECT $1::integer[]), $2::uuid[], $3::text[], $4::uuid[], $5::date[], $6::uuid[], $7::text[],
        $8::uuid[], $9::uuid[],
        $10::uuid[], $11::integer[], $12::timestamptz[], $13::text[], $14::integer[], $15::timestamptz[], $16::text[],
        $17::uuid[], $18::text[], $19::text[], $20::uuid[], $21::uuid[], $22::uuid[], $23::text[], $24::text[],
        $25::text[], $26::text[], $27::uuid[], $28::uuid[], $29::text[], $30::text[], $31::text[], $32::timestamptz[],
        $33::text[]
    ) AS t (ord, appointment_id, status, department_id, day, ticket_id, prefix, patient_id, account_id,
            practitioner_id, sort_class, sort_at, rule, rule_version, now, by_kind,
            by_id, channel, why, moved_id, born_id, fact_id, fact, topic,
            event, shown, scan_id, desk_id, answer, about, within, scanned_at, expected)
), mine AS MATERIALIZED (
    SELECT id, status FROM appointment WHERE id = ANY (ARRAY(SELECT appointment_id FROM asked))
    ORDER BY id FOR NO KEY UPDATE
), first AS MATERIALIZED (  -- the same appointment twice at one moment is one arrival
    SELECT DISTINCT ON (asked.appointment_id) asked.*
    FROM asked JOIN mine ON mine.id = asked.appointment_id AND {guard}
    ORDER BY asked.appointment_id, asked.ord
), arrived AS (
    UPDATE appointment SET status = 'checked_in', version = appointment.version + 1
    FROM first WHERE appointment.id = first.appointment_id
), line AS (
    INSERT INTO queue_line (department_id, day, last_number)
    SELECT department_id, day, count(*) FROM first GROUP BY department_id, day ORDER BY department_id, day
    ON CONFLICT (department_id, day) DO UPDATE SET last_number = queue_line.last_number + excluded.last_number
    RETURNING department_id, day, last_number
), numbered AS MATERIALIZED (
    SELECT first.*, line.last_number - count(*) OVER (PARTITION BY department_id, day)
        + row_number() OVER (PARTITION BY department_id, day ORDER BY ord) AS number
    FROM first JOIN line USING (department_id, day)
), place AS MATERIALIZED (
    SELECT n.*, n.prefix || lpad(n.number::text, greatest(3, length(n.number::text)), '0') AS label,
        (SELECT count(*) FROM ticket t
         WHERE t.department_id = n.department_id AND t.day = n.day AND t.state IN ('waiting', 'ready')
         AND (t.sort_class, t.sort_at) <= (n.sort_class, n.sort_at)
         AND (n.practitioner_id IS NULL OR t.practitioner_id IS NULL OR t.practitioner_id = n.practitioner_id))
        + (SELECT count(*) FROM numbered o
           WHERE o.department_id = n.department_id AND o.day = n.day
           AND (o.sort_class, o.sort_at, o.number) < (n.sort_class, n.sort_at, n.number)
           AND (n.practitioner_id IS NULL OR o.practitioner_id IS NULL OR o.practitioner_id = n.practitioner_id))
        AS ahead
    FROM numbered n
), issued AS (
    INSERT INTO ticket (id, department_id, day, number, label, state, appointment_id, patient_id, account_id,
        practitioner_id, sort_class, sort_at, rule, rule_version, checked_in_at)
    SELECT ticket_id, department_id, day, number, label, 'waiting', appointment_id, patient_id, account_id,
        practitioner_id, sort_class, sort_at, rule, rule_version, now FROM place
    RETURNING id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT moved_id, 'appointment', appointment_id, status, 'checked_in', by_kind, by_id, channel, why, app_now()
    FROM place
    UNION ALL
    SELECT born_id, 'ticket', ticket_id, NULL, 'waiting', by_kind, by_id, channel, '', app_now() FROM place
), fact_told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT fact_id, 'PatientArrived', fact::jsonb || jsonb_build_object('label', label), app_now() FROM place
), answered AS MATERIALIZED (
    SELECT place.*,
        replace(replace(replace(replace(replace(replace(replace(answer,
        '"{{ahead}}"', ahead::text), '"{{about}}"', said.about), '"{{within}}"', said.within),
        '{{ahead}}', ahead::text), '{{about}}', said.about), '{{within}}', said.within),
        '{{number}}', label) AS body,
        wait.about AS told_about, wait.within AS told_within, wait.expected AS told_expected
    FROM place CROSS JOIN LATERAL (
        SELECT substr(place.about, here.at, {column})::integer AS about,
            substr(place.within, here.at, {column})::integer AS within,
            substr(place.expected, here.at, {column})::real AS expected
        FROM (SELECT 1 + {column} * least(ahead, octet_length(place.expected) / {column} - 1)::integer AS at) here
        OFFSET 0  -- each once, although they are told in several places
    ) wait CROSS JOIN LATERAL (  -- of a line that is paused nothing is promised
        SELECT coalesce(wait.about::text, '') AS about, coalesce(wait.within::text, '') AS within
    ) said
), promised AS (  -- after the tickets, to which they belong
    INSERT INTO wait_promise (ticket_id, at, ahead, expected_minutes, about_minutes, within_minutes,
        shown_about, shown_within, shown_at)
    SELECT ticket_id, now, ahead, told_expected, told_about, told_within, told_about, told_within,
        CASE WHEN told_about IS NOT NULL THEN now END
    FROM answered WHERE (SELECT count(*) FROM issued) > 0
), kept AS (
    INSERT INTO scan (id, desk_id, by_id, appointment_id, ticket_id, outcome, body, scanned_at, at, channel)
    SELECT scan_id, desk_id, by_id, appointment_id, ticket_id, 'accepted', body, scanned_at, now, channel FROM answered
    WHERE scan_id IS NOT NULL
), topic AS (  -- after the tickets: what the constraints refuse keeps no stream waiting
    INSERT INTO live_topic (topic, seq)
    SELECT topic, count(*) FROM place WHERE (SELECT count(*) FROM issued) > 0 GROUP BY topic ORDER BY topic
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + excluded.seq RETURNING topic, seq
), line_of_log AS MATERIALIZED (
    SELECT place.*, topic.seq - count(*) OVER (PARTITION BY topic.topic)
        + row_number() OVER (PARTITION BY topic.topic ORDER BY number) AS seq
    FROM place JOIN topic USING (topic)
), event AS (
    INSERT INTO live_event (topic, seq, kind, payload, at)
    SELECT topic, seq, 'ticket', event::jsonb || jsonb_build_object('number', label), app_now() FROM line_of_log
), log AS (
    INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, to_state, by_kind, by_id, channel, why,
        sort_after, rule, rule_version, state)
    SELECT department_id, day, seq, app_now() + (clock_timestamp() - now()), 'ticket', ticket_id, 'arrived', 'waiting',
        by_kind, by_id, channel, why, sort_at, rule, rule_version,
        shown::jsonb || jsonb_build_object('number', label, 'sort_number', number)
    FROM line_of_log
)
SELECT ord, label, ahead, body FROM answered
"""


def arrive_statement(guard: str = GUARD) -> str:
    """Give the statement of arrivals; a test runs it with another guard."""
    return _ARRIVE.replace("{guard}", guard).replace("{column}", str(COLUMN))


ARRIVE = arrive_statement()
