-- Release (放号): draws, and the desk reserve that returns.

ALTER TABLE schedule_setting
    ADD COLUMN release_mode text NOT NULL DEFAULT 'first_come' CHECK (release_mode IN ('first_come', 'draw')),
    ADD COLUMN draw_window_seconds integer NOT NULL DEFAULT 60 CHECK (draw_window_seconds BETWEEN 30 AND 600),
    -- when unsold places of the desk's pool go to the mini-app's
    ADD COLUMN reserve_return text NOT NULL DEFAULT 'never'
        CHECK (reserve_return IN ('never', 'minutes_before', 'day_before')),
    ADD COLUMN reserve_return_minutes integer CHECK (reserve_return_minutes BETWEEN 0 AND 10080),
    ADD COLUMN reserve_return_at time,
    ADD CONSTRAINT schedule_setting_knows_return CHECK (
        (reserve_return = 'minutes_before') = (reserve_return_minutes IS NOT NULL)
        AND (reserve_return = 'day_before') = (reserve_return_at IS NOT NULL));

ALTER TABLE booking_setting
    ADD COLUMN draw_loss_days integer NOT NULL DEFAULT 90 CHECK (draw_loss_days BETWEEN 1 AND 365),
    ADD COLUMN draw_lots_at_most integer NOT NULL DEFAULT 4 CHECK (draw_lots_at_most BETWEEN 1 AND 10);

CREATE TABLE draw (              -- 摇号: how the places of one session come to people
    id uuid PRIMARY KEY,
    session_id uuid REFERENCES session (id) ON DELETE SET NULL, -- null: the plan took the session away
    department_id uuid NOT NULL REFERENCES department (id),
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    day date NOT NULL,
    starts_at timestamptz NOT NULL,                     -- the session's, as ends_at
    ends_at timestamptz NOT NULL,
    opens_at timestamptz NOT NULL,                      -- people enter from here
    closes_at timestamptz NOT NULL,                     -- until here
    loss_days integer NOT NULL,                         -- how long a loss counts, and how many lots an entry may have
    lots_at_most integer NOT NULL,
    seed_cipher bytea NOT NULL,                         -- sealed from the beginning,
    seed_sha256 text NOT NULL,                          -- promised to everybody,
    seed text,                                          -- revealed when it is done
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'drawn', 'cancelled')),
    places jsonb,                                       -- slot: places, as the draw found them
    why text NOT NULL DEFAULT '',                       -- it was cancelled
    settled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT draw_window CHECK (closes_at > opens_at),
    CONSTRAINT draw_reveals_when_done CHECK ((state = 'drawn') = (seed IS NOT NULL AND places IS NOT NULL)),
    CONSTRAINT draw_keeps_promise CHECK (seed IS NULL OR encode(sha256(convert_to(seed, 'UTF8')), 'hex') = seed_sha256),
    CONSTRAINT draw_settled CHECK ((state = 'waiting') = (settled_at IS NULL)),
    -- for entries: whoever is told of a draw is told of the right department
    CONSTRAINT draw_department UNIQUE (id, department_id)
);
CREATE UNIQUE INDEX draw_once_per_session ON draw (session_id) WHERE state <> 'cancelled';
CREATE INDEX draw_due ON draw (closes_at) WHERE state = 'waiting';
CREATE INDEX draw_opening ON draw (opens_at DESC, id DESC);

CREATE TABLE draw_entry (        -- one person in one draw
    id uuid PRIMARY KEY,
    draw_id uuid NOT NULL,
    department_id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES person (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    account_id uuid NOT NULL REFERENCES account (id),
    receipt text NOT NULL UNIQUE,                       -- what everybody may see of the id
    slot_ids uuid[] NOT NULL CHECK (cardinality(slot_ids) BETWEEN 1 AND 3),     -- the first is the dearest
    lots integer NOT NULL CHECK (lots BETWEEN 1 AND 10),
    state text NOT NULL CHECK (state IN ('entered', 'withdrawn', 'won', 'lost', 'refused', 'cancelled')),
    position integer CHECK (position >= 1),             -- in the order of the draw
    refused_slot_ids uuid[] NOT NULL DEFAULT '{}',      -- of which the booking rules said no, and
    reason text NOT NULL DEFAULT '',                    -- the code of the last such no
    appointment_id uuid REFERENCES appointment (id),
    slot_id uuid,                                       -- that it won
    entered_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    FOREIGN KEY (draw_id, department_id) REFERENCES draw (id, department_id),
    CONSTRAINT draw_entry_once_per_person UNIQUE (draw_id, person_id),
    CONSTRAINT draw_entry_once_per_file UNIQUE (draw_id, patient_id),
    CONSTRAINT draw_entry_position_once UNIQUE (draw_id, position),
    CONSTRAINT draw_entry_winner CHECK ((state = 'won') = (appointment_id IS NOT NULL AND slot_id IS NOT NULL)),
    CONSTRAINT draw_entry_drawn CHECK ((state IN ('won', 'lost', 'refused')) = (position IS NOT NULL)),
    CONSTRAINT draw_entry_settled CHECK ((state IN ('entered', 'withdrawn')) = (settled_at IS NULL))
);
CREATE INDEX draw_entry_account ON draw_entry (account_id, id DESC);
-- how often somebody lost here lately
CREATE INDEX draw_entry_outcome ON draw_entry (person_id, department_id, settled_at) WHERE state IN ('won', 'lost');

-- what a phone is shown beside the session's places, without another look
ALTER TABLE session
    ADD COLUMN draw_id uuid REFERENCES draw (id),
    ADD COLUMN draw_opens_at timestamptz,
    ADD COLUMN draw_closes_at timestamptz,
    ADD CONSTRAINT session_knows_draw
        CHECK (num_nonnulls(draw_id, draw_opens_at, draw_closes_at) IN (0, 3));
CREATE INDEX session_drawing ON session (opens_at) WHERE is_drawing;

CREATE TABLE reserve_return (    -- unsold places of the desk that went to the mini-app
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL,                           -- without references: the plan may take bands away later
    department_id uuid NOT NULL REFERENCES department (id),
    starts_at timestamptz NOT NULL,                     -- the band's
    from_slot_id uuid NOT NULL,
    to_slot_id uuid NOT NULL,
    places integer NOT NULL CHECK (places > 0),
    kept integer NOT NULL CHECK (kept BETWEEN 0 AND places),    -- of them, for those who wait
    at timestamptz NOT NULL
);
CREATE INDEX reserve_return_department ON reserve_return (department_id, id DESC);
