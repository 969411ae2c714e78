"""One statement per scan: the least that a scan has to do, as this product did it before it grouped arrivals.

It knows nothing of the product's present code, so that it stays what it was measured as.
"""

from typing import Any

# One arrival: the appointment moves, the line gives a number, the ticket is born, its history, the fact, the scan with
# its answer, the stream, the log.
#  $1 appointment    $2 its status as it was read    $3 department    $4 day    $5 ticket    $6 prefix of its number
#  $7 patient    $8 account    $9 practitioner    $10 sort_class    $11 sort_at    $12 rule    $13 the moment
# $14 kind and $15 id of who does it    $16 channel    $17 why    $18 and $19 transitions
# $20 fact and $21 its payload without the number    $22 topic and $23 its event without the number
# $24 the ticket as the screens show it, without the number    $25 version of the rule that gave sort_at
# $26 scan    $27 desk    $28 answer with places for what only the line knows    $29 and $30 about and within how many
# minutes one waits with 0, 1, … ahead    $31 when the device scanned
STATEMENT = """
WITH arrived AS (
    UPDATE appointment SET status = 'checked_in', version = version + 1 WHERE id = $1 AND status = $2::text RETURNING id
), line AS (
    INSERT INTO queue_line (department_id, day, last_number) SELECT $3, $4, 1 FROM arrived
    ON CONFLICT (department_id, day) DO UPDATE SET last_number = queue_line.last_number + 1
    RETURNING last_number AS number
), place AS (
    SELECT number, $6::text || lpad(number::text, greatest(3, length(number::text)), '0') AS label,
        (SELECT count(*)::integer FROM ticket t
         WHERE t.department_id = $3 AND t.day = $4 AND t.state IN ('waiting', 'ready')
         AND (t.sort_class, t.sort_at) <= ($10::integer, $11::timestamptz)
         AND ($9::uuid IS NULL OR t.practitioner_id IS NULL OR t.practitioner_id = $9::uuid)) AS ahead
    FROM line
), issued AS (
    INSERT INTO ticket (id, department_id, day, number, label, state, appointment_id, patient_id, account_id,
        practitioner_id, sort_class, sort_at, rule, rule_version, checked_in_at)
    SELECT $5, $3, $4, number, label, 'waiting', $1, $7, $8, $9, $10, $11, $12, $25, $13::timestamptz FROM place
    RETURNING number
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT $18::uuid, 'appointment', $1, $2::text, 'checked_in', $14, $15::uuid, $16, $17, app_now() FROM issued
    UNION ALL
    SELECT $19::uuid, 'ticket', $5, NULL, 'waiting', $14, $15::uuid, $16, '', app_now() FROM issued
), fact_told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT $20, 'PatientArrived', $21::jsonb || jsonb_build_object('label', label), app_now() FROM place, issued
), answer AS (
    SELECT replace(replace(replace(replace(replace(replace(replace($28::text,
        '"{{ahead}}"', ahead::text), '"{{about}}"', about::text), '"{{within}}"', within::text),
        '{{ahead}}', ahead::text), '{{about}}', about::text), '{{within}}', within::text), '{{number}}', label) AS body
    FROM place, LATERAL (
        SELECT ($29::integer[])[least(ahead + 1, cardinality($29::integer[]))] AS about,
            ($30::integer[])[least(ahead + 1, cardinality($30::integer[]))] AS within
    ) wait
), kept AS (
    INSERT INTO scan (id, desk_id, by_id, appointment_id, ticket_id, outcome, body, scanned_at, at)
    SELECT $26, $27, $15::uuid, $1, $5, 'accepted', body, $31::timestamptz, $13::timestamptz FROM answer, issued
), topic AS (
    INSERT INTO live_topic (topic, seq) SELECT $22, 1 FROM issued
    ON CONFLICT (topic) DO UPDATE SET seq = live_topic.seq + 1 RETURNING seq
), event AS (
    INSERT INTO live_event (topic, seq, kind, payload, at)
    SELECT $22, seq, 'ticket', $23::jsonb || jsonb_build_object('number', label), app_now() FROM topic, place
), log AS (
    INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, to_state, by_kind, by_id, channel, why,
        sort_after, rule, rule_version, state)
    SELECT $3, $4, seq, app_now() + (clock_timestamp() - now()), 'ticket', $5, 'arrived', 'waiting', $14, $15::uuid,
        $16, $17, $11::timestamptz, $12, $25, $24::jsonb || jsonb_build_object('number', label, 'sort_number', number)
    FROM topic, place
)
SELECT body FROM answer
"""


def arguments(effect: tuple[Any, ...], scan: tuple[Any, ...], waits: tuple[list[int], list[int]]) -> tuple[Any, ...]:
    """Order the product's arguments for one arrival as this statement takes them.

    effect: from the appointment to the ticket as it is shown. scan: its id, desk and answer.
    """
    before, version, after = effect[:12], effect[12], effect[13:]
    return (*before, *after, version, *scan, *waits, None)
