-- What the clocks of complaints follow from: events, working time, promises; and what was recomputed when those changed.

-- ---- events ------------------------------------------------------------------------------------------------------

CREATE TABLE complaint_event (   -- what starts, stops, rests or resumes a clock; every due is a function of these rows
    id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    cycle integer NOT NULL CHECK (cycle >= 1),
    kind text NOT NULL CHECK (kind IN (
        'received', 'acknowledged', 'unacknowledged', 'responded', 'outbound', 'question_reached', 'inbound',
        'pause_allowed', 'answered', 'answer_reached', 'confirmed', 'reopened', 'severity_set', 'departments_set',
        'withdrawn', 'closed', 'merged', 'absorbed')),  -- absorbed: another case of the same patient goes on in this one
    at timestamptz NOT NULL,                            -- when it happened, not when we heard of it
    recorded_at timestamptz NOT NULL DEFAULT app_now(),
    entry_id uuid REFERENCES complaint_entry (id),      -- the line of the time line that says so
    data jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT complaint_event_once UNIQUE (complaint_id, kind, entry_id),
    CONSTRAINT complaint_event_call_is_long CHECK ((data->>'seconds')::integer >= 30)   -- a shorter call reached nobody
);
CREATE INDEX complaint_event_order ON complaint_event (complaint_id, at, id);
CREATE UNIQUE INDEX complaint_event_received_once ON complaint_event (complaint_id) WHERE kind = 'received';
CREATE UNIQUE INDEX complaint_event_reopened_once ON complaint_event (complaint_id, cycle) WHERE kind = 'reopened';

CREATE FUNCTION refuse_changing_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to a complaint cannot be rewritten';
END $$;
CREATE TRIGGER complaint_event_is_final BEFORE UPDATE OR DELETE ON complaint_event
    FOR EACH ROW EXECUTE FUNCTION refuse_changing_events();

-- The complaints so far, from their history. Rounds are counted by their reopenings.
CREATE TEMPORARY TABLE round_of ON COMMIT DROP AS
SELECT t.id, t.subject_id AS complaint_id, t.to_state, t.at,
    1 + count(*) FILTER (WHERE t.to_state = 'reopened') OVER (PARTITION BY t.subject_id ORDER BY t.id) AS cycle
FROM transition t JOIN complaint c ON c.id = t.subject_id WHERE t.machine = 'complaint';

INSERT INTO complaint_event (id, complaint_id, cycle, kind, at, data)
SELECT gen_random_uuid(), id, 1, 'received', received_at, jsonb_build_object('severity', severity) FROM complaint;
INSERT INTO complaint_event (id, complaint_id, cycle, kind, at)
SELECT gen_random_uuid(), complaint_id, cycle, 'reopened', min(at) FROM round_of WHERE to_state = 'reopened'
GROUP BY complaint_id, cycle;
INSERT INTO complaint_event (id, complaint_id, cycle, kind, at)
SELECT gen_random_uuid(), r.complaint_id, r.cycle, k.kind, min(r.at)
FROM round_of r JOIN (VALUES
    ('responded', 'responded'), ('responded', 'outbound'), ('waiting_patient', 'question_reached'),
    ('answered', 'answered'), ('answered', 'answer_reached'), ('confirmed_closed', 'confirmed'),
    ('closed_no_reply', 'closed'), ('closed_disagreed', 'closed'), ('withdrawn', 'withdrawn'), ('merged', 'merged')
) AS k (to_state, kind) ON k.to_state = r.to_state
GROUP BY r.complaint_id, r.cycle, k.kind;
INSERT INTO complaint_event (id, complaint_id, cycle, kind, at, entry_id)
SELECT gen_random_uuid(), e.complaint_id,
    1 + (SELECT count(*) FROM round_of r WHERE r.complaint_id = e.complaint_id AND r.to_state = 'reopened' AND r.at <= e.at),
    'inbound', e.at, e.id
FROM complaint_entry e WHERE e.kind = 'message';
-- who has to acknowledge it now had it handed over, or stands on a higher level
INSERT INTO complaint_event (id, complaint_id, cycle, kind, at, data)
SELECT gen_random_uuid(), id, cycle, 'unacknowledged', acknowledge_due_at - interval '10 minutes', '{"minutes": 10}'
FROM complaint c WHERE acknowledge_due_at > interval '11 minutes'
    + (SELECT max(e.at) FROM complaint_event e WHERE e.complaint_id = c.id AND e.kind IN ('received', 'reopened'));
INSERT INTO complaint_event (id, complaint_id, cycle, kind, at)
SELECT gen_random_uuid(), id, cycle, 'acknowledged', acknowledged_at FROM complaint WHERE acknowledged_at IS NOT NULL;

