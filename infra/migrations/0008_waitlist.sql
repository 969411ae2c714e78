-- Waitlist (候补): who waits for which session and in which order, what was offered to whom, what the hospital decided.

ALTER TABLE booking_setting
    ADD COLUMN waitlist_offer_minutes integer NOT NULL DEFAULT 120 CHECK (waitlist_offer_minutes BETWEEN 5 AND 2880),
    ADD COLUMN waitlist_offer_share integer NOT NULL DEFAULT 25 CHECK (waitlist_offer_share BETWEEN 1 AND 100),
    ADD COLUMN waitlist_least_minutes integer NOT NULL DEFAULT 10 CHECK (waitlist_least_minutes BETWEEN 1 AND 240),
    ADD COLUMN waitlist_quiet_from integer NOT NULL DEFAULT 22 CHECK (waitlist_quiet_from BETWEEN 0 AND 23),
    ADD COLUMN waitlist_quiet_until integer NOT NULL DEFAULT 7 CHECK (waitlist_quiet_until BETWEEN 0 AND 23),
    ADD COLUMN waitlist_closes_minutes integer NOT NULL DEFAULT 30 CHECK (waitlist_closes_minutes BETWEEN 0 AND 10080),
    ADD COLUMN waitlist_max_open integer NOT NULL DEFAULT 3 CHECK (waitlist_max_open BETWEEN 1 AND 20),
    ADD COLUMN waitlist_missed_at_most integer NOT NULL DEFAULT 2 CHECK (waitlist_missed_at_most BETWEEN 1 AND 20),
    ADD COLUMN waitlist_release_minutes integer NOT NULL DEFAULT 10 CHECK (waitlist_release_minutes BETWEEN 0 AND 1440);

CREATE TABLE waitlist_entry (    -- one wish: one person or two together, for named sessions or for any that fits
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES account (id),            -- null: joined by the desk for somebody without an account
    state text NOT NULL CHECK (state IN ('waiting', 'offered', 'booked', 'declined', 'expired', 'withdrawn', 'closed')),
    seats integer NOT NULL CHECK (seats IN (1, 2)),
    priority integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 9),   -- the higher the earlier
    priority_why text NOT NULL DEFAULT '',
    joined_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL,
    department_id uuid REFERENCES department (id),      -- with the next five: what fits; null: named sessions only
    practitioner_ids uuid[] NOT NULL DEFAULT '{}',      -- empty: anybody of the department
    first_day date,
    last_day date,
    halves text[] NOT NULL DEFAULT '{}' CHECK (halves <@ ARRAY['morning', 'afternoon', 'evening']),
    visit_types text[] NOT NULL DEFAULT '{}' CHECK (visit_types <@ ARRAY['ordinary', 'expert', 'special', 'revisit']),
    closes_at timestamptz NOT NULL,
    missed integer NOT NULL DEFAULT 0 CHECK (missed >= 0),                  -- offers that were not answered
    ended_at timestamptz,
    end_reason text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT waitlist_entry_criteria_whole
        CHECK (num_nonnulls(department_id, first_day, last_day) IN (0, 3) AND last_day >= first_day),
    CONSTRAINT waitlist_entry_end CHECK ((state IN ('waiting', 'offered')) = (ended_at IS NULL)),
    CONSTRAINT waitlist_entry_priority_has_reason CHECK (priority = 0 OR priority_why <> '')
);
CREATE INDEX waitlist_entry_account ON waitlist_entry (account_id, id DESC);
CREATE INDEX waitlist_entry_open ON waitlist_entry (id) WHERE state IN ('waiting', 'offered');

CREATE TABLE waitlist_person (   -- for whom: one, or two of one account
    entry_id uuid NOT NULL REFERENCES waitlist_entry (id),
    seat integer NOT NULL CHECK (seat IN (1, 2)),
    patient_id uuid NOT NULL REFERENCES patient (id),
    PRIMARY KEY (entry_id, seat),
    UNIQUE (entry_id, patient_id)
);
CREATE INDEX waitlist_person_patient ON waitlist_person (patient_id);

