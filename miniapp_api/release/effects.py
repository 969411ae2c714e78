"""The statements that make draws, let people enter, draw, and call off (decision 0008).

Locks are taken in this order: the draw, then what a booking takes (person, slot, appointment), then the session.
"""

# ---- making --------------------------------------------------------------------------------------------------------

# $1 seconds by which a late draw opens later, so that its promise comes first
SESSIONS_WITHOUT_DRAW = """
SELECT se.id, CASE WHEN se.opens_at > app_now() THEN se.opens_at
                   ELSE app_now() + make_interval(secs => $1) END AS opens_at,
       coalesce(st.draw_window_seconds, 60) AS seconds
FROM session se LEFT JOIN schedule_setting st ON st.department_id = se.department_id
WHERE se.is_drawing AND se.draw_id IS NULL AND se.status = 'open' AND se.ends_at > app_now()
ORDER BY se.opens_at, se.id LIMIT $2
"""
# $1 draw, $2 session, $3 opens, $4 seconds, $5 sealed seed, $6 its SHA-256, $7 days of losses, $8 most lots,
# $9 transition, $10 channel
MAKE = """
WITH made AS (
    INSERT INTO draw (id, session_id, department_id, practitioner_id, day, starts_at, ends_at, opens_at, closes_at,
                      loss_days, lots_at_most, seed_cipher, seed_sha256, created_at)
    SELECT $1, id, department_id, practitioner_id, day, starts_at, ends_at, $3,
           $3::timestamptz + make_interval(secs => $4), $7, $8, $5, $6, app_now()
    FROM session WHERE id = $2 AND is_drawing AND status = 'open'
    ON CONFLICT (session_id) WHERE state <> 'cancelled' DO NOTHING RETURNING id, session_id, opens_at, closes_at
), shown AS (
    UPDATE session SET draw_id = made.id, draw_opens_at = made.opens_at, draw_closes_at = made.closes_at,
                       version = version + 1
    FROM made WHERE session.id = made.session_id
), history AS (
    INSERT INTO transition (id, machine, subject_id, to_state, by_kind, channel, at)
    SELECT $9, 'draw', id, 'waiting', 'system', $10, app_now() FROM made
)
SELECT id FROM made
"""
# the department released at another time, or for longer, since the draw was made
RETIME = """
WITH late AS (
    SELECT d.id, se.opens_at, se.opens_at + make_interval(secs => st.draw_window_seconds) AS closes_at
    FROM draw d JOIN session se ON se.id = d.session_id JOIN schedule_setting st ON st.department_id = d.department_id
    WHERE d.state = 'waiting' AND d.opens_at > app_now() AND se.opens_at > app_now()
      AND (d.opens_at, d.closes_at)
          IS DISTINCT FROM (se.opens_at, se.opens_at + make_interval(secs => st.draw_window_seconds))
    FOR UPDATE OF d
), moved AS (
    UPDATE draw SET opens_at = late.opens_at, closes_at = late.closes_at, version = version + 1
    FROM late WHERE draw.id = late.id RETURNING draw.id, draw.session_id, draw.opens_at, draw.closes_at
)
UPDATE session SET draw_opens_at = moved.opens_at, draw_closes_at = moved.closes_at, version = version + 1
FROM moved WHERE session.id = moved.session_id AND session.draw_id = moved.id RETURNING session.id
"""

# ---- entering ------------------------------------------------------------------------------------------------------

