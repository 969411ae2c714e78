"""The statements of follow-up plans: versions, enrolments, steps, answers."""

from functools import lru_cache

from tortoise import fields

from notifications.followups.kinds import PlanBody, PlanStepBody
from server import clock
from server.db import Row


class CarePlanVersion(Row):
    """One version of a follow-up plan. status: draft, approved or retired."""

    plan_id = fields.UUIDField()
    number = fields.IntField()
    status = fields.TextField()
    made_by = fields.UUIDField(null=True)
    made_at = fields.DatetimeField(default=clock.now)
    approved_by = fields.UUIDField(null=True)
    approved_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)

    class Meta:
        table = "care_plan_version"


@lru_cache(maxsize=256)
def plan_of(raw: str) -> PlanBody:
    """Read a plan as it is kept."""
    return PlanBody.model_validate_json(raw)


@lru_cache(maxsize=1024)
def step_of(raw: str) -> PlanStepBody:
    """Read a step as it is kept."""
    return PlanStepBody.model_validate_json(raw)


# ---- plans -----------------------------------------------------------------------------------------------------------

APPROVED = """
SELECT p.id, p.code, v.id AS version_id, v.body FROM care_plan p
LEFT JOIN care_plan_version v ON v.plan_id = p.id AND v.status = 'approved' ORDER BY p.code
"""
LAY_PLAN = (
    "INSERT INTO care_plan (id, code, is_shipped, created_at) VALUES ($1, $2, true, app_now()) ON CONFLICT DO NOTHING"
)
LAY_VERSION = """
INSERT INTO care_plan_version (id, plan_id, number, status, body, made_at, approved_at)
SELECT $1, $2, 1, $3, $4, app_now(), CASE WHEN $3 = 'approved' THEN app_now() END
WHERE NOT EXISTS (SELECT FROM care_plan_version WHERE plan_id = $2)
ON CONFLICT DO NOTHING
"""

# ---- enrolments ------------------------------------------------------------------------------------------------------

# What eligibility asks. $1 patient, $2 department, $3 visit, $4 its beginning, $5 how often it was finished
PERSON = """
SELECT (SELECT birth_date FROM patient WHERE id = $1) AS birth_date,
       coalesce((SELECT code FROM department WHERE id = $2), '') AS department_code,
       EXISTS (SELECT FROM patient WHERE id = $1)
           AND NOT EXISTS (SELECT FROM encounter WHERE patient_id = $1 AND id <> $3 AND finished_at IS NOT NULL
                           AND started_at < $4) AS is_first,
       EXISTS (SELECT FROM encounter WHERE id = $3 AND (finished_at IS NULL OR times_finished > $5)) AS goes_on
"""
# One enrolment for a patient, anchor and plan; the end of a visit that was taken back begins another cycle.
ENROL = """
INSERT INTO enrolment AS e (id, plan_id, version_id, patient_id, account_id, subject_id, cycle, anchor, anchor_on,
                            department_id, data, state, began_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'active', $12, app_now())
ON CONFLICT ON CONSTRAINT enrolment_once DO UPDATE
SET cycle = excluded.cycle, version_id = excluded.version_id, anchor = excluded.anchor, anchor_on = excluded.anchor_on,
    data = excluded.data, state = 'active', reason = '', began_at = excluded.began_at, ended_at = NULL
WHERE e.cycle < excluded.cycle
RETURNING id, cycle
"""
# The steps of one cycle, each once. $1 enrolment, $2 cycle, $3 patient, $4 account; then a column for each value
STEPS = """
INSERT INTO plan_step (id, enrolment_id, step, cycle, patient_id, account_id, purpose, way, body, earliest_at, due_at,
                       latest_at, next_look_at, state, reason, created_at)
SELECT t.id, $1, t.step, $2, $3, $4, t.purpose, t.way, t.body::jsonb, t.earliest_at, t.due_at, t.latest_at, t.due_at,
       CASE WHEN t.latest_at < app_now() THEN 'skipped' ELSE 'planned' END,
       CASE WHEN t.latest_at < app_now() THEN 'past' ELSE '' END, app_now()
FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[],
            $12::timestamptz[]) AS t (id, step, purpose, way, body, earliest_at, due_at, latest_at)
ON CONFLICT ON CONSTRAINT plan_step_once DO NOTHING
"""

# ---- stopping --------------------------------------------------------------------------------------------------------

