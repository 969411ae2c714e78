-- Waiting times: what was promised, what became of it, and what the hospital learns of both.

CREATE TABLE wait_promise (      -- what somebody was told when the ticket was given; and what is shown of it since
    ticket_id uuid PRIMARY KEY REFERENCES ticket (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    ahead integer NOT NULL,
    expected_minutes real NOT NULL,                     -- of the estimator, neither rounded nor corrected
    about_minutes integer,                              -- null: the line was paused, nothing was promised
    within_minutes integer,
    shown_about integer,
    shown_within integer,
    shown_at timestamptz,
    near_told_at timestamptz,                           -- that only few are ahead
    waited_minutes real,                                -- until the first call; filled in the night after
    CONSTRAINT wait_promise_ahead CHECK (ahead >= 0 AND expected_minutes > 0),
    CONSTRAINT wait_promise_whole CHECK ((about_minutes IS NULL) = (within_minutes IS NULL)
        AND (about_minutes IS NULL OR (about_minutes >= 1 AND within_minutes > about_minutes))),
    CONSTRAINT wait_promise_shown_whole CHECK ((shown_about IS NULL) = (shown_within IS NULL)
        AND (shown_about IS NULL) = (shown_at IS NULL)
        AND (shown_about IS NULL OR (shown_about >= 1 AND shown_within > shown_about)))
);
ALTER TABLE wait_promise SET (fillfactor = 80);  -- what is shown changes, and no index knows it

CREATE TABLE service_day (       -- how long the visits of a day took, counted when each ends
    department_id uuid NOT NULL REFERENCES department (id),
    day date NOT NULL,
    practitioner_id uuid REFERENCES practitioner (id),
    visit_type text NOT NULL DEFAULT '',                -- '' for who came without a booking
    visits integer NOT NULL,
    minutes double precision NOT NULL,
    squares double precision NOT NULL,                  -- of the minutes, for their spread
    CONSTRAINT service_day_once UNIQUE NULLS NOT DISTINCT (department_id, day, practitioner_id, visit_type),
    CONSTRAINT service_day_counts CHECK (visits >= 1 AND minutes >= 0 AND squares >= 0)
);

CREATE TABLE wait_rolled (       -- the days of which all promises were compared with what became of them
    day date PRIMARY KEY,
    at timestamptz NOT NULL
);

CREATE TABLE wait_day (          -- promises of a day in a department by how many were ahead, against the real waits
    department_id uuid NOT NULL REFERENCES department (id),
    day date NOT NULL,
    position integer NOT NULL,                          -- ahead, folded into few classes: its smallest
    promises integer NOT NULL,                          -- all that were given
    called integer NOT NULL,                            -- those whose wait ended with a call, undisturbed
    within_p50 integer NOT NULL,
    within_p80 integer NOT NULL,
    waited double precision NOT NULL,                   -- sum of minutes
    error double precision NOT NULL,                    -- sum of promised minus waited minutes
    absolute_error double precision NOT NULL,
    ratios integer[] NOT NULL,                          -- how often waited / expected was in each class
    PRIMARY KEY (department_id, day, position),
    CONSTRAINT wait_day_counts CHECK (0 <= within_p50 AND within_p50 <= within_p80 AND within_p80 <= called
        AND called <= promises)
);

CREATE TABLE wait_ratio (        -- learned from the last weeks: by how much an estimate is stretched
    department_id uuid REFERENCES department (id),      -- null: the whole hospital
    position integer NOT NULL,
    waits integer NOT NULL,
    p50 real NOT NULL,
    p80 real NOT NULL,
    CONSTRAINT wait_ratio_once UNIQUE NULLS NOT DISTINCT (department_id, position),
    CONSTRAINT wait_ratio_order CHECK (0 < p50 AND p50 <= p80)
);

CREATE TABLE wait_alarm (        -- a department whose promises do not hold, until they do again
    id uuid PRIMARY KEY,
    department_id uuid NOT NULL REFERENCES department (id),
    opened_on date NOT NULL,                            -- the day that was judged
    coverage real NOT NULL,
    closed_on date,
    CONSTRAINT wait_alarm_not_backwards CHECK (closed_on >= opened_on)
);
CREATE UNIQUE INDEX wait_alarm_one_open ON wait_alarm (department_id) WHERE closed_on IS NULL;

CREATE TABLE session_begin (     -- how a clinic began: late and told so, or begun
    session_id uuid PRIMARY KEY REFERENCES session (id),
    told_minutes integer NOT NULL DEFAULT 0,
    told_ids uuid[] NOT NULL DEFAULT '{}',              -- tickets and appointments that heard of the delay
    begun_at timestamptz,
    CONSTRAINT session_begin_minutes CHECK (told_minutes >= 0)
);

-- Whether somebody still waits, or is still booked, to whom something about waiting is about to be sent.
CREATE FUNCTION wait_stands(subject_kind text, subject_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT CASE $1 WHEN 'ticket' THEN EXISTS (SELECT FROM ticket t WHERE t.id = $2 AND t.state IN ('waiting', 'ready', 'held'))
    ELSE EXISTS (SELECT FROM appointment a WHERE a.id = $2 AND a.status = 'booked') END
$$;
