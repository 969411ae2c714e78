"""The tables of the call list and its statements."""

from tortoise import fields

from notifications.calls.rules import CallState
from server import clock
from server.db import Row


class CallTask(Row):
    """Somebody to call."""

    source = fields.TextField()  # what it comes from: plan_step:…, message:…, red_flag:…
    kind = fields.TextField()
    patient_id = fields.UUIDField()
    department_id = fields.UUIDField(null=True)
    plan_step_id = fields.UUIDField(null=True)
    message_id = fields.UUIDField(null=True)
    complaint_id = fields.UUIDField(null=True)
    is_sealed = fields.BooleanField(default=False)  # as its complaint is; the table keeps it
    title = fields.TextField()
    reason = fields.TextField(default="")
    priority = fields.IntField()
    due_at = fields.DatetimeField()
    window_ends_at = fields.DatetimeField()
    state = fields.CharEnumField(CallState, description="")
    claimed_by = fields.UUIDField(null=True)
    claim_until = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0)
    result = fields.TextField(default="")
    created_at = fields.DatetimeField(default=clock.now)
    ended_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "call_task"


class CallAttempt(Row):
    """One call, or one try."""

    call_task_id = fields.UUIDField()
    number = fields.IntField()
    staff_id = fields.UUIDField()
    result = fields.TextField()
    note_cipher = fields.BinaryField(null=True)
    next_at = fields.DatetimeField(null=True)
    at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "call_attempt"


# Calls that nobody asked for and nothing urgent needs: whoever asked not to be called gets none of them.
_ROUTINE = "('follow_up', 'revisit', 'no_show', 'verify_number')"
PLACE = f"""
INSERT INTO call_task (id, source, kind, patient_id, department_id, plan_step_id, message_id, title, reason, priority,
                       due_at, window_ends_at, complaint_id, state, created_at)
SELECT $1, $2, $3, p.id, (SELECT id FROM department WHERE id = $5), $6, $7, $8, $9, $10, $11, $12, $13, 'open',
    app_now()
FROM patient p WHERE p.id = $4 AND p.deleted_at IS NULL AND NOT patient_is_stopped(p.id)
  AND ($3 NOT IN {_ROUTINE} OR NOT patient_is_not_called(p.id))
ON CONFLICT DO NOTHING RETURNING id
"""

# $1 task, $2 who, $3 lease. A lease that ran out is nobody's.
CLAIM = """
UPDATE call_task SET state = 'claimed', claimed_by = $2, claim_until = app_now() + $3::interval, version = version + 1
WHERE id = $1 AND (state = 'open' OR (state = 'claimed' AND (claimed_by = $2 OR claim_until < app_now())))
RETURNING id
"""
# What was left lying by whoever called this patient before. $1 task
LET_GO_OF_PATIENT = """
UPDATE call_task SET state = 'open', claimed_by = NULL, claim_until = NULL, version = version + 1
WHERE state = 'claimed' AND claim_until < app_now() AND id <> $1
  AND patient_id = (SELECT patient_id FROM call_task WHERE id = $1)
"""
LET_GO = """
UPDATE call_task SET state = 'open', claimed_by = NULL, claim_until = NULL, version = version + 1
WHERE id IN (SELECT id FROM call_task WHERE state = 'claimed' AND claim_until < app_now() ORDER BY id LIMIT $1
             FOR UPDATE SKIP LOCKED)
"""
# $1 task, $2 who
GIVE_BACK = """
UPDATE call_task SET state = 'open', claimed_by = NULL, claim_until = NULL, version = version + 1
WHERE id = $1 AND state = 'claimed' AND claimed_by = $2 RETURNING id
"""
# Who has the task writes its result. $1 task, $2 who, $3 state, $4 result, $5 when again, $6 counts
RECORD = """
UPDATE call_task SET state = $3, result = $4, due_at = coalesce($5, due_at), attempts = attempts + $6,
       window_ends_at = greatest(window_ends_at, $5), claimed_by = NULL, claim_until = NULL, version = version + 1,
       priority = CASE WHEN $4 = 'call_later' THEN least(priority, 1) ELSE priority END,
       ended_at = CASE WHEN $3 = 'open' THEN NULL ELSE app_now() END
WHERE id = $1 AND state = 'claimed' AND claimed_by = $2
RETURNING id, kind, patient_id, department_id, plan_step_id, complaint_id, title, window_ends_at
"""
ATTEMPT = """
INSERT INTO call_attempt (id, call_task_id, number, staff_id, result, note_cipher, next_at, at)
SELECT $1, $2, 1 + coalesce(max(number), 0), $3, $4, $5, $6, app_now() FROM call_attempt WHERE call_task_id = $2
"""
# $1 patient, $2 plan steps or null for all, $3 reason, $4 only calls that nobody asked for
CANCEL = f"""
UPDATE call_task SET state = 'cancelled', result = $3, ended_at = app_now(), claimed_by = NULL, claim_until = NULL,
       version = version + 1
WHERE patient_id = $1 AND state IN ('open', 'claimed') AND ($2::uuid[] IS NULL OR plan_step_id = ANY($2::uuid[]))
  AND (NOT $4 OR kind IN {_ROUTINE})
RETURNING id
"""
# The patient was heard by another way. $1 complaint, $2 reason
CANCEL_OF_COMPLAINT = """
UPDATE call_task SET state = 'cancelled', result = $2, ended_at = app_now(), claimed_by = NULL, claim_until = NULL,
       version = version + 1
WHERE complaint_id = $1 AND state IN ('open', 'claimed') RETURNING id
"""