STOP = """
UPDATE enrolment SET state = 'stopped', reason = $2, ended_at = coalesce(ended_at, app_now())
WHERE id = ANY($1::uuid[]) AND state <> 'stopped' RETURNING id, patient_id
"""
SKIP_REST = """
UPDATE plan_step SET state = 'skipped', reason = $2 WHERE enrolment_id = ANY($1::uuid[]) AND state = 'planned'
"""
# Steps that were told and of which something may still be on its way. $1 enrolments
TOLD_OF = """
SELECT id, patient_id, plan_step_is_stopped(coalesce(merged_into_id, id)) AS is_stopped FROM plan_step
WHERE enrolment_id = ANY($1::uuid[]) AND state IN ('sent', 'called', 'merged')
"""
OF_VISIT = "SELECT id FROM enrolment WHERE subject_id = $1 AND cycle <= $2 AND state <> 'stopped'"
# Plans that end because the patient was seen again. $1 patient, $2 department, $3 that visit, $4 its beginning
REVISITED = """
SELECT e.id FROM enrolment e JOIN care_plan_version v ON v.id = e.version_id
WHERE e.patient_id = $1 AND e.department_id = $2 AND e.subject_id <> $3 AND e.began_at < $4 AND e.state = 'active'
  AND v.body -> 'stops' ? 'revisited'
"""
# Plans of one patient that name a reason to stop. $1 patient, $2 reason
NAMING = """
SELECT e.id FROM enrolment e JOIN care_plan_version v ON v.id = e.version_id
WHERE e.patient_id = $1 AND e.state = 'active' AND v.body -> 'stops' ? $2
"""
# Steps that asked to book, in a department where somebody has booked now. $1 patient, $2 department
ASKED_TO_BOOK = """
SELECT s.id, plan_step_is_stopped(coalesce(s.merged_into_id, s.id)) AS is_stopped
FROM plan_step s JOIN enrolment e ON e.id = s.enrolment_id
WHERE s.patient_id = $1 AND e.department_id = $2 AND s.state IN ('sent', 'called', 'merged')
  AND plan_step_stays(s) = 'booked'
"""
OF_PATIENT = """
SELECT id, true AS is_stopped FROM plan_step
WHERE patient_id = $1 AND state IN ('sent', 'called', 'merged') AND latest_at > app_now() - interval '30 days'
"""
ENROLMENT_OF_STEP = "SELECT enrolment_id AS id FROM plan_step WHERE id = $1"
STOP_PATIENT = """
INSERT INTO patient_stop (id, patient_id, kind, why, made_by, created_at) VALUES ($1, $2, $3, $4, $5, app_now())
ON CONFLICT DO NOTHING RETURNING id
"""
LIFT_STOP = """
UPDATE patient_stop SET lifted_by = $2, lifted_at = app_now(), lifted_why = $3 WHERE id = $1 AND lifted_at IS NULL
RETURNING patient_id
"""

# ---- telling ---------------------------------------------------------------------------------------------------------

DUE_PATIENTS = """
SELECT DISTINCT patient_id FROM (SELECT patient_id FROM plan_step WHERE state = 'planned' AND next_look_at <= app_now()
                                 ORDER BY next_look_at LIMIT $1) due
"""
# All that is planned for one patient is locked: two workers make one contact of it, not two. $1 patient
LOCK_STEPS = "SELECT id FROM plan_step WHERE patient_id = $1 AND state = 'planned' ORDER BY id FOR UPDATE"
OPEN_STEPS = """
SELECT s.id, s.enrolment_id, s.body, s.earliest_at, s.due_at, s.latest_at, s.patient_id, s.account_id,
       s.next_look_at <= app_now() AS is_due, coalesce(plan_step_stays(s), '') AS stays,
       EXISTS (SELECT FROM account a WHERE a.id = s.account_id) AS has_account,
       e.department_id, e.data, e.anchor, v.body AS plan,
       (SELECT count(*) FROM plan_step t WHERE t.enrolment_id = e.id AND t.state IN ('sent', 'called')) AS told,
       d.state AS before_state, r.id IS NOT NULL AS before_answered
FROM plan_step s
JOIN enrolment e ON e.id = s.enrolment_id
JOIN care_plan_version v ON v.id = e.version_id
LEFT JOIN plan_step d ON d.enrolment_id = s.enrolment_id AND d.cycle = s.cycle AND d.step = s.body ->> 'depends_on'
LEFT JOIN followup_response r ON r.plan_step_id = d.id
WHERE s.patient_id = $1 AND s.state = 'planned' AND (s.next_look_at <= app_now() OR s.earliest_at <= app_now())
ORDER BY s.id
"""
TOLD_LATELY = """
SELECT told_at FROM plan_step WHERE patient_id = $1 AND state = 'sent' AND told_at > app_now() - interval '7 days'
"""
TELL = """
UPDATE plan_step SET state = $2, reason = $3, merged_into_id = $4, told_at = app_now()
WHERE id = $1 AND state = 'planned'
"""
SKIP = "UPDATE plan_step SET state = 'skipped', reason = $2 WHERE id = $1 AND state = 'planned'"
HOLD = "UPDATE plan_step SET next_look_at = $2, reason = $3 WHERE id = $1 AND state = 'planned'"
FINISH = """
UPDATE enrolment e SET state = 'finished', ended_at = app_now()
WHERE e.id = ANY($1::uuid[]) AND e.state = 'active'
  AND NOT EXISTS (SELECT FROM plan_step s WHERE s.enrolment_id = e.id AND s.state = 'planned')
"""

