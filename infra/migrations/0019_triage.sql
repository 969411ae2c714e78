-- Walk-ins and triage: one file for one person, what a triage was based on, who confirms the urgent ones.

-- The desk makes no second file for an identity number. Files on accounts are their owners': a child may stand on both
-- parents' accounts, and the desk takes one of those instead of making its own.
CREATE UNIQUE INDEX patient_desk_identity_once ON patient (id_number_index)
    WHERE account_id IS NULL AND deleted_at IS NULL AND id_number_index IS NOT NULL;
CREATE INDEX patient_identity ON patient (id_number_index) WHERE id_number_index IS NOT NULL;
CREATE INDEX patient_pinyin ON patient (pinyin);

CREATE TABLE patient_not_same (  -- a guide looked at a file that looks the same, and said that it is another person
    patient_id uuid NOT NULL REFERENCES patient (id),
    other_id uuid NOT NULL REFERENCES patient (id),
    by_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (patient_id, other_id),
    CONSTRAINT patient_not_same_as_another CHECK (patient_id <> other_id)
);

CREATE TABLE triage_setting (    -- at most one row: what the hospital decided about triage; none: what the rules name
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    elderly_age integer NOT NULL DEFAULT 65 CHECK (elderly_age BETWEEN 50 AND 120),    -- from
    child_age integer NOT NULL DEFAULT 6 CHECK (child_age BETWEEN 0 AND 18),           -- younger than
    confirm_minutes integer NOT NULL DEFAULT 5 CHECK (confirm_minutes BETWEEN 1 AND 120),
    emergency_department_id uuid REFERENCES department (id),   -- null: those of the speciality of emergency medicine
    fever_way text NOT NULL DEFAULT '' CHECK (length(fever_way) <= 200),
    version integer NOT NULL DEFAULT 1
);
CREATE TABLE triage_setting_change (  -- who changed what, from what to what
    id uuid PRIMARY KEY,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    by_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL
);

-- Each time somebody said how urgent a ticket is and what help is needed; who said so has seen it. A line that made a
-- ticket urgent stays open until a room has begun with the patient, the ticket is over, or somebody set it lower.
CREATE TABLE ticket_triage (
    id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL REFERENCES ticket (id),
    at timestamptz NOT NULL,
    by_id uuid REFERENCES staff (id),                   -- null: carried over from the ticket before
    was_triage text NOT NULL,
    was_flags jsonb NOT NULL,
    triage text NOT NULL CHECK (triage IN ('normal', 'priority', 'urgent')),
    flags jsonb NOT NULL,
    reason_cipher bytea,                                -- what is the matter, in the words of who said so
    sort_before timestamptz,
    sort_after timestamptz NOT NULL,
    confirm_due_at timestamptz,                         -- null: nobody else needs to look
    confirmed_by uuid REFERENCES staff (id),
    confirmed_at timestamptz,
    told_at timestamptz,                                -- that it was not confirmed in time
    settled_at timestamptz,
    CONSTRAINT ticket_triage_confirmed_whole CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CONSTRAINT ticket_triage_second_person CHECK (confirmed_by <> by_id),
    CONSTRAINT ticket_triage_only_urgent_open CHECK (triage = 'urgent' OR settled_at IS NOT NULL)
);
CREATE INDEX ticket_triage_of_ticket ON ticket_triage (ticket_id, id);
CREATE UNIQUE INDEX ticket_triage_one_open ON ticket_triage (ticket_id) WHERE settled_at IS NULL;
CREATE INDEX ticket_triage_open ON ticket_triage (id) WHERE settled_at IS NULL;
CREATE INDEX ticket_urgent ON ticket (day) WHERE triage = 'urgent';
