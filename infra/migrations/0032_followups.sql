-- Follow-up plans (随访计划): what a patient is told and asked after an anchor, as versioned data.

CREATE TABLE care_plan (          -- 随访计划
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    is_shipped boolean NOT NULL DEFAULT false,          -- came with the product
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE care_plan_version (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES care_plan (id),
    number integer NOT NULL CHECK (number >= 1),
    status text NOT NULL CHECK (status IN ('draft', 'approved', 'retired')),
    body jsonb NOT NULL,                                -- notifications/followups/kinds.py
    made_by uuid REFERENCES staff (id),                 -- null: shipped
    made_at timestamptz NOT NULL DEFAULT now(),
    approved_by uuid REFERENCES staff (id),
    approved_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    UNIQUE (plan_id, number),
    CONSTRAINT care_plan_version_approved_whole CHECK ((status = 'draft') = (approved_at IS NULL))
);
CREATE UNIQUE INDEX care_plan_one_draft ON care_plan_version (plan_id) WHERE status = 'draft';
CREATE UNIQUE INDEX care_plan_one_approved ON care_plan_version (plan_id) WHERE status = 'approved';

CREATE TABLE enrolment (          -- one patient follows one version of a plan from one anchor
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES care_plan (id),
    version_id uuid NOT NULL REFERENCES care_plan_version (id),
    patient_id uuid NOT NULL,
    account_id uuid,
    subject_id uuid NOT NULL,                           -- the visit, or what stands for the anchor that staff wrote down
    cycle integer NOT NULL DEFAULT 1 CHECK (cycle >= 1),-- above one when the end of the visit was taken back
    anchor text NOT NULL CHECK (anchor IN ('visit', 'first_visit', 'revisit_date', 'discharge', 'operation',
                                           'diagnosis_group', 'inquiry', 'no_show')),
    anchor_on date NOT NULL,
    department_id uuid,
    data jsonb NOT NULL DEFAULT '{}',                   -- what the messages name: patient, department, practitioner
    state text NOT NULL CHECK (state IN ('active', 'finished', 'stopped')),
    reason text NOT NULL DEFAULT '',
    began_at timestamptz NOT NULL,                      -- bookings made since then are its return
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT enrolment_once UNIQUE (patient_id, subject_id, plan_id),
    CONSTRAINT enrolment_stopped_has_reason CHECK ((state = 'stopped') = (reason <> '')),
    CONSTRAINT enrolment_ended_whole CHECK ((state = 'active') = (ended_at IS NULL))
);
CREATE INDEX enrolment_active ON enrolment (patient_id) WHERE state = 'active';
CREATE INDEX enrolment_subject ON enrolment (subject_id);
CREATE INDEX enrolment_version ON enrolment (version_id) WHERE state = 'active';

CREATE TABLE plan_step (          -- one step of an enrolment, made once
    id uuid PRIMARY KEY,
    enrolment_id uuid NOT NULL REFERENCES enrolment (id),
    step text NOT NULL,                                 -- its code in the plan
    cycle integer NOT NULL DEFAULT 1,
    patient_id uuid NOT NULL,
    account_id uuid,
    purpose text NOT NULL CHECK (purpose IN ('clinical', 'return_visit', 'satisfaction', 'education')),
    way text NOT NULL CHECK (way IN ('message', 'call')),
    body jsonb NOT NULL,                                -- the step as its version had it
    earliest_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    latest_at timestamptz NOT NULL,
    next_look_at timestamptz NOT NULL,                  -- when a held step is looked at again; at first due_at
    state text NOT NULL CHECK (state IN ('planned', 'sent', 'called', 'merged', 'skipped')),
    reason text NOT NULL DEFAULT '',
    merged_into_id uuid REFERENCES plan_step (id),
    told_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT plan_step_once UNIQUE (enrolment_id, step, cycle),
    CONSTRAINT plan_step_window CHECK (earliest_at <= due_at AND due_at <= latest_at),
    CONSTRAINT plan_step_skipped_has_reason CHECK (state <> 'skipped' OR reason <> ''),
    CONSTRAINT plan_step_merged_whole CHECK ((state = 'merged') = (merged_into_id IS NOT NULL)),
    CONSTRAINT plan_step_told_whole CHECK ((state IN ('sent', 'called', 'merged')) = (told_at IS NOT NULL))
);
CREATE INDEX plan_step_due ON plan_step (next_look_at) WHERE state = 'planned';
CREATE INDEX plan_step_patient ON plan_step (patient_id, due_at);
CREATE INDEX plan_step_account ON plan_step (account_id, told_at DESC) WHERE account_id IS NOT NULL;
CREATE INDEX plan_step_merged ON plan_step (merged_into_id) WHERE merged_into_id IS NOT NULL;

CREATE TABLE followup_response (  -- what a patient answered to the form of a step
    id uuid PRIMARY KEY,
    plan_step_id uuid NOT NULL UNIQUE REFERENCES plan_step (id),    -- answered once
    patient_id uuid NOT NULL,
    account_id uuid,
    answers_cipher bytea NOT NULL,
    red_flags jsonb NOT NULL DEFAULT '[]',              -- codes of the questions whose answer is alarming
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE patient_stop (       -- no plan goes on for this patient, until somebody takes it back
    id uuid PRIMARY KEY,
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('deceased', 'refused')),
    why text NOT NULL DEFAULT '',
    made_by uuid REFERENCES staff (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    lifted_by uuid REFERENCES staff (id),
    lifted_at timestamptz,
    CONSTRAINT patient_stop_lifted_whole CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX patient_stop_once ON patient_stop (patient_id, kind) WHERE lifted_at IS NULL;

CREATE TABLE replan (             -- what a new version changes for who follows an older one; accepted by a supervisor
    id uuid PRIMARY KEY,
    enrolment_id uuid NOT NULL REFERENCES enrolment (id),
    version_id uuid NOT NULL REFERENCES care_plan_version (id),
    changes jsonb NOT NULL,                             -- [{step, what: added|moved|changed|removed, from, to}]
    state text NOT NULL CHECK (state IN ('proposed', 'accepted', 'declined', 'void')),
    decided_by uuid REFERENCES staff (id),
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT replan_once UNIQUE (enrolment_id, version_id),
    CONSTRAINT replan_decided_whole CHECK ((state IN ('accepted', 'declined')) = (decided_by IS NOT NULL)),
    CONSTRAINT replan_decided_when CHECK ((state = 'proposed') = (decided_at IS NULL))
);
CREATE INDEX replan_open ON replan (version_id) WHERE state = 'proposed';

CREATE INDEX appointment_patient_made ON appointment (patient_id, created_at);
CREATE INDEX complaint_patient ON complaint (patient_id) WHERE patient_id IS NOT NULL;

-- ---- when a step is not to be told any more ------------------------------------------------------------------------

-- Is nobody to be written to or called about this patient?
CREATE FUNCTION patient_is_stopped(patient_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM patient_stop s WHERE s.patient_id = $1 AND s.lifted_at IS NULL)
$$;

-- Has the patient been seen in this department after the plan began? but: the visit from which the plan comes.
CREATE FUNCTION has_been_seen_again(patient_id uuid, department_id uuid, since timestamptz, but uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM encounter e WHERE e.patient_id = $1 AND e.department_id = $2 AND e.started_at > $3
               AND e.finished_at IS NOT NULL AND e.id <> $4)
$$;

-- Has the patient booked a visit in this department since then, and not given it back?
CREATE FUNCTION has_booked_again(patient_id uuid, department_id uuid, since timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM appointment a WHERE a.patient_id = $1 AND a.department_id = $2 AND a.created_at > $3
               AND a.status IN ('booked', 'checked_in', 'in_service', 'completed'))
$$;

CREATE FUNCTION has_open_complaint(patient_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM complaint c WHERE c.patient_id = $1 AND c.state NOT IN (
    'confirmed_closed', 'closed_no_reply', 'closed_disagreed', 'withdrawn', 'merged'))
$$;

-- Why one step is not to be told now, looking at nothing but how things stand; null: it may be told.
CREATE FUNCTION plan_step_stays(s plan_step) RETURNS text LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN patient_is_stopped(s.patient_id) THEN 'patient_stopped'
    WHEN e.state = 'stopped' THEN e.reason
    WHEN s.cycle <> e.cycle THEN 'visit_reopened'
    WHEN e.body -> 'stops' ? 'revisited' AND has_been_seen_again(s.patient_id, e.department_id, e.began_at, e.subject_id)
        THEN 'revisited'
    WHEN e.body -> 'stops' ? 'booked' AND e.department_id IS NOT NULL AND (s.body ->> 'is_booking')::boolean
         AND has_booked_again(s.patient_id, e.department_id, e.began_at) THEN 'booked'
    WHEN e.body -> 'stops' ? 'complaint_open' AND has_open_complaint(s.patient_id) THEN 'complaint_open'
END
FROM (SELECT en.*, v.body FROM enrolment en JOIN care_plan_version v ON v.id = en.version_id
      WHERE en.id = s.enrolment_id) e
$$;

-- A message goes on as long as one of the steps that it tells may be told.
CREATE OR REPLACE FUNCTION plan_step_is_stopped(plan_step_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT coalesce(bool_and(plan_step_stays(s) IS NOT NULL), false) FROM plan_step s
WHERE s.id = $1 OR s.merged_into_id = $1
$$;

-- ---- what was promised before there were plans ----------------------------------------------------------------------

-- Reminders of return visits go on as steps of the plan that comes with the product (notifications/followups/shipped.py).
INSERT INTO care_plan (id, code, is_shipped) VALUES ('19e24dd0-4a80-5b4b-91e7-392ba1b2f6f7', 'revisit', true);
INSERT INTO care_plan_version (id, plan_id, number, status, body, approved_at)
VALUES ('095da326-8783-56fb-9704-dc686c7e82d7', '19e24dd0-4a80-5b4b-91e7-392ba1b2f6f7', 1, 'approved',
        '{"name":"复诊提醒","note":"医生写下复诊日期后自动执行：前一天上午提醒，约上号就不再提醒；过了日期没有约，转电话。","anchors":["revisit_date"],"eligibility":{"departments":[],"diagnosis_groups":[],"excluded_groups":[],"least_age":null,"most_age":null,"is_chosen_only":false},"steps":[{"code":"remind","name":"复诊前一天提醒","offset_days":-1,"days_before":0,"days_after":1,"time_of_day":"09:00","calendar":"any","purpose":"return_visit","way":"message","route":"follow_up","text":"医生请您回来复诊，可以直接在这里预约。","questions":[],"red_flags":[],"late":"skip","depends_on":null,"depends_when":"told","is_booking":true},{"code":"call","name":"未约复诊电话","offset_days":3,"days_before":0,"days_after":7,"time_of_day":"10:00","calendar":"working","purpose":"return_visit","way":"call","route":"follow_up","text":"复诊日期已过，还没有预约。问问患者情况，帮忙约号。","questions":[],"red_flags":[],"late":"call","depends_on":null,"depends_when":"told","is_booking":true}],"stops":["booked","revisited","readmitted","elsewhere"],"max_contacts":4}', now());

INSERT INTO enrolment (id, plan_id, version_id, patient_id, account_id, subject_id, cycle, anchor, anchor_on,
                       department_id, data, state, began_at)
SELECT r.id, '19e24dd0-4a80-5b4b-91e7-392ba1b2f6f7', '095da326-8783-56fb-9704-dc686c7e82d7',
       (r.data ->> 'patient_id')::uuid, (r.data ->> 'account_id')::uuid, r.subject_id, r.version, 'revisit_date',
       (r.data ->> 'revisit_on')::date, (r.data ->> 'department_id')::uuid,
       jsonb_build_object('patient_name', r.data -> 'patient_name', 'department_name', r.data -> 'department_name',
                          'practitioner_name', r.data -> 'practitioner_name',
                          'practitioner_id', r.data -> 'practitioner_id', 'encounter_id', r.data -> 'encounter_id',
                          'revisit_on', r.data -> 'revisit_on'),
       'active', (r.data ->> 'started_at')::timestamptz
FROM (SELECT DISTINCT ON (subject_id) * FROM reminder WHERE kind = 'revisit' AND state = 'planned'
      ORDER BY subject_id, version DESC) r
WHERE r.data ? 'patient_id' AND r.data ->> 'revisit_on' IS NOT NULL;

INSERT INTO plan_step (id, enrolment_id, step, cycle, patient_id, account_id, purpose, way, body, earliest_at, due_at,
                       latest_at, next_look_at, state)
SELECT gen_random_uuid(), e.id, s.body ->> 'code', e.cycle, e.patient_id, e.account_id, s.body ->> 'purpose',
       s.body ->> 'way', s.body, m.due_on AT TIME ZONE z.zone,
       (m.due_on + (s.body ->> 'time_of_day')::time) AT TIME ZONE z.zone,
       (m.due_on + interval '1 day' * (1 + (s.body ->> 'days_after')::int) - interval '1 second') AT TIME ZONE z.zone,
       (m.due_on + (s.body ->> 'time_of_day')::time) AT TIME ZONE z.zone, 'planned'
FROM enrolment e
JOIN care_plan_version v ON v.id = e.version_id
CROSS JOIN LATERAL jsonb_array_elements(v.body -> 'steps') AS s (body)
CROSS JOIN LATERAL (SELECT (e.anchor_on + (s.body ->> 'offset_days')::int)::timestamp AS due_on) m
CROSS JOIN (SELECT 'Asia/Shanghai'::text AS zone) z;

UPDATE reminder SET state = 'cancelled' WHERE kind = 'revisit' AND state = 'planned';
ALTER TABLE reminder DROP COLUMN data;
