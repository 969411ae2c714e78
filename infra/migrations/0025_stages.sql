-- The stations of a visit: lists as data, and the way of each patient through them.

CREATE TABLE stage_list (        -- the highest version of a department holds; without one, or without items, the hospital's
    department_id uuid REFERENCES department (id),      -- null: the hospital's
    version integer NOT NULL CHECK (version >= 1),
    items jsonb,                                        -- in order; null: the department goes by the hospital's again
    at timestamptz NOT NULL,
    by_id uuid REFERENCES staff (id),
    CONSTRAINT stage_list_once UNIQUE NULLS NOT DISTINCT (department_id, version),
    CONSTRAINT stage_list_has_items CHECK (items IS NULL AND department_id IS NOT NULL
        OR jsonb_typeof(items) = 'array' AND jsonb_array_length(items) BETWEEN 1 AND 30)
);

CREATE TABLE visit_step (        -- a station to which a room sent a patient, as it stood in the list then
    id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 1),
    kind text NOT NULL,
    station jsonb NOT NULL,
    is_after boolean NOT NULL,                          -- after the doctor; else the patient comes back
    state text NOT NULL CHECK (state IN ('later', 'now', 'done', 'dropped')),
    given_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '',                  -- patient, staff, system
    CONSTRAINT visit_step_number UNIQUE (ticket_id, number),
    CONSTRAINT visit_step_ended CHECK ((state IN ('done', 'dropped')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX visit_step_one_now ON visit_step (ticket_id) WHERE state = 'now';
