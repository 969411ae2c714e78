"""The statements that take places and give them back, each a whole effect at once (decision 0008).

Rows are locked in this order everywhere: person, slot, appointment; several of a kind by id.
"""

# What keeps a slot from being oversold: the n-th who asks for an open or a kept place gets it while there are n. The
# constraint slot_never_oversold stands behind it. A name of its own, so that a test can take it out and see the place
# being sold twice. Counted on the locked rows, whatever the look before the lock saw.
GUARD = "CASE WHEN from_kept THEN nth <= kept ELSE nth <= capacity - taken - kept END"

# What keeps one person's rules true: they were looked at before the person's row was locked, so nobody may have done
# something about this person in between.
PERSON_GUARD = "people.version = fits.person_version"

# Claims of many people at once, each on its own: won, refused, or to be tried again. One row a claim comes back, with
# what the rules need to say why, as the statement saw it.
#   one value a claim:
#  $1 which            $2 slot             $3 appointment       $4 account          $5 patient
#  $6 held until (null: booked)            $7 channel           $8 sealed intake    $9 transition
# $10 kind of actor   $11 id of actor     $12 fact             $13 its payload, without whose it is and the number
# $14 answer up to the patient's name, $15 from there to the number, $16 to the places left, $17 the rest
# $18 actor of the request, $19 its key (null: nothing is kept), $20 fingerprint
# $21 version of the session as it was read (null: any)        $22 pools, with commas between
# $23 the patient is the account's        $24 the person's limits hold             $25 may take before the release
# $26 takes a kept place                  $27 any practitioner                     $28 an extra place
# $29 encounter that asked to come again
#   one value for all: $30 open bookings at most, $31 bookings a month at most (null: no limit), $32 a day with the
# same practitioner, $33 the most open bookings that the table takes
# (SELECT $1): the planner must not see how many ask, or it would plan anew each time.
_TAKE = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(
        (SELECT $1::integer[]), $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[],
        $8::bytea[], $9::uuid[], $10::text[], $11::uuid[], $12::uuid[], $13::text[], $14::text[],
        $15::text[], $16::text[], $17::text[], $18::text[], $19::uuid[], $20::bytea[],
        $21::integer[], $22::text[], $23::boolean[],
        $24::boolean[], $25::boolean[], $26::boolean[], $27::boolean[], $28::boolean[], $29::uuid[]
    ) AS t (ord, slot_id, appointment_id, account_id, patient_id, held_until, channel, intake, transition_id, by_kind,
            by_id, fact_id, payload, answer_1, answer_2, answer_3, answer_4, actor, key, fingerprint, session_version,
            pools, is_own, is_bound, passes_release, from_kept, is_any, is_extra, revisit_of_id)
), known AS MATERIALIZED (
    SELECT asked.*, app_now() AS now, patient.person_id, patient.name AS patient_name,
           person.version AS person_version, person.suspended_until,
           record.fingerprint AS record_fingerprint, record.status AS record_status, record.body AS record_body,
           record.is_sealed AS record_is_sealed,
           slot.id AS found_slot, slot.session_id, slot.starts_at, slot.ends_at, slot.pool, slot.taken, slot.kept,
           slot.capacity, slot.is_stopped, session.department_id, session.practitioner_id, session.day,
           session.opens_at, session.status AS session_status, session.is_drawing, session.draw_id,
           session.draw_closes_at, session.version AS found_version,
           mine.in_session, mine.at_that_time, mine.open_bookings, days.this_month, days.that_day,
           (SELECT min(n) FROM generate_series(1, CASE WHEN is_bound THEN $30::integer ELSE $33::integer END) AS n
            WHERE n <> ALL (mine.open_places)) AS open_place
    FROM asked
    LEFT JOIN slot ON slot.id = asked.slot_id
    LEFT JOIN session ON session.id = slot.session_id
    LEFT JOIN patient ON patient.id = asked.patient_id AND patient.deleted_at IS NULL
        AND (NOT asked.is_own OR patient.account_id = asked.account_id)
    LEFT JOIN person ON person.id = patient.person_id
    LEFT JOIN LATERAL (  -- by its key, one claim after another: a plan of an empty morning would read the whole table
        SELECT * FROM idempotency_record WHERE actor = asked.actor AND key = asked.key OFFSET 0
    ) record ON true
    CROSS JOIN LATERAL (
        SELECT (array_agg(o.id) FILTER (WHERE o.session_id = slot.session_id))[1] AS in_session,
               (array_agg(o.id) FILTER (WHERE o.starts_at < slot.ends_at AND o.ends_at > slot.starts_at))[1]
                   AS at_that_time,
               count(*) FILTER (WHERE o.status IN ('held', 'booked')) AS open_bookings,
               coalesce(array_agg(o.open_place) FILTER (WHERE o.status IN ('held', 'booked')), '{{}}') AS open_places
        FROM appointment o
        WHERE o.person_id = patient.person_id AND o.status IN ('held', 'booked', 'checked_in', 'in_service')
    ) mine
    CROSS JOIN LATERAL (
        SELECT count(*) AS this_month,
               count(*) FILTER (WHERE m.day = session.day AND m.practitioner_id = session.practitioner_id) AS that_day
        FROM appointment m
        WHERE m.person_id = patient.person_id AND m.status NOT IN ('expired', 'cancelled', 'rescheduled')
          AND m.day >= CASE WHEN $31::integer IS NULL THEN session.day
                            ELSE date_trunc('month', session.day::timestamp)::date END
          AND m.day < CASE WHEN $31::integer IS NULL THEN session.day + 1
                           ELSE (date_trunc('month', session.day::timestamp) + interval '1 month')::date END
    ) days
), fits AS MATERIALIZED (  -- what the look allows; one claim of a person at a time, the next sees the first
    SELECT DISTINCT ON (person_id) * FROM known
    WHERE record_fingerprint IS NULL AND person_id IS NOT NULL AND pool = ANY (string_to_array(pools, ','))
      AND NOT is_stopped AND ends_at > now AND session_status = 'open'
      AND (passes_release OR (opens_at <= now AND NOT is_drawing))
      AND (session_version IS NULL OR session_version = found_version)
      AND in_session IS NULL AND at_that_time IS NULL AND open_place IS NOT NULL
      AND (NOT is_bound OR ((suspended_until IS NULL OR suspended_until <= now) AND that_day < $32::integer
                            AND ($31::integer IS NULL OR this_month < $31)))
      AND CASE WHEN from_kept THEN kept > 0 ELSE taken + kept < capacity END
    ORDER BY person_id, ord
), people AS MATERIALIZED (
    SELECT id, version, suspended_until FROM person WHERE id = ANY (ARRAY(SELECT person_id FROM fits))
    ORDER BY id FOR NO KEY UPDATE
), places AS MATERIALIZED (
    SELECT id, taken, kept, capacity, last_number, is_stopped FROM slot
    WHERE (SELECT count(*) FROM people) > 0 AND id = ANY (ARRAY(SELECT slot_id FROM fits))
    ORDER BY id FOR NO KEY UPDATE
), ready AS (  -- the figures of the locked rows count, not those of the look
    SELECT fits.ord, fits.appointment_id, fits.account_id, fits.patient_id, fits.person_id, fits.patient_name,
           fits.slot_id, fits.session_id, fits.department_id, fits.practitioner_id, fits.day, fits.starts_at,
           fits.ends_at, fits.open_place, fits.held_until, fits.channel, fits.intake, fits.transition_id, fits.by_kind,
           fits.by_id, fits.fact_id, fits.payload, fits.answer_1, fits.answer_2, fits.answer_3, fits.answer_4,
           fits.actor, fits.key, fits.fingerprint, fits.from_kept, fits.is_any, fits.is_extra, fits.revisit_of_id,
           places.taken, places.kept, places.capacity, places.last_number,
           row_number() OVER (PARTITION BY fits.slot_id, fits.from_kept ORDER BY fits.ord) AS nth
    FROM fits JOIN people ON people.id = fits.person_id AND {person_guard} JOIN places ON places.id = fits.slot_id
    WHERE NOT places.is_stopped
      AND (NOT fits.is_bound OR people.suspended_until IS NULL OR people.suspended_until <= fits.now)
), won AS MATERIALIZED (
    SELECT ready.*, CASE WHEN held_until IS NULL THEN 'booked' ELSE 'held' END AS status,
           last_number + row_number() OVER (PARTITION BY slot_id ORDER BY ord) AS number,
           capacity - taken - kept - CASE WHEN from_kept THEN 0 ELSE nth END AS available
    FROM ready WHERE {guard}
), counted AS (
    UPDATE slot SET taken = slot.taken + sold.places, kept = slot.kept - sold.kept, version = slot.version + 1,
                    last_number = slot.last_number + sold.places
    FROM (SELECT slot_id, count(*) AS places, count(*) FILTER (WHERE from_kept) AS kept FROM won GROUP BY slot_id) sold
    WHERE slot.id = sold.slot_id
), seen AS (
    UPDATE person SET version = person.version + 1 FROM won WHERE person.id = won.person_id
), born AS (
    INSERT INTO appointment (id, account_id, patient_id, person_id, slot_id, session_id, department_id, practitioner_id,
                             number, status, held_until, open_place, day, starts_at, ends_at, channel, intake_cipher,
                             is_any, is_extra, revisit_of_id, created_at)
    SELECT appointment_id, account_id, patient_id, person_id, slot_id, session_id, department_id, practitioner_id,
           number, status, held_until, open_place, day, starts_at, ends_at, channel, intake,
           is_any, is_extra, revisit_of_id, app_now() FROM won
), history AS (
    INSERT INTO transition (id, machine, subject_id, to_state, by_kind, by_id, channel, at)
    SELECT transition_id, 'appointment', appointment_id, status, by_kind, by_id, channel, app_now() FROM won
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT fact_id, 'AppointmentBooked',
           payload::jsonb || jsonb_build_object('appointment_id', appointment_id, 'account_id', account_id,
                                                'patient_id', patient_id, 'patient_name', patient_name,
                                                'number', number, 'channel', channel), app_now()
    FROM won WHERE status = 'booked'
), answer AS MATERIALIZED (
    SELECT ord, number, actor, key, fingerprint,
           answer_1 || to_json(patient_name)::text || answer_2 || number || answer_3 || available || ',"status":"'
           || CASE WHEN available > 0 THEN 'open' ELSE 'full' END || answer_4 AS body FROM won
), remembered AS (
    INSERT INTO idempotency_record (actor, key, fingerprint, status, body, created_at)
    SELECT actor, key, fingerprint, 201, convert_to(body, 'UTF8'), app_now() FROM answer WHERE key IS NOT NULL
)
SELECT known.ord, answer.number, answer.body, known.now, known.patient_id, known.patient_name, known.person_id,
       known.record_fingerprint, known.record_status, known.record_body, known.record_is_sealed,
       known.found_slot, known.found_version, known.ends_at, known.pool, known.taken, known.kept, known.capacity,
       known.is_stopped, known.opens_at, known.session_status, known.is_drawing, known.draw_id,
       known.draw_closes_at, known.in_session, known.at_that_time,
       known.open_bookings, known.this_month, known.that_day, known.suspended_until
