-- The patient's side of a complaint: pictures and voice, reminders of an answer that nobody confirmed, the brief of the
-- visit that it is about.

CREATE TABLE attachment (        -- a picture or a voice; its bytes lie sealed in the store under store_key
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES account (id),            -- who sent it
    staff_id uuid REFERENCES staff (id),
    complaint_id uuid REFERENCES complaint (id),        -- null: not yet part of a complaint
    entry_id uuid REFERENCES complaint_entry (id),
    place integer,                                      -- among those of its kind on the line, from 1
    kind text NOT NULL CHECK (kind IN ('picture', 'voice')),
    media_type text NOT NULL,
    bytes integer NOT NULL CHECK (bytes BETWEEN 1 AND 10485760),
    width integer,
    height integer,
    seconds numeric(6, 1),
    sha256 bytea NOT NULL,
    store_key text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('received', 'checking', 'shown', 'to_be_read', 'hidden')),
    trace_id text UNIQUE,                               -- the platform's name for its check
    label integer,                                      -- what the platform found
    tries integer NOT NULL DEFAULT 0,
    check_due_at timestamptz,                           -- when the check is asked for again, or given up
    decided_by uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT app_now(),
    bound_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT attachment_of_one CHECK (num_nonnulls(account_id, staff_id) = 1),
    CONSTRAINT attachment_bound_as_a_whole CHECK (num_nonnulls(complaint_id, entry_id, place, bound_at) IN (0, 4)),
    CONSTRAINT attachment_slots CHECK (place BETWEEN 1 AND CASE kind WHEN 'picture' THEN 9 ELSE 3 END),
    CONSTRAINT attachment_one_a_slot UNIQUE (entry_id, kind, place)
);
CREATE INDEX attachment_complaint ON attachment (complaint_id, entry_id);
CREATE INDEX attachment_unbound ON attachment (at) WHERE complaint_id IS NULL;
CREATE INDEX attachment_account_unbound ON attachment (account_id) WHERE complaint_id IS NULL;
CREATE INDEX attachment_check_due ON attachment (check_due_at) WHERE state IN ('received', 'checking');
CREATE INDEX platform_event_trace ON platform_event ((payload->>'trace_id')) WHERE event = 'wxa_media_check';

CREATE INDEX complaint_answered ON complaint (id) WHERE state = 'answered';

CREATE TABLE confirmation_reminder (    -- what is done while a patient says nothing to an answer
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    cycle integer NOT NULL,
    step integer NOT NULL CHECK (step BETWEEN 1 AND 4), -- 1 same way, 2 another way, 3 a call, 4 the end
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'called', 'closed', 'over')),   -- over: the patient was no longer silent
    PRIMARY KEY (complaint_id, cycle, step),
    CONSTRAINT confirmation_reminder_done_has_outcome CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX confirmation_reminder_due ON confirmation_reminder (due_at) WHERE done_at IS NULL;

CREATE TABLE complaint_brief (   -- what the records of the visit say, told once and sealed
    complaint_id uuid PRIMARY KEY REFERENCES complaint (id),
    visit_id uuid NOT NULL,                             -- of an encounter, a ticket or an appointment
    asked_at timestamptz NOT NULL DEFAULT app_now(),
    made_at timestamptz,
    brief_cipher bytea,
    CONSTRAINT complaint_brief_whole CHECK ((made_at IS NULL) = (brief_cipher IS NULL))
);