# What keeps a person from entering twice is the id of the entry, which follows from the draw and the person, and
# behind it the constraint draw_entry_once_per_person. What keeps an entry from coming after the draw is the lock: no
# draw begins while somebody enters, and who comes later finds it done. Names of their own, so that a test can take
# them out.
ENTRY_ID = "md5(open.id::text || ':' || pt.person_id::text)::uuid"
OPEN_LOCK = "FOR KEY SHARE"
# $1 draw, $2 patient, $3 account, $4 slots, $5 transition, $6 kind and $7 id of who asks, $8 channel
_ENTER = """
WITH open AS (
    SELECT id, department_id, session_id, loss_days, lots_at_most FROM draw
    WHERE id = $1 AND state = 'waiting' AND opens_at <= app_now() AND closes_at > app_now() {lock}
), who AS (
    SELECT pt.id, pt.person_id, {entry_id} AS entry_id
    FROM patient pt, open WHERE pt.id = $2 AND pt.account_id = $3 AND pt.deleted_at IS NULL FOR KEY SHARE OF pt
), lost AS (
    SELECT count(DISTINCT d.opens_at) AS times
    FROM who, open, draw_entry e JOIN draw d ON d.id = e.draw_id
    WHERE e.person_id = who.person_id AND e.department_id = open.department_id AND e.state = 'lost'
      AND e.settled_at > app_now() - make_interval(days => open.loss_days)
      AND d.opens_at > coalesce((
          SELECT max(wd.opens_at) FROM draw_entry w JOIN draw wd ON wd.id = w.draw_id
          WHERE w.person_id = who.person_id AND w.department_id = open.department_id AND w.state = 'won'), '-infinity')
), entered AS (
    INSERT INTO draw_entry AS old (id, draw_id, department_id, person_id, patient_id, account_id, receipt, slot_ids,
                                   lots, state, entered_at)
    SELECT who.entry_id, open.id, open.department_id, who.person_id, who.id, $3,
           encode(sha256(convert_to(who.entry_id::text, 'UTF8')), 'hex'), $4::uuid[],
           least(1 + lost.times, open.lots_at_most), 'entered', app_now()
    FROM open, who, lost
    WHERE (SELECT count(*) FROM slot s WHERE s.id = ANY($4) AND s.session_id = open.session_id AND s.pool = 'app'
           AND NOT s.is_stopped AND s.ends_at > app_now()) = cardinality($4::uuid[])
    ON CONFLICT (id) DO UPDATE
        SET slot_ids = excluded.slot_ids, state = 'entered', version = old.version + 1
        WHERE old.patient_id = excluded.patient_id AND old.account_id = excluded.account_id
          AND old.state IN ('entered', 'withdrawn')
          AND (old.state, old.slot_ids) IS DISTINCT FROM ('entered', excluded.slot_ids)
    RETURNING old.id, old.version
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, at)
    SELECT $5, 'draw_entry', entered.id, before.state, 'entered', $6, $7, $8, app_now()
    FROM entered LEFT JOIN draw_entry before ON before.id = entered.id
    WHERE before.state IS DISTINCT FROM 'entered'
)
SELECT id FROM entered
"""


def enter_statement(lock: str = OPEN_LOCK, entry_id: str = ENTRY_ID) -> str:
    """Give the statement by which somebody enters; a test runs it without its guards."""
    return _ENTER.format(lock=lock, entry_id=entry_id)


ENTER = enter_statement()

# all that entering depends on; $1 draw, $2 patient, $3 account, $4 slots
LOOK_BEFORE_ENTERING = """
SELECT d.state, d.opens_at, d.closes_at, app_now() AS now, pt.id AS patient_id, pr.suspended_until,
       e.id AS entry_id, e.account_id AS entry_account_id, e.patient_id AS entry_patient_id, e.state AS entry_state,
       (SELECT a.id FROM appointment a WHERE a.person_id = pt.person_id AND a.session_id = d.session_id
        AND a.status IN ('held', 'booked', 'checked_in', 'in_service')) AS appointment_id,
       (SELECT count(*) FROM slot s WHERE s.id = ANY($4::uuid[]) AND s.session_id = d.session_id AND s.pool = 'app'
        AND NOT s.is_stopped AND s.ends_at > app_now()) = cardinality($4::uuid[]) AS has_slots
FROM draw d LEFT JOIN patient pt ON pt.id = $2 AND pt.account_id = $3 AND pt.deleted_at IS NULL
LEFT JOIN person pr ON pr.id = pt.person_id
LEFT JOIN draw_entry e ON e.draw_id = d.id AND (e.person_id = pt.person_id OR e.patient_id = pt.id)
WHERE d.id = $1
"""
# $1 entry, $2 account, $3 transition, $4 kind and $5 id of who asks, $6 channel
WITHDRAW = """
WITH open AS (
    SELECT d.id FROM draw d JOIN draw_entry e ON e.draw_id = d.id
    WHERE e.id = $1 AND e.account_id = $2 AND d.state = 'waiting' AND d.closes_at > app_now() FOR KEY SHARE OF d
), gone AS (
    UPDATE draw_entry SET state = 'withdrawn', version = version + 1 FROM open
    WHERE draw_entry.id = $1 AND draw_entry.draw_id = open.id AND draw_entry.state = 'entered' RETURNING draw_entry.id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, at)
    SELECT $3, 'draw_entry', id, 'entered', 'withdrawn', $4, $5, $6, app_now() FROM gone
)
SELECT id FROM gone
"""

# ---- drawing -------------------------------------------------------------------------------------------------------

