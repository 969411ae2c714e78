-- Schedules: weekly rules as versions, pools, exceptions, the calendar, what a department decided, every change.

CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE schedule_rule        -- capacity: places of each band in the mini-app's pool; the others beside it
    ADD COLUMN valid_from date NOT NULL DEFAULT '2000-01-01',
    ADD COLUMN valid_until date,                        -- the last day; null: until further notice
    ADD COLUMN follows_id uuid REFERENCES schedule_rule (id),   -- the version before
    ADD COLUMN desk_capacity integer NOT NULL DEFAULT 0 CHECK (desk_capacity BETWEEN 0 AND 200),
    ADD COLUMN revisit_capacity integer NOT NULL DEFAULT 0 CHECK (revisit_capacity BETWEEN 0 AND 200),
    ADD COLUMN referral_capacity integer NOT NULL DEFAULT 0 CHECK (referral_capacity BETWEEN 0 AND 200),
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    -- the minutes of the week, Monday 00:00 is 0; Sunday's night goes on at the week's begin
    ADD COLUMN week_minutes int4multirange NOT NULL GENERATED ALWAYS AS (
        int4multirange(
            int4range(
                weekday * 1440 + (extract(epoch FROM starts_at) / 60)::integer,
                least(10080, weekday * 1440 + (extract(epoch FROM ends_at) / 60)::integer
                             + CASE WHEN ends_at > starts_at THEN 0 ELSE 1440 END)),
            int4range(
                0,
                greatest(0, weekday * 1440 + (extract(epoch FROM ends_at) / 60)::integer
                            + CASE WHEN ends_at > starts_at THEN 0 ELSE 1440 END - 10080)))) STORED,
    DROP CONSTRAINT schedule_rule_capacity_check,
    ADD CONSTRAINT schedule_rule_capacity_check CHECK (capacity BETWEEN 0 AND 200),
    ADD CONSTRAINT schedule_rule_has_places
        CHECK (capacity + desk_capacity + revisit_capacity + referral_capacity BETWEEN 1 AND 400),
    ADD CONSTRAINT schedule_rule_not_backwards CHECK (valid_until >= valid_from),
    DROP CONSTRAINT schedule_rule_practitioner_id_weekday_starts_at_key,
    -- nobody is in two clinics at once. At the end of a statement, so that one statement may end a version and begin
    -- the next
    ADD CONSTRAINT schedule_rule_no_overlap EXCLUDE USING gist (
        practitioner_id WITH =, week_minutes WITH &&, daterange(valid_from, valid_until, '[]') WITH &&
    ) WHERE (active) DEFERRABLE INITIALLY IMMEDIATE;
CREATE INDEX schedule_rule_department ON schedule_rule (department_id) WHERE active;

CREATE TABLE schedule_exception (  -- what differs from the weekly rules on some days
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('leave', 'closure', 'extra', 'capacity')),
    practitioner_id uuid REFERENCES practitioner (id),  -- null: everybody of the department
    department_id uuid REFERENCES department (id),      -- null too: the whole hospital
    first_day date NOT NULL,
    last_day date NOT NULL,
    starts_at time,                                     -- null: the whole day
    ends_at time,                                       -- 00:00 is the end of the day
    room_id uuid REFERENCES room (id),                  -- the last columns belong to an extra clinic, capacities also
    slot_minutes integer CHECK (slot_minutes BETWEEN 5 AND 480),        -- to a changed capacity: null is unchanged
    visit_type text CHECK (visit_type IN ('ordinary', 'expert', 'special', 'revisit')),
    capacity integer CHECK (capacity BETWEEN 0 AND 200),
    desk_capacity integer CHECK (desk_capacity BETWEEN 0 AND 200),
    revisit_capacity integer CHECK (revisit_capacity BETWEEN 0 AND 200),
    referral_capacity integer CHECK (referral_capacity BETWEEN 0 AND 200),
    reason text NOT NULL DEFAULT '',
    made_by uuid REFERENCES staff (id),
    made_at timestamptz NOT NULL DEFAULT now(),
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    CHECK (last_day >= first_day AND last_day - first_day <= 366),
    CHECK ((starts_at IS NULL) = (ends_at IS NULL)),
    CHECK (kind <> 'leave' OR practitioner_id IS NOT NULL),
    CHECK (kind <> 'closure' OR practitioner_id IS NULL),
    CHECK (kind <> 'capacity' OR num_nonnulls(capacity, desk_capacity, revisit_capacity, referral_capacity) > 0),
    CHECK (kind <> 'extra' OR (num_nonnulls(practitioner_id, department_id, starts_at, slot_minutes, visit_type,
                                            capacity, desk_capacity, revisit_capacity, referral_capacity) = 9
                               AND capacity + desk_capacity + revisit_capacity + referral_capacity >= 1))
);
CREATE INDEX schedule_exception_days ON schedule_exception (last_day, first_day) WHERE active;

CREATE TABLE schedule_setting (  -- what a department decided; no row: what the rules name
    department_id uuid PRIMARY KEY REFERENCES department (id),
    on_holidays text NOT NULL CHECK (on_holidays IN ('closed', 'sunday', 'usual')),
    release_days_ahead integer NOT NULL CHECK (release_days_ahead BETWEEN 0 AND 90),
    release_at time NOT NULL,                           -- 放号, to the second
    version integer NOT NULL DEFAULT 1
);

CREATE TABLE calendar_day (      -- what the hospital knows better than the library of official holidays
    day date PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('workday', 'weekend', 'holiday', 'makeup')),
    name text NOT NULL DEFAULT '',
    as_weekday integer CHECK (as_weekday BETWEEN 0 AND 6),  -- whose clinics a make-up workday has
    CHECK ((kind = 'makeup') = (as_weekday IS NOT NULL))
);

CREATE TABLE calendar_year (     -- years that a person confirmed although the library does not know them
    year integer PRIMARY KEY CHECK (year BETWEEN 2000 AND 2099)
);

CREATE TABLE schedule_change (   -- who changed what of a schedule, from what to what
    id uuid PRIMARY KEY,
    subject text NOT NULL CHECK (subject IN ('rule', 'exception', 'setting', 'day', 'year')),
    subject_key text NOT NULL,
    department_id uuid REFERENCES department (id),
    before jsonb,
    after jsonb,
    by_id uuid,
    why text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX schedule_change_subject ON schedule_change (subject, subject_key, id);

ALTER TABLE session
    ADD COLUMN exception_id uuid REFERENCES schedule_exception (id),    -- the extra clinic that it was made from
    ADD COLUMN rule_version integer,                    -- of the rule or exception, as the session follows it
    ADD COLUMN is_unconfirmed boolean NOT NULL DEFAULT false;   -- the year's holidays were not announced yet
CREATE INDEX session_rule ON session (schedule_rule_id, day);
CREATE INDEX session_exception ON session (exception_id) WHERE exception_id IS NOT NULL;

ALTER TABLE slot                 -- a band of a session, for one pool
    ADD COLUMN pool text NOT NULL DEFAULT 'app' CHECK (pool IN ('app', 'desk', 'revisit', 'referral')),
    -- places that people added (加号) or moved between pools since: the plan's capacity is kept apart from them
    ADD COLUMN adjusted integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT slot_session_id_starts_at_key,
    ADD CONSTRAINT slot_once_per_pool UNIQUE (session_id, starts_at, pool);