FROM known LEFT JOIN answer ON answer.ord = known.ord
"""


def take_statement(guard: str = GUARD, person_guard: str = PERSON_GUARD) -> str:
    """Give the statement that takes places; the bench runs it as it is, a test with another guard."""
    return _TAKE.format(guard=guard, person_guard=person_guard)


TAKE = take_statement()

# Is a place of the slot held for somebody who did not decide in time?
STALE_HOLDS = """
SELECT id FROM appointment WHERE slot_id = $1 AND status = 'held' AND held_until <= app_now() ORDER BY id LIMIT $2
"""
ENDED_HOLDS = """
SELECT id FROM appointment WHERE status = 'held' AND held_until <= app_now() ORDER BY held_until LIMIT $1
"""

# Places are given back: by their owners, by the clinic, by time. While somebody waits for the session they are kept for
# the waitlist and never become public.
#  $1 appointments, and for each: $2 its version (null: any), $3 what it becomes, $4 transition, $5 fact (null: nobody
#  is told), $6 its payload, $7 why; for all: $8 kind and $9 id of actor, $10 channel
GIVE_BACK = """
WITH said AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[])
        AS t (id, version, becomes, transition_id, fact_id, payload, why)
), places AS MATERIALIZED (
    SELECT id, is_stopped, starts_at FROM slot
    WHERE id = ANY (ARRAY(SELECT slot_id FROM appointment JOIN said ON said.id = appointment.id))
    ORDER BY id FOR NO KEY UPDATE
), was AS MATERIALIZED (
    SELECT id, status, version, held_until, slot_id, session_id, is_extra FROM appointment
    WHERE (SELECT count(*) FROM places) > 0 AND id = ANY (ARRAY(SELECT id FROM said))
    ORDER BY id FOR NO KEY UPDATE
), gone AS MATERIALIZED (
    SELECT was.id, was.status, was.slot_id, was.session_id, was.is_extra, said.becomes, said.transition_id,
           said.fact_id, said.payload, said.why
    FROM was JOIN said ON said.id = was.id
    WHERE (said.version IS NULL OR said.version = was.version)
      AND CASE was.status WHEN 'booked' THEN said.becomes IN ('cancelled', 'rescheduled')
                          WHEN 'held' THEN said.becomes = 'cancelled'
                                           OR said.becomes = 'expired' AND was.held_until <= app_now()
                          ELSE false END
), ended AS (
    UPDATE appointment SET status = gone.becomes, held_until = NULL, version = appointment.version + 1
    FROM gone WHERE appointment.id = gone.id
), freed AS (
    UPDATE slot SET taken = slot.taken - back.places, version = slot.version + 1,
                    capacity = slot.capacity - back.extras, adjusted = slot.adjusted - back.extras,
                    kept = slot.kept + CASE WHEN NOT slot.is_stopped AND slot.ends_at > app_now()
                                                 AND wants_place(back.session_id) THEN back.places - back.extras
                                            ELSE 0 END
    FROM (SELECT slot_id, session_id, count(*) AS places, count(*) FILTER (WHERE is_extra) AS extras
          FROM gone GROUP BY slot_id, session_id) back
    WHERE slot.id = back.slot_id
), withdrawn AS (  -- a place beyond the plan goes with its booking
    UPDATE session SET extras = session.extras - back.extras
    FROM (SELECT session_id, count(*) AS extras FROM gone WHERE is_extra GROUP BY session_id) back
    WHERE session.id = back.session_id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT transition_id, 'appointment', id, status, becomes, $8, $9, $10, why, app_now() FROM gone
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT fact_id, 'AppointmentCancelled', payload::jsonb, app_now() FROM gone
    WHERE fact_id IS NOT NULL AND status = 'booked'
)
SELECT id, status AS was FROM gone
"""

# A hold becomes a booking. $1 appointment, $2 version (null: any), $3 sealed intake (null: as it is), $4 transition,
# $5 kind and $6 id of actor, $7 channel, $8 fact, $9 its payload
CONFIRM = """
WITH place AS (
    SELECT slot.id FROM slot JOIN appointment a ON a.slot_id = slot.id
    WHERE a.id = $1 AND NOT slot.is_stopped FOR NO KEY UPDATE OF slot
), kept AS (
    UPDATE appointment SET status = 'booked', held_until = NULL, version = appointment.version + 1,
                           intake_cipher = coalesce($3, intake_cipher)
    FROM place
    WHERE appointment.id = $1 AND appointment.slot_id = place.id AND appointment.status = 'held'
      AND appointment.held_until > app_now() AND ($2::integer IS NULL OR appointment.version = $2)
    RETURNING appointment.id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, at)
    SELECT $4, 'appointment', $1, 'held', 'booked', $5, $6, $7, app_now() FROM kept
), told AS (
    INSERT INTO fact (id, name, payload, happened_at)
    SELECT $8, 'AppointmentBooked', $9::jsonb, app_now() FROM kept
)
SELECT id FROM kept
"""

# A move, first half: the old booking ends but its place is not free yet. Both slots are locked, in the order of their
# ids. $1 appointment, $2 its version, $3 its slot, $4 the new slot
LEAVE = """
WITH people AS MATERIALIZED (
    SELECT id FROM person WHERE id = (SELECT person_id FROM appointment WHERE id = $1) FOR NO KEY UPDATE
), places AS MATERIALIZED (
    SELECT id FROM slot WHERE (SELECT count(*) FROM people) > 0 AND id IN ($3, $4) ORDER BY id FOR NO KEY UPDATE
)
UPDATE appointment SET status = 'rescheduled', version = version + 1
WHERE (SELECT count(*) FROM places) = 2 AND id = $1 AND status = 'booked' AND version = $2
RETURNING id
"""
# Second half, once the new place is taken. $1 old and $2 new appointment, $3 the old slot, $4 transition, $5 kind and
# $6 id of actor, $7 channel, $8 why, $9 fact, $10 its payload
LEFT_FOR = """
WITH linked AS (
    UPDATE appointment SET rescheduled_to_id = $2 WHERE id = $1 RETURNING session_id, is_extra::integer AS extra
), freed AS (
    UPDATE slot SET taken = taken - 1, version = version + 1, capacity = capacity - linked.extra,
                    adjusted = adjusted - linked.extra,
                    kept = kept + CASE WHEN NOT is_stopped AND ends_at > app_now() AND wants_place(linked.session_id)
                                       THEN 1 - linked.extra ELSE 0 END
    FROM linked WHERE slot.id = $3
), withdrawn AS (
    UPDATE session SET extras = extras - 1 FROM linked WHERE session.id = linked.session_id AND linked.extra = 1
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT $4, 'appointment', $1, 'booked', 'rescheduled', $5, $6, $7, $8, app_now() FROM linked
)
INSERT INTO fact (id, name, payload, happened_at)
SELECT $9, 'AppointmentCancelled', $10::jsonb, app_now() FROM linked
RETURNING id
"""
