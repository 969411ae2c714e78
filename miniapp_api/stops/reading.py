"""The statements that look after stopped visits: who was reached, the lists of staff and phones, calls, refunds."""

# ---- watching ------------------------------------------------------------------------------------------------------

# Nobody answered in time, or the person did something about a place on another page. $1 how many
TO_SETTLE = """
SELECT v.id FROM stopped_visit v WHERE v.state = 'asked' AND (
    v.answer_by <= app_now()
    OR v.outcome = 'moved'
       AND EXISTS (SELECT FROM appointment a WHERE a.id = v.new_appointment_id AND a.status <> 'booked')
    OR v.outcome = 'offered' AND (
        NOT EXISTS (SELECT FROM stopped_alternative x JOIN appointment a ON a.id = x.appointment_id
                    WHERE x.stopped_visit_id = v.id AND a.status = 'held')
        OR EXISTS (SELECT FROM stopped_alternative x JOIN appointment a ON a.id = x.appointment_id
                   WHERE x.stopped_visit_id = v.id AND a.status NOT IN ('held', 'expired', 'cancelled'))))
ORDER BY v.answer_by, v.id LIMIT $1
"""
# The messages about a stopped visit are the hub's; what is asked of them is whether somebody has seen one.
# $1 reached by, $2 minutes after which somebody calls
_SEEN = """
SELECT v.id, EXISTS (
    SELECT FROM message m LEFT JOIN delivery w ON w.message_id = m.id AND w.channel <> 'inbox'
    WHERE m.subject_id = v.id AND m.created_at >= v.told_at - interval '1 second'
      AND ($1 <> 'answered' AND m.read_at IS NOT NULL OR $1 = 'delivered' AND w.state = 'delivered')) AS is_reached,
    EXISTS (SELECT FROM message m WHERE m.subject_id = v.id AND m.created_at >= v.told_at - interval '1 second')
    AND NOT EXISTS (
        SELECT FROM message m JOIN delivery w ON w.message_id = m.id AND w.channel <> 'inbox'
        WHERE m.subject_id = v.id AND m.created_at >= v.told_at - interval '1 second'
          AND w.state NOT IN ('suppressed', 'failed', 'undelivered', 'expired', 'cancelled'))
    AND NOT EXISTS (  -- another way will follow
        SELECT FROM message m WHERE m.subject_id = v.id AND m.next_step_at IS NOT NULL) AS has_no_way
FROM stopped_visit v WHERE v.contact IN ('telling', 'to_call') AND NOT v.wants_call AND v.told_at IS NOT NULL
"""
# An answer is what makes somebody reached by then; a message that could not go to a phone needs no waiting.
REACH = f"""
WITH seen AS MATERIALIZED ({_SEEN})
UPDATE stopped_visit v SET
    contact = CASE WHEN seen.is_reached THEN 'reached' ELSE 'to_call' END,
    next_call_at = CASE WHEN seen.is_reached THEN NULL ELSE app_now() END, version = v.version + 1
FROM seen WHERE v.id = seen.id AND (
    seen.is_reached OR v.contact = 'telling' AND (
        seen.has_no_way OR v.told_at + make_interval(mins => $2::integer) <= app_now()))
RETURNING v.id
"""
# the hour of what they have now has passed
CLOSE = """
UPDATE stopped_visit v SET contact = 'closed', next_call_at = NULL, version = version + 1
WHERE v.contact IN ('telling', 'to_call') AND v.visit_at < app_now() - interval '12 hours'
  AND NOT EXISTS (SELECT FROM appointment a WHERE a.id = v.new_appointment_id AND a.ends_at > app_now())
RETURNING v.id
"""

# ---- lists ---------------------------------------------------------------------------------------------------------