ALTER TABLE complaint_clock
    ADD COLUMN stopped_by text,                         -- the kind of the event that stopped it
    ADD COLUMN breached_at timestamptz,                 -- the first moment of the round at which it was missed
    ADD COLUMN rests_from timestamptz,                  -- its last pause: from when it rests ..
    ADD COLUMN rests_until timestamptz,                 -- .. and when it goes on by itself if nobody writes before
    ADD CONSTRAINT complaint_clock_stop_has_a_reason CHECK ((stopped_at IS NULL) = (stopped_by IS NULL)),
    ADD CONSTRAINT complaint_clock_rest_is_whole CHECK ((rests_from IS NULL) = (rests_until IS NULL));

-- A breach that does not hold any more, because a calendar was put right or a message had arrived in time after all.
ALTER TABLE breach
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN withdrawn_why text NOT NULL DEFAULT '',
    ADD CONSTRAINT breach_withdrawn_has_a_reason CHECK ((withdrawn_at IS NULL) = (withdrawn_why = ''));

-- ---- working time: what the hospital changed; no row: as shipped -----------------------------------------------------

CREATE TABLE work_calendar (
    code text PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    follows_workdays boolean NOT NULL,                  -- official holidays close it, make-up days open it
    version integer NOT NULL DEFAULT 1
);

CREATE TABLE work_interval (     -- minutes of a day in the hospital's zone, half-open; a night is split at midnight
    calendar text NOT NULL REFERENCES work_calendar (code),
    weekday integer CHECK (weekday BETWEEN 0 AND 6),    -- Monday is 0
    day date,                                           -- the intervals of a date stand before those of its weekday
    starts_minute integer NOT NULL CHECK (starts_minute >= 0),
    ends_minute integer NOT NULL CHECK (ends_minute <= 1440),
    CONSTRAINT work_interval_of_one CHECK (num_nonnulls(weekday, day) = 1),
    CONSTRAINT work_interval_not_backwards CHECK (starts_minute < ends_minute),
    CONSTRAINT work_interval_weekday_apart EXCLUDE USING gist (
        calendar WITH =, weekday WITH =, int4range(starts_minute, ends_minute) WITH &&) WHERE (weekday IS NOT NULL),
    CONSTRAINT work_interval_day_apart EXCLUDE USING gist (
        calendar WITH =, day WITH =, int4range(starts_minute, ends_minute) WITH &&) WHERE (day IS NOT NULL)
);

CREATE TABLE work_day (          -- a date on which a calendar is open or closed whatever the official days say
    calendar text NOT NULL REFERENCES work_calendar (code),
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('open', 'closed')),
    source text NOT NULL DEFAULT 'hospital',
    is_confirmed boolean NOT NULL DEFAULT true,
    PRIMARY KEY (calendar, day)
);

CREATE TABLE work_calendar_change (  -- each version of a calendar, and who made it
    code text NOT NULL REFERENCES work_calendar (code),
    version integer NOT NULL,
    value jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT app_now(),
    by_id uuid REFERENCES staff (id),
    why text NOT NULL CHECK (why <> ''),
    PRIMARY KEY (code, version)
);

CREATE TABLE clock_policy (      -- the promises; no row: the policies complaint.*_minutes, or as shipped
    version integer PRIMARY KEY CHECK (version >= 1),
    value jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT app_now(),
    by_id uuid REFERENCES staff (id),
    why text NOT NULL CHECK (why <> '')
);

-- ---- recomputing -------------------------------------------------------------------------------------------------

CREATE TABLE dues_run (          -- one look at all open complaints
    id uuid PRIMARY KEY,
    why text NOT NULL,
    fingerprint text NOT NULL,                          -- of the calendars and promises that it began with
    started_at timestamptz NOT NULL DEFAULT app_now(),
    cursor uuid,                                        -- the last complaint that it has looked at
    done_at timestamptz,
    looked integer NOT NULL DEFAULT 0 CHECK (looked >= 0),
    changed integer NOT NULL DEFAULT 0 CHECK (changed >= 0)
);
CREATE UNIQUE INDEX dues_run_one_open ON dues_run ((true)) WHERE done_at IS NULL;

CREATE TABLE dues_change (       -- what it changed
    run_id uuid NOT NULL REFERENCES dues_run (id) ON DELETE CASCADE,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    clock text NOT NULL,
    cycle integer NOT NULL,
    was_due_at timestamptz,
    due_at timestamptz,
    PRIMARY KEY (run_id, complaint_id, clock, cycle)
);

-- ---- a message about a complaint that reached the patient --------------------------------------------------------

ALTER TABLE message ADD COLUMN reached_told_at timestamptz;    -- the rest of the house has heard that it arrived
CREATE INDEX message_reach_untold ON message (id) WHERE event = 'complaint_progress' AND reached_told_at IS NULL;
UPDATE message SET reached_told_at = now() WHERE event = 'complaint_progress';
