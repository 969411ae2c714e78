"""The statements of the stations to which patients were sent."""

STEPS = """
SELECT id, ticket_id, number, station, is_after, state FROM visit_step
WHERE ticket_id = ANY($1::uuid[]) ORDER BY ticket_id, number
"""
# $1 ids, $2 ticket, $3 kinds, $4 stations as JSON texts, $5 whether after the doctor. The first one is now.
GIVE = """
INSERT INTO visit_step (id, ticket_id, number, kind, station, is_after, state, given_at)
SELECT given.id, $2, given.ord + coalesce((SELECT max(number) FROM visit_step WHERE ticket_id = $2), 0), given.kind,
    given.station::jsonb, $5, CASE given.ord WHEN 1 THEN 'now' ELSE 'later' END, app_now()
FROM unnest($1::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS given (id, kind, station, ord)
"""
# $1 step, $2 ticket, $3 kind of who says so
END_ONE = """
UPDATE visit_step SET state = 'done', ended_at = app_now(), ended_by = $3
WHERE id = $1 AND ticket_id = $2 AND state = 'now' RETURNING kind
"""
NEXT = """
UPDATE visit_step SET state = 'now' WHERE id = (
    SELECT id FROM visit_step WHERE ticket_id = $1 AND state = 'later' ORDER BY number LIMIT 1)
AND NOT EXISTS (SELECT FROM visit_step o WHERE o.ticket_id = $1 AND o.state = 'now') RETURNING kind, station
"""
ONE = "SELECT state FROM visit_step WHERE id = $1 AND ticket_id = $2"
# What is still open when the ticket moves on. $1 ticket, $2 done or dropped, $3 kind of who moves it
CLOSE = """
UPDATE visit_step SET state = $2, ended_at = app_now(), ended_by = $3
WHERE ticket_id = $1 AND state IN ('now', 'later')
"""

INVARIANTS = (
    (
        "Who is nowhere sent has no open station: open ones belong to tickets that are away or done",
        """SELECT s.ticket_id::text AS broken FROM visit_step s JOIN ticket t ON t.id = s.ticket_id
           WHERE s.state IN ('now', 'later') AND t.state <> CASE WHEN s.is_after THEN 'done' ELSE 'away' END""",
    ),
    (
        "Where stations wait, one is the current one",
        """SELECT ticket_id::text AS broken FROM visit_step WHERE state IN ('now', 'later')
           GROUP BY ticket_id HAVING count(*) FILTER (WHERE state = 'now') <> 1""",
    ),
)

# $1 account, $2 day
WALKED_IN = """
SELECT t.id, t.label, t.state, t.checked_in_at, d.name AS department_name, p.name AS patient_name
FROM ticket t JOIN department d ON d.id = t.department_id JOIN patient p ON p.id = t.patient_id
WHERE t.account_id = $1 AND t.day = $2 AND t.appointment_id IS NULL AND t.state NOT IN ('transferred', 'voided')
ORDER BY t.checked_in_at DESC
"""
ENDED = """
SELECT id, finished_at, advice_cipher, revisit_on FROM encounter WHERE ticket_id = $1 AND finished_at IS NOT NULL
"""