DUE = "SELECT id FROM draw WHERE state = 'waiting' AND closes_at <= app_now() ORDER BY closes_at, id LIMIT $1"
# another worker that is at it has the lock
LOCK_DUE = """
SELECT d.id, d.session_id, d.department_id, dp.name AS department_name, p.name AS practitioner_name, d.starts_at,
       d.lots_at_most, d.seed_cipher
FROM draw d JOIN session se ON se.id = d.session_id JOIN department dp ON dp.id = d.department_id
JOIN practitioner p ON p.id = d.practitioner_id
WHERE d.id = $1 AND d.state = 'waiting' AND d.closes_at <= app_now() AND se.is_drawing AND se.status = 'open'
FOR UPDATE OF d SKIP LOCKED
"""
ENTERED = """
SELECT e.id, e.receipt, e.lots, e.slot_ids, e.patient_id, e.account_id, pt.name AS patient_name
FROM draw_entry e JOIN patient pt ON pt.id = e.patient_id WHERE e.draw_id = $1 AND e.state = 'entered' ORDER BY e.id
"""
# $1 entries with $2 states, $3 positions, $4 slots and $5 appointments that they won, $6 slots that were refused and
# $7 why, $8 transitions; $9 channel
SETTLE_ENTRIES = """
WITH said AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                         $8::uuid[])
        AS t (id, state, position, slot_id, appointment_id, refused, reason, transition_id)
), settled AS (
    UPDATE draw_entry SET state = said.state, position = said.position, slot_id = said.slot_id,
                          appointment_id = said.appointment_id, refused_slot_ids = said.refused::uuid[],
                          reason = said.reason, settled_at = app_now(), version = version + 1
    FROM said WHERE draw_entry.id = said.id AND draw_entry.state = 'entered'
    RETURNING draw_entry.id, said.state, said.reason, said.transition_id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, channel, why, at)
    SELECT transition_id, 'draw_entry', id, 'entered', state, 'system', $9, reason, app_now() FROM settled
)
SELECT id FROM settled
"""
# $1 draw, $2 seed, $3 places, $4 transition, $5 channel
FINISH = """
WITH done AS (
    UPDATE draw SET state = 'drawn', seed = $2, places = $3::jsonb, settled_at = app_now(), version = version + 1
    WHERE id = $1 AND state = 'waiting' RETURNING id, session_id
), opened AS (
    UPDATE session SET is_drawing = false, version = version + 1 FROM done
    WHERE session.id = done.session_id AND session.is_drawing AND session.status = 'open' RETURNING session.id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, channel, at)
    SELECT $4, 'draw', id, 'waiting', 'drawn', 'system', $5, app_now() FROM done
)
SELECT opened.id FROM opened
"""
TELL = """
INSERT INTO fact (id, name, payload, happened_at)
SELECT *, app_now() FROM unnest($1::uuid[], $2::text[], $3::jsonb[])
"""

# ---- calling off ---------------------------------------------------------------------------------------------------

_OFF = """
d.state = 'waiting' AND (se.id IS NULL OR se.status <> 'open' OR NOT se.is_drawing OR se.ends_at <= app_now())
"""
CALLED_OFF = f"SELECT d.id FROM draw d LEFT JOIN session se ON se.id = d.session_id WHERE {_OFF} ORDER BY d.id LIMIT $1"
LOCK_CALLED_OFF = f"""
SELECT d.id, d.session_id, d.department_id, dp.name AS department_name, p.name AS practitioner_name, d.starts_at,
       CASE WHEN se.status = 'stopped' THEN 'stopped' WHEN se.id IS NULL OR se.status = 'closed' THEN 'gone'
            WHEN se.ends_at <= app_now() THEN 'over' ELSE 'first_come' END AS why
FROM draw d LEFT JOIN session se ON se.id = d.session_id JOIN department dp ON dp.id = d.department_id
JOIN practitioner p ON p.id = d.practitioner_id
WHERE d.id = $1 AND {_OFF} FOR UPDATE OF d SKIP LOCKED
"""
# $1 draw, $2 why, $3 transition of the draw, $4 entries with $5 transitions, $6 channel
CALL_OFF = """
WITH said AS (
    SELECT * FROM unnest($4::uuid[], $5::uuid[]) AS t (id, transition_id)
), off AS (
    UPDATE draw SET state = 'cancelled', why = $2, settled_at = app_now(), version = version + 1
    WHERE id = $1 AND state = 'waiting' RETURNING id
), gone AS (
    UPDATE draw_entry SET state = 'cancelled', reason = $2, settled_at = app_now(), version = version + 1
    FROM said, off WHERE draw_entry.id = said.id AND draw_entry.state = 'entered'
    RETURNING draw_entry.id, said.transition_id
), forgotten AS (
    UPDATE session SET is_drawing = false, draw_id = NULL, draw_opens_at = NULL, draw_closes_at = NULL,
                       version = version + 1
    FROM off WHERE session.draw_id = off.id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, channel, why, at)
    SELECT $3, 'draw', id, 'waiting', 'cancelled', 'system', $6, $2, app_now() FROM off
    UNION ALL
    SELECT transition_id, 'draw_entry', id, 'entered', 'cancelled', 'system', $6, $2, app_now() FROM gone
)
SELECT id FROM off
"""
