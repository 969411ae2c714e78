-- Low ratings by rules that are data, the words that texts are read for, and the platform's check of free texts.

-- every kind of line of a time line, for all of satisfaction
ALTER TABLE complaint_entry DROP CONSTRAINT complaint_entry_kind_check,
    ADD CONSTRAINT complaint_entry_kind_check CHECK (kind IN (
        'filed', 'message', 'note', 'reply', 'answer', 'acknowledgement', 'assignment', 'escalation', 'confirmation',
        'closure', 'reopening', 'breach', 'call', 'pause', 'resume', 'question', 'attachment', 'reminder', 'rating',
        'cause', 'finding', 'statement', 'unseal', 'department', 'step')),
    DROP CONSTRAINT complaint_entry_note_is_internal,
    ADD CONSTRAINT complaint_entry_note_is_internal CHECK (NOT visible_to_patient OR kind NOT IN (
        'note', 'cause', 'finding', 'statement', 'unseal'));

-- One complaint a visit is opened by ratings, as long as it can go on; after an end for good another one may.
DROP INDEX complaint_one_low_rating_a_visit;
CREATE UNIQUE INDEX complaint_one_low_rating_a_visit ON complaint (encounter_id)
    WHERE source = 'low_rating' AND state NOT IN ('confirmed_closed', 'withdrawn', 'merged');
CREATE INDEX complaint_encounter ON complaint (encounter_id);

ALTER TABLE response
    ADD CONSTRAINT response_low_has_its_complaint CHECK (is_anonymous OR is_low = (complaint_id IS NOT NULL));

CREATE TABLE low_rule_set (      -- which ratings open a complaint; the newest version holds
    version integer PRIMARY KEY CHECK (version > 0),
    rules jsonb NOT NULL,
    at timestamptz NOT NULL,
    by uuid NOT NULL REFERENCES staff (id),
    why text NOT NULL CHECK (why <> '')
);

CREATE TABLE word_list (         -- words of harm and topics; the newest version holds
    version integer PRIMARY KEY CHECK (version > 0),
    harm jsonb NOT NULL,
    topics jsonb NOT NULL,                              -- {topic: [word]}
    at timestamptz NOT NULL,
    by uuid NOT NULL REFERENCES staff (id),
    why text NOT NULL CHECK (why <> '')
);

CREATE TABLE text_check (        -- what the platform, or a person, says of a text that others are to read
    id uuid PRIMARY KEY,
    subject_kind text NOT NULL CHECK (subject_kind IN ('response')),
    subject_id uuid NOT NULL,
    account_id uuid REFERENCES account (id),            -- who wrote it: the platform wants to know
    text_cipher bytea,                                  -- a copy, only as long as it waits
    state text NOT NULL CHECK (state IN ('waiting', 'passed', 'hidden', 'to_be_read')),
    label integer,                                      -- the platform's
    trace_id text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',                    -- why a person has to read it
    topics text[] NOT NULL DEFAULT '{}',
    is_harmful boolean NOT NULL DEFAULT false,
    tries integer NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    due_at timestamptz,
    checked_at timestamptz,
    decided_by uuid REFERENCES staff (id),
    decided_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT text_check_once UNIQUE (subject_kind, subject_id),
    CONSTRAINT text_check_copy_goes CHECK ((state = 'waiting') = (text_cipher IS NOT NULL)),
    CONSTRAINT text_check_waits_for_a_moment CHECK ((state = 'waiting') = (due_at IS NOT NULL)),
    CONSTRAINT text_check_decided_whole CHECK ((decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX text_check_due ON text_check (due_at) WHERE state = 'waiting';
CREATE INDEX text_check_to_be_read ON text_check (made_at) WHERE state = 'to_be_read';
