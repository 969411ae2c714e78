"""What must hold for plans and calls at any moment: a sentence, and the query that finds what breaks it."""

_LOOKED_AFTER = """
SELECT id, next_look_at FROM plan_step WHERE state = 'planned' AND next_look_at < app_now() - interval '10 minutes'
"""
_TOLD = """
SELECT s.id FROM plan_step s WHERE s.state = 'sent'
AND NOT EXISTS (SELECT FROM message m WHERE m.plan_step_id = s.id)
"""
_NOT_AFTER_A_STOP = """
SELECT s.id FROM plan_step s JOIN enrolment e ON e.id = s.enrolment_id
WHERE e.state = 'stopped' AND s.cycle = e.cycle AND (s.state = 'planned' OR s.told_at > e.ended_at)
"""
_CALLED = """
SELECT s.id FROM plan_step s WHERE s.state = 'called'
AND NOT EXISTS (SELECT FROM call_task c WHERE c.plan_step_id = s.id)
"""
_RED = """
SELECT r.id FROM followup_response r WHERE r.red_flags <> '[]'
AND NOT EXISTS (SELECT FROM call_task c WHERE c.source = 'red_flag:' || r.id)
AND EXISTS (SELECT FROM patient p WHERE p.id = r.patient_id AND p.deleted_at IS NULL)
AND NOT patient_is_stopped(r.patient_id)
"""
_LEASES = """
SELECT id FROM call_task WHERE state = 'claimed' AND claim_until < app_now() - interval '10 minutes'
"""

FOLLOW_UP_INVARIANTS = (
    ("Every step of a plan whose moment has come is told, put off or ended", _LOOKED_AFTER),
    ("Every step that was sent is a message", _TOLD),
    ("Every step that became a call is on the call list", _CALLED),
    ("Nothing of a plan is told after it was stopped, and nothing is left to tell", _NOT_AFTER_A_STOP),
    ("Every alarming answer has become a call", _RED),
    ("Nobody keeps a call for longer than its lease", _LEASES),
)
