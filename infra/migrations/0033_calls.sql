-- The call list (回访名单): whom somebody has to call, and what came of it.

CREATE TABLE call_task (          -- 回访任务
    id uuid PRIMARY KEY,
    source text NOT NULL,                               -- what it comes from: plan_step:…, message:…, red_flag:…
    kind text NOT NULL CHECK (kind IN ('red_flag', 'promise', 'follow_up', 'revisit', 'no_show', 'message',
                                       'verify_number')),
    patient_id uuid NOT NULL REFERENCES patient (id),
    department_id uuid REFERENCES department (id),
    plan_step_id uuid REFERENCES plan_step (id),
    message_id uuid REFERENCES message (id),
    title text NOT NULL,
    reason text NOT NULL DEFAULT '',                    -- why a call, in words
    priority integer NOT NULL CHECK (priority BETWEEN 0 AND 9),
    due_at timestamptz NOT NULL,
    window_ends_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'claimed', 'done', 'cancelled', 'lost')),
    claimed_by uuid REFERENCES staff (id),
    claim_until timestamptz,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    result text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT call_task_once UNIQUE (patient_id, source),
    CONSTRAINT call_task_claimed_whole CHECK ((state = 'claimed') = (claimed_by IS NOT NULL AND claim_until IS NOT NULL)),
    CONSTRAINT call_task_ended_whole CHECK ((state IN ('done', 'cancelled', 'lost')) = (ended_at IS NOT NULL)),
    CONSTRAINT call_task_ended_has_result CHECK (ended_at IS NULL OR result <> '')
);
-- two people never call the same patient at the same time
CREATE UNIQUE INDEX call_task_one_at_a_time ON call_task (patient_id) WHERE state = 'claimed';
CREATE INDEX call_task_waiting ON call_task (due_at, id) WHERE state IN ('open', 'claimed');
CREATE INDEX call_task_ended ON call_task (ended_at DESC) WHERE ended_at IS NOT NULL;
CREATE INDEX call_task_claims ON call_task (claim_until) WHERE state = 'claimed';
CREATE INDEX call_task_step ON call_task (plan_step_id) WHERE plan_step_id IS NOT NULL;

CREATE TABLE call_attempt (       -- one call, or one try
    id uuid PRIMARY KEY,
    call_task_id uuid NOT NULL REFERENCES call_task (id),
    number integer NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    result text NOT NULL,
    note_cipher bytea,
    next_at timestamptz,                                -- when somebody calls again; null: nobody does
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT call_attempt_once UNIQUE (call_task_id, number)
);
