-- Stopped and moved sessions: the act, its sessions, what becomes of each booking, who is called, what is refunded.

CREATE TABLE stop (              -- one act of staff on one session or several (停诊, 调诊)
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('stop', 'move', 'room')),
    policy text NOT NULL CHECK (policy IN ('move', 'move_level', 'offer', 'release')),
    reason text NOT NULL CHECK (reason <> ''),          -- the patients read it
    state text NOT NULL CHECK (state IN ('deciding', 'done')),
    by_id uuid NOT NULL REFERENCES staff (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX stop_deciding ON stop (id) WHERE state = 'deciding';

CREATE TABLE stopped_session (
    id uuid PRIMARY KEY,
    stop_id uuid NOT NULL REFERENCES stop (id),
    session_id uuid NOT NULL REFERENCES session (id),
    slot_ids uuid[],                                    -- these bands only; null: the whole session
    to_session_id uuid REFERENCES session (id),         -- where it takes place instead
    opens_at timestamptz,                               -- of the new session, once everybody has moved
    reopened_at timestamptz,
    reopened_by uuid REFERENCES staff (id),
    reopened_why text,
    UNIQUE (stop_id, session_id),
    CHECK (num_nonnulls(reopened_at, reopened_by, reopened_why) IN (0, 3)),
    CHECK (slot_ids IS NULL OR (cardinality(slot_ids) > 0 AND to_session_id IS NULL))
);
-- a whole session is stopped once at a time; another room is no stop
CREATE UNIQUE INDEX stopped_session_once ON stopped_session (session_id)
    WHERE slot_ids IS NULL AND reopened_at IS NULL AND to_session_id IS DISTINCT FROM session_id;
CREATE INDEX stopped_session_session ON stopped_session (session_id);

CREATE TABLE stopped_visit (     -- what becomes of one booking of a stopped session
    id uuid PRIMARY KEY,
    stop_id uuid NOT NULL REFERENCES stop (id),
    session_id uuid NOT NULL REFERENCES session (id),
    appointment_id uuid NOT NULL REFERENCES appointment (id),
    account_id uuid REFERENCES account (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    department_id uuid NOT NULL REFERENCES department (id),
    visit_at timestamptz NOT NULL,                      -- when the visit would have been
    is_hold boolean NOT NULL DEFAULT false,             -- the place was only held
    to_slot_id uuid REFERENCES slot (id),               -- of a session that moves as a whole
    state text NOT NULL CHECK (state IN ('undecided', 'asked', 'settled', 'void')),
    outcome text CHECK (outcome IN ('moved', 'offered', 'released')),
    new_appointment_id uuid REFERENCES appointment (id),
    answer text CHECK (answer IN ('kept', 'chose', 'gave_back', 'silent')),
    answer_by timestamptz,
    wants_call boolean NOT NULL DEFAULT false,
    contact text NOT NULL DEFAULT 'none' CHECK (contact IN ('none', 'telling', 'to_call', 'reached', 'closed')),
    told_at timestamptz,
    next_call_at timestamptz,
    calls integer NOT NULL DEFAULT 0,
    waitlist_entry_id uuid REFERENCES waitlist_entry (id),  -- that comes first because of it; one for each
    tries integer NOT NULL DEFAULT 0,                   -- of deciding that failed
    next_try_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    settled_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT stopped_visit_has_its_outcome
        CHECK ((outcome IS NOT NULL) = (state IN ('asked', 'settled')) AND (outcome IS NULL) = (decided_at IS NULL)),
    CONSTRAINT stopped_visit_moved_somewhere CHECK (outcome <> 'moved' OR new_appointment_id IS NOT NULL),
    CONSTRAINT stopped_visit_settled_by_an_answer  -- where nothing was left to ask, nobody answers
        CHECK ((settled_at IS NOT NULL) = (state = 'settled') AND (answer IS NULL OR state = 'settled')
               AND (state <> 'settled' OR answer IS NOT NULL OR outcome = 'released')),
    CONSTRAINT stopped_visit_on_the_list CHECK (contact <> 'to_call' OR next_call_at IS NOT NULL)
);
-- exactly one outcome for each booking
CREATE UNIQUE INDEX stopped_visit_once ON stopped_visit (appointment_id) WHERE state <> 'void';
CREATE INDEX stopped_visit_undecided ON stopped_visit (visit_at, id) WHERE state = 'undecided';
CREATE INDEX stopped_visit_asked ON stopped_visit (answer_by) WHERE state = 'asked';
CREATE INDEX stopped_visit_telling ON stopped_visit (told_at) WHERE contact = 'telling';
CREATE INDEX stopped_visit_to_call ON stopped_visit (visit_at, id) WHERE contact = 'to_call';
CREATE INDEX stopped_visit_of_stop ON stopped_visit (stop_id, visit_at, id);
CREATE INDEX stopped_visit_account ON stopped_visit (account_id, id DESC);
CREATE INDEX stopped_visit_without_place ON stopped_visit (patient_id, settled_at)
    WHERE state = 'settled' AND waitlist_entry_id IS NULL;
CREATE INDEX stopped_visit_new ON stopped_visit (new_appointment_id) WHERE new_appointment_id IS NOT NULL;

CREATE TABLE stopped_alternative (  -- a place that is held for somebody until they answer
    id uuid PRIMARY KEY,
    stopped_visit_id uuid NOT NULL REFERENCES stopped_visit (id),
    appointment_id uuid NOT NULL UNIQUE REFERENCES appointment (id),
    position integer NOT NULL CHECK (position BETWEEN 1 AND 3),
    UNIQUE (stopped_visit_id, position)
);

CREATE TABLE stop_call (         -- a call to somebody who was not reached
    id uuid PRIMARY KEY,
    stopped_visit_id uuid NOT NULL REFERENCES stopped_visit (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    result text NOT NULL CHECK (result IN ('accepted', 'chose', 'released', 'no_answer')),
    note text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stop_call_visit ON stop_call (stopped_visit_id, id);

CREATE TABLE refund_due (        -- a fee that has to go back; the cashier marks it done
    id uuid PRIMARY KEY,
    stopped_visit_id uuid NOT NULL UNIQUE REFERENCES stopped_visit (id),
    appointment_id uuid NOT NULL UNIQUE REFERENCES appointment (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    department_id uuid NOT NULL REFERENCES department (id),
    price_fen integer CHECK (price_fen >= 0),           -- null: the price list does not say, the receipt does
    state text NOT NULL CHECK (state IN ('open', 'done')),
    receipt text NOT NULL DEFAULT '',                   -- the number of the refund, or why there is none
    done_by uuid REFERENCES staff (id),
    done_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT refund_due_done_by_somebody
        CHECK ((state = 'done') = (done_by IS NOT NULL) AND (state = 'done') = (done_at IS NOT NULL)
               AND (state <> 'done' OR receipt <> ''))
);
CREATE INDEX refund_due_open ON refund_due (id) WHERE state = 'open';

CREATE INDEX slot_stopped ON slot (ends_at) WHERE is_stopped;

ALTER TABLE booking_setting
    -- how long a patient may think about the new place
    ADD COLUMN stop_answer_minutes integer NOT NULL DEFAULT 720 CHECK (stop_answer_minutes BETWEEN 15 AND 4320),
    ADD COLUMN stop_call_after_minutes integer NOT NULL DEFAULT 30 CHECK (stop_call_after_minutes BETWEEN 1 AND 1440),
    ADD COLUMN stop_reached_by text NOT NULL DEFAULT 'delivered'
        CHECK (stop_reached_by IN ('delivered', 'read', 'answered')),
    ADD COLUMN stop_on_silence text NOT NULL DEFAULT 'release' CHECK (stop_on_silence IN ('first', 'release')),
    ADD COLUMN stop_search_days integer NOT NULL DEFAULT 14 CHECK (stop_search_days BETWEEN 1 AND 60);
