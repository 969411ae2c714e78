-- Surveys and complaints.

CREATE TABLE questionnaire (
    id uuid PRIMARY KEY,
    code text NOT NULL,
    version integer NOT NULL,
    title jsonb NOT NULL,                               -- by language
    items jsonb NOT NULL,                               -- texts by language
    active boolean NOT NULL DEFAULT true,
    UNIQUE (code, version)
);

CREATE TABLE invitation (        -- who may answer which questionnaire about which visit; attribution is frozen here
    id uuid PRIMARY KEY,
    questionnaire_id uuid NOT NULL REFERENCES questionnaire (id),
    encounter_id uuid NOT NULL UNIQUE REFERENCES encounter (id),
    account_id uuid NOT NULL REFERENCES account (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    patient_name text NOT NULL,
    department_id uuid NOT NULL REFERENCES department (id),
    department_name text NOT NULL,
    practitioner_id uuid REFERENCES practitioner (id),
    practitioner_name text NOT NULL DEFAULT '',
    visited_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'invited', 'answered', 'expired')),
    opens_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX invitation_account ON invitation (account_id, id DESC);
CREATE INDEX invitation_planned ON invitation (opens_at) WHERE state = 'planned';
CREATE INDEX invitation_invited ON invitation (deadline) WHERE state = 'invited';

CREATE TABLE response (          -- QuestionnaireResponse: one per invitation
    id uuid PRIMARY KEY,
    invitation_id uuid NOT NULL UNIQUE REFERENCES invitation (id),
    answers jsonb NOT NULL,                             -- figures and choices only
    texts_cipher bytea,                                 -- the patient's own words
    contact_me boolean NOT NULL DEFAULT false,
    overall integer CHECK (overall BETWEEN 1 AND 5),
    is_low boolean NOT NULL,
    low_reasons jsonb NOT NULL DEFAULT '[]',
    submitted_at timestamptz NOT NULL
);

CREATE SEQUENCE complaint_number START 1;
CREATE TABLE complaint (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    source text NOT NULL CHECK (source IN ('low_rating', 'miniapp', 'phone', 'desk', 'call_back', 'letter')),
    state text NOT NULL CHECK (state IN ('received', 'triaged', 'assigned', 'responded', 'investigating',
                                         'waiting_patient', 'answered', 'confirmed_closed', 'reopened',
                                         'closed_no_reply', 'closed_disagreed', 'withdrawn', 'merged')),
    severity text NOT NULL DEFAULT 'B' CHECK (severity IN ('A', 'B', 'C')),
    level integer NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 3),
    cycle integer NOT NULL DEFAULT 1,
    account_id uuid REFERENCES account (id),
    patient_id uuid REFERENCES patient (id),
    patient_name text NOT NULL DEFAULT '',
    encounter_id uuid REFERENCES encounter (id),
    department_id uuid REFERENCES department (id),
    practitioner_id uuid REFERENCES practitioner (id),
    response_id uuid UNIQUE REFERENCES response (id),   -- one low rating opens one complaint
    topic text NOT NULL,
    wants_contact boolean NOT NULL DEFAULT false,
    handler_id uuid REFERENCES staff (id),
    merged_into_id uuid REFERENCES complaint (id),
    received_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledge_due_at timestamptz NOT NULL,
    responded_at timestamptz,
    response_due_at timestamptz NOT NULL,
    answered_at timestamptz,
    answer_due_at timestamptz NOT NULL,
    closed_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CHECK ((state = 'merged') = (merged_into_id IS NOT NULL)),
    CHECK ((closed_at IS NOT NULL) = (state IN ('confirmed_closed', 'closed_no_reply', 'closed_disagreed', 'withdrawn',
                                                'merged')))
);
CREATE INDEX complaint_open ON complaint (state, id) WHERE closed_at IS NULL;
CREATE INDEX complaint_load ON complaint (handler_id) WHERE closed_at IS NULL;
CREATE INDEX complaint_account ON complaint (account_id, id DESC);
CREATE INDEX complaint_unacknowledged ON complaint (acknowledge_due_at)
    WHERE acknowledged_at IS NULL AND closed_at IS NULL;

CREATE TABLE complaint_entry (   -- the time line; it cannot be rewritten
    id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    kind text NOT NULL CHECK (kind IN ('filed', 'message', 'note', 'reply', 'answer', 'acknowledgement', 'assignment',
                                       'escalation', 'confirmation', 'closure', 'reopening', 'breach')),
    author_kind text NOT NULL CHECK (author_kind IN ('patient', 'staff', 'system')),
    author_id uuid,
    author_name text NOT NULL DEFAULT '',
    visible_to_patient boolean NOT NULL,
    text_cipher bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT complaint_entry_note_is_internal CHECK (kind <> 'note' OR NOT visible_to_patient)
);
CREATE INDEX complaint_entry_complaint ON complaint_entry (complaint_id, id);

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the time line of a complaint cannot be rewritten';
END $$;
CREATE TRIGGER complaint_entry_is_final BEFORE UPDATE OR DELETE ON complaint_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE breach (            -- a missed clock, dated by the clock and not by who noticed
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    clock text NOT NULL CHECK (clock IN ('acknowledgement', 'first_response', 'answer')),
    cycle integer NOT NULL,
    breached_at timestamptz NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (complaint_id, clock, cycle)
);
