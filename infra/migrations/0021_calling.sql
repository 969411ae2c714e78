-- Calling: the second waiting area, pauses with reason and time, holds with an end, what can be undone, norms.

CREATE TABLE calling_rule (      -- how a department calls; the highest version holds, none means the defaults
    department_id uuid NOT NULL REFERENCES department (id),
    version integer NOT NULL CHECK (version >= 1),
    ready_places integer NOT NULL CHECK (ready_places BETWEEN 0 AND 5),          -- of each room; 0: no second waiting area
    recall_seconds integer NOT NULL CHECK (recall_seconds BETWEEN 0 AND 120),    -- between two calls of one patient
    suggest_after_calls integer NOT NULL CHECK (suggest_after_calls BETWEEN 1 AND 10),     -- passing over
    suggest_after_seconds integer NOT NULL CHECK (suggest_after_seconds BETWEEN 20 AND 1800),
    misses_until_gone integer NOT NULL CHECK (misses_until_gone BETWEEN 1 AND 10),
    hold_minutes integer NOT NULL CHECK (hold_minutes BETWEEN 1 AND 120),
    norm_greeted_seconds integer NOT NULL CHECK (norm_greeted_seconds BETWEEN 1 AND 3600),
    norm_fetched_minutes integer NOT NULL CHECK (norm_fetched_minutes BETWEEN 1 AND 120),
    norm_wait_minutes integer NOT NULL CHECK (norm_wait_minutes BETWEEN 1 AND 480),
    at timestamptz NOT NULL,
    by_id uuid,
    PRIMARY KEY (department_id, version)
);

ALTER TABLE ticket
    ADD COLUMN ready_place integer,          -- which of the few places in front of its room
    ADD COLUMN turn_calls integer NOT NULL DEFAULT 0 CHECK (turn_calls >= 0),  -- calls since it was last asked in
    ADD COLUMN held_until timestamptz,       -- when who stepped aside said to be back
    ADD COLUMN greeted_at timestamptz,       -- who came in alone was spoken to
    ADD COLUMN informed_at timestamptz,      -- the room knows that this one comes next
    ADD COLUMN undo_to jsonb,                -- what the last act changed, while it may still be taken back
    ADD CONSTRAINT ticket_ready_has_place CHECK (
        (state = 'ready') = (ready_place IS NOT NULL) AND (state <> 'ready' OR room_id IS NOT NULL)),
    ADD CONSTRAINT ticket_ready_place_is_one_of_few CHECK (ready_place BETWEEN 1 AND 5),
    ADD CONSTRAINT ticket_held_until_is_of_who_is_held CHECK (state = 'held' OR held_until IS NULL);
CREATE UNIQUE INDEX ticket_one_on_a_ready_place ON ticket (room_id, ready_place) WHERE state = 'ready';

ALTER TABLE room
    ADD COLUMN pause_reason text NOT NULL DEFAULT '' CHECK (pause_reason IN ('', 'break', 'emergency', 'ward', 'cleaning', 'other')),
    ADD COLUMN paused_until timestamptz,     -- when it most likely goes on
    ADD CONSTRAINT room_pause_is_of_who_pauses CHECK (state = 'paused' OR (pause_reason = '' AND paused_until IS NULL));

ALTER TABLE queue_line
    ADD COLUMN pause_reason text CHECK (pause_reason IN ('break', 'emergency', 'other')),  -- null: the line moves
    ADD COLUMN paused_until timestamptz,
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    -- calls of others since the last one of somebody who came back from a station: the ratio rule counts them
    ADD COLUMN others_since_return integer NOT NULL DEFAULT 1000 CHECK (others_since_return >= 0),
    ADD CONSTRAINT queue_line_until_is_of_a_pause CHECK (pause_reason IS NOT NULL OR paused_until IS NULL);

ALTER TABLE encounter
    ADD COLUMN times_finished integer NOT NULL DEFAULT 0 CHECK (times_finished >= 0);  -- above one: an end was taken back