# ---- answering -------------------------------------------------------------------------------------------------------

# What an account was told of its plans. $1 account, $2 step or null for all, $3 only what is open, $4 after, $5 limit
MINE = """
SELECT s.id, s.body, s.patient_id, s.account_id, s.purpose, s.told_at, s.latest_at, e.department_id, e.data, e.state,
       v.body AS plan, r.created_at AS answered_at, r.red_flags,
       e.state = 'stopped' OR patient_is_stopped(s.patient_id) AS is_stopped, e.id AS enrolment_id
FROM plan_step s
JOIN enrolment e ON e.id = s.enrolment_id
JOIN care_plan_version v ON v.id = e.version_id
LEFT JOIN followup_response r ON r.plan_step_id = s.id
WHERE s.account_id = $1 AND s.state IN ('sent', 'called', 'merged') AND s.way = 'message'
  AND ($2::uuid IS NULL OR s.id = $2)
  AND (NOT $3 OR (r.id IS NULL AND jsonb_array_length(s.body -> 'questions') > 0 AND e.state <> 'stopped'
                  AND s.latest_at > app_now() - interval '7 days'))
  AND ($4::uuid IS NULL OR (s.told_at, s.id) < (SELECT c.told_at, c.id FROM plan_step c WHERE c.id = $4))
ORDER BY s.told_at DESC, s.id DESC LIMIT $5
"""
RESPOND = """
INSERT INTO followup_response (id, plan_step_id, patient_id, account_id, answers_cipher, red_flags, created_at)
VALUES ($1, $2, $3, $4, $5, $6, app_now()) ON CONFLICT DO NOTHING RETURNING id
"""
ANSWERED = """
SELECT r.id, r.patient_id, r.answers_cipher, r.red_flags, s.body FROM followup_response r
JOIN plan_step s ON s.id = r.plan_step_id WHERE r.plan_step_id = $1
"""
READ_ANSWERS = """
INSERT INTO access_record (id, staff_id, patient_id, what, why, at)
VALUES ($1, $2, $3, 'follow_up_answers', $4, app_now())
"""
# Whom an alarming answer calls: the department, and customer service. $1 department
CALLED = """
SELECT DISTINCT r.staff_id FROM staff_role r JOIN staff s ON s.id = r.staff_id AND s.active
WHERE (r.role = 'department_head' AND r.department_id = $1)
   OR (r.role IN ('customer_service', 'supervisor') AND (r.department_id IS NULL OR r.department_id = $1))
ORDER BY r.staff_id LIMIT 20
"""

# ---- versions and what they change -----------------------------------------------------------------------------------