# $1 departments or null, $2 the last id of the page before, $3 how many
STOPS = """
SELECT st.id, st.kind, st.policy, st.reason, st.state, st.created_at, st.done_at, st.version, staff.name AS by_name
FROM stop st JOIN staff ON staff.id = st.by_id
WHERE ($2::uuid IS NULL OR st.id < $2) AND ($1::uuid[] IS NULL OR EXISTS (
    SELECT FROM stopped_session x JOIN session se ON se.id = x.session_id
    WHERE x.stop_id = st.id AND se.department_id = ANY($1)))
ORDER BY st.id DESC LIMIT $3
"""
STOP = """
SELECT st.id, st.kind, st.policy, st.reason, st.state, st.created_at, st.done_at, st.version, staff.name AS by_name
FROM stop st JOIN staff ON staff.id = st.by_id
WHERE st.id = ANY($1) AND ($2::uuid[] IS NULL OR EXISTS (
    SELECT FROM stopped_session x JOIN session se ON se.id = x.session_id
    WHERE x.stop_id = st.id AND se.department_id = ANY($2)))
"""
SESSIONS_OF = """
SELECT x.id, x.stop_id, x.session_id, x.slot_ids, x.to_session_id, x.reopened_at, x.reopened_why,
       rs.name AS reopened_by, se.day,
       se.starts_at, se.ends_at, se.department_id, d.name AS department_name, p.name AS practitioner_name,
       t.starts_at AS to_starts_at, tp.name AS to_practitioner_name, tr.name AS to_room_name
FROM stopped_session x JOIN session se ON se.id = x.session_id JOIN department d ON d.id = se.department_id
JOIN practitioner p ON p.id = se.practitioner_id LEFT JOIN staff rs ON rs.id = x.reopened_by
LEFT JOIN session t ON t.id = x.to_session_id LEFT JOIN practitioner tp ON tp.id = t.practitioner_id
LEFT JOIN room tr ON tr.id = t.room_id
WHERE x.stop_id = ANY($1) ORDER BY se.starts_at, x.id
"""
COUNTS_OF = """
SELECT stop_id, count(*) FILTER (WHERE state = 'undecided') AS undecided,
       count(*) FILTER (WHERE outcome = 'moved') AS moved, count(*) FILTER (WHERE outcome = 'offered') AS offered,
       count(*) FILTER (WHERE outcome = 'released') AS released, count(*) FILTER (WHERE state = 'asked') AS asked,
       count(*) FILTER (WHERE contact = 'to_call') AS to_call, count(*) FILTER (WHERE contact = 'reached') AS reached,
       count(*) FILTER (WHERE state <> 'void') AS all
FROM stopped_visit WHERE stop_id = ANY($1) GROUP BY stop_id
"""
# Who is here already: the desk speaks with them. $1 stop
HERE = """
SELECT a.id, a.number, a.starts_at, a.status, pt.name AS patient_name, t.label
FROM stopped_session x JOIN appointment a ON a.session_id = x.session_id AND a.status IN ('checked_in', 'in_service')
    AND (x.slot_ids IS NULL OR a.slot_id = ANY(x.slot_ids))
JOIN patient pt ON pt.id = a.patient_id
LEFT JOIN ticket t ON t.appointment_id = a.id AND t.state NOT IN ('transferred', 'voided')
WHERE x.stop_id = $1 AND x.reopened_at IS NULL ORDER BY a.starts_at, a.number, a.id
"""
# $1 stop, $2 outcome or null, $3 contact or null, $4 the last id of the page before, $5 how many
VISITS_OF_STOP = """
SELECT v.id FROM stopped_visit v WHERE v.stop_id = $1 AND v.state <> 'void' AND ($2::text IS NULL OR v.outcome = $2)
  AND ($3::text IS NULL OR v.contact = $3)
  AND ($4::uuid IS NULL OR (v.visit_at, v.id) > ((SELECT visit_at FROM stopped_visit WHERE id = $4), $4::uuid))
ORDER BY v.visit_at, v.id LIMIT $5
"""
# $1 departments or null, $2 the last id of the page before, $3 how many, $4 also who is to be called later
TO_CALL = """
SELECT v.id FROM stopped_visit v WHERE v.contact = 'to_call' AND ($1::uuid[] IS NULL OR v.department_id = ANY($1))
  AND ($4 OR v.next_call_at <= app_now())
  AND ($2::uuid IS NULL OR (v.visit_at, v.id) > ((SELECT visit_at FROM stopped_visit WHERE id = $2), $2::uuid))
ORDER BY v.visit_at, v.id LIMIT $3
"""
CALLS_OF = """
SELECT c.stopped_visit_id, c.result, c.note, c.at, s.name AS by_name FROM stop_call c JOIN staff s ON s.id = c.staff_id
WHERE c.stopped_visit_id = ANY($1) ORDER BY c.id
"""
INSERT_CALL = """
INSERT INTO stop_call (id, stopped_visit_id, staff_id, result, note, at) VALUES ($1, $2, $3, $4, $5, app_now())
"""
# $1 visit, $2 contact, $3 when to call again
CALLED = """
UPDATE stopped_visit SET calls = calls + 1, contact = $2, next_call_at = $3, version = version + 1,
    wants_call = wants_call AND $2 = 'to_call'
WHERE id = $1 RETURNING id
"""
ASK_FOR_CALL = """
UPDATE stopped_visit SET wants_call = true, contact = 'to_call', next_call_at = app_now(), version = version + 1
WHERE id = $1 RETURNING id
"""
# mine, newest first. $1 account, $2 an appointment of it or null, $3 last id of the page before, $4 how many
VISITS_OF_ACCOUNT = """
SELECT v.id FROM stopped_visit v WHERE v.account_id = $1 AND v.state IN ('asked', 'settled')
  AND ($2::uuid IS NULL OR v.appointment_id = $2 OR v.new_appointment_id = $2
       OR EXISTS (SELECT FROM stopped_alternative x WHERE x.stopped_visit_id = v.id AND x.appointment_id = $2))
  AND ($3::uuid IS NULL OR v.id < $3)
ORDER BY v.id DESC LIMIT $4
"""
# $1 departments or null, $2 state, $3 last id of the page before, $4 how many, $5 one or null
REFUNDS = """
SELECT r.id, r.stopped_visit_id, r.appointment_id, r.patient_id, r.price_fen, r.state, r.receipt, r.done_at,
       r.created_at, r.version, s.name AS done_by, pt.name AS patient_name, pt.phone_tail, pt.file_number,
       d.name AS department_name, a.starts_at, p.name AS practitioner_name, st.reason, r.department_id
FROM refund_due r JOIN patient pt ON pt.id = r.patient_id JOIN department d ON d.id = r.department_id
JOIN appointment a ON a.id = r.appointment_id JOIN practitioner p ON p.id = a.practitioner_id
JOIN stopped_visit v ON v.id = r.stopped_visit_id JOIN stop st ON st.id = v.stop_id
LEFT JOIN staff s ON s.id = r.done_by
WHERE ($1::uuid[] IS NULL OR r.department_id = ANY($1)) AND ($2::text IS NULL OR r.state = $2)
  AND ($3::uuid IS NULL OR r.id < $3) AND ($5::uuid IS NULL OR r.id = $5)
ORDER BY r.id DESC LIMIT $4
"""
# $1 refund, $2 version, $3 receipt, $4 staff
COMPLETE_REFUND = """
UPDATE refund_due SET state = 'done', receipt = $3, done_by = $4, done_at = app_now(), version = version + 1
WHERE id = $1 AND version = $2 AND state = 'open' RETURNING id
"""
PHONE_OF = """
SELECT pt.id, pt.phone_cipher FROM stopped_visit v JOIN patient pt ON pt.id = v.patient_id AND pt.deleted_at IS NULL
WHERE v.id = $1
"""
INSERT_ACCESS = """
INSERT INTO access_record (id, staff_id, patient_id, what, why, at) VALUES ($1, $2, $3, $4, $5, app_now())
"""