# Whom a complaint bars has no sight of the calls about it. {me}: the member of staff
NOT_BARRED = """
(t.complaint_id IS NULL OR t.complaint_id NOT IN (SELECT b.complaint_id FROM complaints_barred_for({me}) b))
"""
SEEN = """
SELECT t.*, (t.state = 'claimed' AND t.claim_until >= app_now()) AS is_taken, p.name AS patient_name, p.phone_tail,
       p.file_number, p.gender, p.birth_date, p.relation, d.name AS department_name, s.name AS claimed_by_name,
       c.number AS complaint_number,
       (SELECT count(*) FROM call_task o WHERE o.patient_id = t.patient_id AND o.id <> t.id AND NOT o.is_sealed
        AND o.state IN ('open', 'claimed') AND o.due_at < app_now() + interval '7 days') AS others
FROM call_task t JOIN patient p ON p.id = t.patient_id LEFT JOIN department d ON d.id = t.department_id
LEFT JOIN staff s ON s.id = t.claimed_by LEFT JOIN complaint c ON c.id = t.complaint_id
"""
# urgent ones first, then as they are due.
# $1 due before, $2 departments or null for all, $3 after, $4 limit, $5 who looks
WAITING = (
    SEEN
    + f"""
WHERE {NOT_BARRED.format(me="$5")} AND t.state IN ('open', 'claimed') AND t.due_at < $1
  AND ($2::uuid[] IS NULL OR t.department_id = ANY($2::uuid[]))
  AND ($3::uuid IS NULL OR ((t.priority > 0)::int, t.due_at, t.id) >
       (SELECT (c.priority > 0)::int, c.due_at, c.id FROM call_task c WHERE c.id = $3))
ORDER BY (t.priority > 0)::int, t.due_at, t.id LIMIT $4
"""
)
ENDED = (
    SEEN
    + f"""
WHERE {NOT_BARRED.format(me="$4")} AND t.ended_at IS NOT NULL
  AND ($1::uuid[] IS NULL OR t.department_id = ANY($1::uuid[]))
  AND ($2::uuid IS NULL OR (t.ended_at, t.id) < (SELECT c.ended_at, c.id FROM call_task c WHERE c.id = $2))
ORDER BY t.ended_at DESC, t.id DESC LIMIT $3
"""
)
ONE = SEEN + f"WHERE t.id = $1 AND {NOT_BARRED.format(me='$2')}"
ATTEMPTS = """
SELECT a.id, a.call_task_id, a.number, a.result, a.note_cipher, a.next_at, a.at, s.name AS by_name
FROM call_attempt a JOIN staff s ON s.id = a.staff_id
WHERE a.call_task_id = ANY($1::uuid[]) ORDER BY a.call_task_id, a.number
"""
PHONE = "SELECT id, phone_cipher FROM patient WHERE id = $1 AND deleted_at IS NULL"
SEE_PHONE = """
INSERT INTO access_record (id, staff_id, patient_id, what, why, at) VALUES ($1, $2, $3, 'phone', $4, app_now())
"""
CHANGES = """
SELECT (SELECT sum(version) FROM call_task WHERE state IN ('open', 'claimed')) AS waiting,
       (SELECT count(*) FROM call_task WHERE state IN ('open', 'claimed') AND due_at <= app_now()) AS due,
       (SELECT max(ended_at) FROM call_task WHERE ended_at IS NOT NULL) AS ended
"""