PLANS = """
SELECT p.id, p.code, p.is_shipped,
       (SELECT count(*) FROM enrolment e WHERE e.plan_id = p.id AND e.state = 'active') AS active,
       (SELECT count(*) FROM replan r JOIN care_plan_version v ON v.id = r.version_id
        WHERE v.plan_id = p.id AND r.state = 'proposed') AS replans
FROM care_plan p WHERE $1::uuid IS NULL OR p.id = $1 ORDER BY p.code
"""
VERSIONS = """
SELECT v.id, v.plan_id, v.number, v.status, v.body, v.made_at, v.approved_at, v.version, m.name AS made_by,
       a.name AS approved_by
FROM care_plan_version v LEFT JOIN staff m ON m.id = v.made_by LEFT JOIN staff a ON a.id = v.approved_by
WHERE v.plan_id = ANY($1::uuid[]) ORDER BY v.plan_id, v.number DESC
"""
MAKE_PLAN = (
    "INSERT INTO care_plan (id, code, created_at) VALUES ($1, $2, app_now()) ON CONFLICT DO NOTHING RETURNING id"
)
LOCK_PLAN = "SELECT id FROM care_plan WHERE id = $1 FOR UPDATE"
# The one draft of a plan is written over; without one the next number begins. $1 id, $2 plan, $3 body, $4 who
WRITE_DRAFT = """
INSERT INTO care_plan_version (id, plan_id, number, status, body, made_by, made_at)
SELECT $1, $2, 1 + coalesce(max(number), 0), 'draft', $3, $4, app_now() FROM care_plan_version WHERE plan_id = $2
ON CONFLICT (plan_id) WHERE status = 'draft' DO UPDATE
SET body = excluded.body, made_by = excluded.made_by, made_at = excluded.made_at,
    version = care_plan_version.version + 1
RETURNING id
"""
RETIRE = """
UPDATE care_plan_version SET status = 'retired', version = version + 1 WHERE plan_id = $1 AND status = 'approved'
RETURNING id
"""
APPROVE = """
UPDATE care_plan_version SET status = 'approved', approved_by = $2, approved_at = app_now(), version = version + 1
WHERE id = $1 AND status = 'draft' RETURNING id
"""
# Who follows an older version, and has not been asked about. $1 limit
BEHIND = """
SELECT e.id, v.id AS version_id FROM care_plan_version old
JOIN enrolment e ON e.version_id = old.id AND e.state = 'active'
JOIN care_plan_version v ON v.plan_id = old.plan_id AND v.status = 'approved'
WHERE old.status = 'retired'
  AND NOT EXISTS (SELECT FROM replan r WHERE r.enrolment_id = e.id AND r.version_id = v.id)
ORDER BY e.id LIMIT $1
"""
LOCK_ENROLMENT = """
SELECT e.id, e.patient_id, e.account_id, e.cycle, e.anchor_on, e.version_id, e.state, p.name AS patient_name
FROM enrolment e LEFT JOIN patient p ON p.id = e.patient_id WHERE e.id = $1 FOR UPDATE OF e
"""
STANDING = """
SELECT id, step, body, due_at, latest_at, state FROM plan_step WHERE enrolment_id = $1 AND cycle = $2 ORDER BY id
FOR UPDATE
"""
PROPOSE = """
INSERT INTO replan (id, enrolment_id, version_id, changes, state, decided_at, created_at)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $5 = 'proposed' THEN NULL ELSE app_now() END, app_now())
ON CONFLICT DO NOTHING RETURNING id
"""
FOLLOW_VERSION = "UPDATE enrolment SET version_id = $2 WHERE id = $1"
# A newer version makes the questions about older ones idle. $1 plan
VOID_OLD = """
UPDATE replan r SET state = 'void', decided_at = app_now() FROM care_plan_version v
WHERE v.id = r.version_id AND v.plan_id = $1 AND v.status <> 'approved' AND r.state = 'proposed'
"""
REPLANS = """
SELECT r.id, r.enrolment_id, r.version_id, r.changes, r.created_at, p.name AS patient_name, p.file_number, e.anchor_on
FROM replan r JOIN enrolment e ON e.id = r.enrolment_id LEFT JOIN patient p ON p.id = e.patient_id
WHERE e.plan_id = $1 AND r.state = 'proposed' AND ($2::uuid IS NULL OR r.id > $2) ORDER BY r.id LIMIT $3
"""
TAKE_REPLAN = """
SELECT r.id, r.enrolment_id, r.version_id FROM replan r JOIN care_plan_version v ON v.id = r.version_id
WHERE r.id = $1 AND v.plan_id = $2 AND r.state = 'proposed' FOR UPDATE OF r
"""
DECIDE_REPLAN = """
UPDATE replan SET state = $2, decided_by = $3, decided_at = app_now() WHERE id = $1 AND state = 'proposed'
"""
CHANGE_STEP = """
UPDATE plan_step SET purpose = $2, way = $3, body = $4, earliest_at = $5, due_at = $6, latest_at = $7,
       next_look_at = $6, reason = ''
WHERE id = $1 AND state = 'planned'
"""