CREATE TABLE waitlist_target (   -- an entry's place in the line of one session; a row for each of its people
    entry_id uuid NOT NULL REFERENCES waitlist_entry (id),
    session_id uuid NOT NULL REFERENCES session (id),
    seat integer NOT NULL CHECK (seat IN (1, 2)),
    patient_id uuid NOT NULL REFERENCES patient (id),
    person_id uuid NOT NULL REFERENCES person (id),
    state text NOT NULL CHECK (state IN ('waiting', 'offered', 'paused', 'done')),  -- paused: offered another session
    priority integer NOT NULL,                          -- the entry's, so that the order of a line is one index
    joined_at timestamptz NOT NULL,
    seats integer NOT NULL,
    closes_at timestamptz NOT NULL,
    after_number integer NOT NULL,                      -- the line's last offer when it came to stand at this place
    skip_until timestamptz,                             -- a free place does not fit now; look again then
    skip_reason text NOT NULL DEFAULT '',
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('offered', 'closed')),  -- null: it ended before anybody could tell
    department_id uuid NOT NULL REFERENCES department (id), -- the rest is what chances are told from
    visit_type text NOT NULL,
    lead integer NOT NULL,                              -- how long before the session it was placed: a class of the rules
    ahead integer NOT NULL,                             -- how many entries stood before it then
    PRIMARY KEY (entry_id, session_id, seat),
    CONSTRAINT waitlist_target_end CHECK ((state = 'done') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX waitlist_target_once ON waitlist_target (person_id, session_id) WHERE state <> 'done';
CREATE INDEX waitlist_target_order ON waitlist_target (session_id, priority DESC, joined_at, entry_id)
    WHERE state = 'waiting';
CREATE INDEX waitlist_target_close ON waitlist_target (closes_at, session_id) WHERE state <> 'done';
CREATE INDEX waitlist_target_session ON waitlist_target (session_id, entry_id);
CREATE INDEX waitlist_target_past ON waitlist_target (department_id, visit_type, lead, ahead) INCLUDE (outcome, ended_at)
    WHERE state = 'done' AND seat = 1 AND outcome IS NOT NULL;

CREATE TABLE waitlist_line (     -- one row a session: numbers its offers, and lets one worker at a time make them
    session_id uuid PRIMARY KEY REFERENCES session (id),
    last_number integer NOT NULL DEFAULT 0
);

CREATE TABLE waitlist_offer (    -- places that were offered to an entry, with the key that put it first
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES waitlist_line (session_id),
    number integer NOT NULL,
    entry_id uuid NOT NULL REFERENCES waitlist_entry (id),
    state text NOT NULL CHECK (state IN ('live', 'accepted', 'declined', 'expired', 'withdrawn', 'void')),
    priority integer NOT NULL,
    joined_at timestamptz NOT NULL,
    passed jsonb NOT NULL DEFAULT '{}',                 -- entries that stood before it and could not take these: why
    made_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    ended_at timestamptz,
    UNIQUE (session_id, number),
    CONSTRAINT waitlist_offer_end CHECK ((state = 'live') = (ended_at IS NULL)),
    CONSTRAINT waitlist_offer_has_time CHECK (deadline > made_at)
);
CREATE UNIQUE INDEX waitlist_offer_one_live ON waitlist_offer (entry_id) WHERE state = 'live';
CREATE INDEX waitlist_offer_deadline ON waitlist_offer (deadline) WHERE state = 'live';
CREATE INDEX waitlist_offer_entry ON waitlist_offer (entry_id);

CREATE TABLE waitlist_seat (     -- the held appointments of an offer
    offer_id uuid NOT NULL REFERENCES waitlist_offer (id),
    seat integer NOT NULL CHECK (seat IN (1, 2)),
    appointment_id uuid NOT NULL UNIQUE REFERENCES appointment (id),
    PRIMARY KEY (offer_id, seat)
);

-- Does somebody wait for a place of this session, beyond those that are kept already? One probe of an index.
CREATE OR REPLACE FUNCTION wants_place(session_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (
    SELECT FROM waitlist_target t WHERE t.session_id = $1 AND t.state = 'waiting' AND t.closes_at > app_now()
    OFFSET (SELECT coalesce(sum(s.kept), 0) FROM slot s WHERE s.session_id = $1)
)
$$;

-- Somebody turns out to be a person we know: places in line go along, but for one that the person has already.
CREATE FUNCTION follow_person_in_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE waitlist_target t SET person_id = NEW.person_id
    WHERE t.patient_id = NEW.id AND t.state <> 'done' AND NOT EXISTS (
        SELECT FROM waitlist_target other
        WHERE other.person_id = NEW.person_id AND other.session_id = t.session_id AND other.state <> 'done');
    RETURN NULL;
END $$;
CREATE TRIGGER patient_follows_person_in_line AFTER UPDATE ON patient
    FOR EACH ROW WHEN (OLD.person_id <> NEW.person_id) EXECUTE FUNCTION follow_person_in_line();
CREATE INDEX waitlist_target_patient ON waitlist_target (patient_id) WHERE state <> 'done';
