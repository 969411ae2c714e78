-- Which ways a message takes, when, and how often: routes, settings, preferences, caps, words said already, digests.

CREATE TABLE route (             -- versions are only added; the latest of a name is in force
    id uuid PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    chain jsonb NOT NULL CHECK (jsonb_typeof(chain) = 'array'),
    author_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT route_version_once UNIQUE (name, version)
);

CREATE TABLE routing_setting (   -- quiet hours, caps, times of digests; the same way
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name IN ('quiet_hours', 'caps', 'dedupe', 'digest')),
    version integer NOT NULL CHECK (version >= 1),
    value jsonb NOT NULL,
    author_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT routing_setting_version_once UNIQUE (name, version)
);

CREATE FUNCTION stays_as_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER route_stays_as_written BEFORE UPDATE OR DELETE ON route
    FOR EACH ROW EXECUTE FUNCTION stays_as_written();
CREATE TRIGGER routing_setting_stays_as_written BEFORE UPDATE OR DELETE ON routing_setting
    FOR EACH ROW EXECUTE FUNCTION stays_as_written();

CREATE TABLE message_preference ( -- what somebody wants to hear, and over which channel; no row: yes
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    category text NOT NULL,
    channel text NOT NULL,
    is_on boolean NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT message_preference_once UNIQUE (account_id, category, channel),
    CONSTRAINT message_preference_visit_stays_on CHECK (is_on OR category <> 'visit')
);

-- One place of an hour, a day and 30 days that a delivery takes: no two take the same one, so the cap holds whoever
-- comes at the same time. A place is given back only when surely nothing was sent.
CREATE TABLE contact_slot (
    delivery_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,                            -- account, member of staff, or patient without an account
    pool text NOT NULL,                                 -- class of the message
    hour timestamptz NOT NULL,
    hour_n integer NOT NULL CHECK (hour_n >= 1),
    day date NOT NULL,
    day_n integer NOT NULL CHECK (day_n >= 1),
    month integer NOT NULL,                             -- of 30 days
    month_n integer NOT NULL CHECK (month_n >= 1),
    CONSTRAINT contact_slot_hour_once UNIQUE (person_id, pool, hour, hour_n),
    CONSTRAINT contact_slot_day_once UNIQUE (person_id, pool, day, day_n),
    CONSTRAINT contact_slot_month_once UNIQUE (person_id, pool, month, month_n)
);
CREATE INDEX contact_slot_age ON contact_slot (month);

-- Takes a place at the first of some moments at which there is one; gives that moment, or null when all are full.
-- caps: places in an hour, a day and 30 days; null: not counted.
CREATE FUNCTION take_slot(delivery uuid, person uuid, of_pool text, moments timestamptz[], caps integer[], zone text)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
    of_hour timestamptz;
    of_day date;
    of_month integer;
    hour_place integer;
    day_place integer;
    month_place integer;
BEGIN
    IF person IS NULL OR caps IS NULL OR EXISTS (SELECT FROM contact_slot s WHERE s.delivery_id = delivery) THEN
        RETURN moments[1];
    END IF;
    FOREACH moment IN ARRAY moments LOOP
        of_hour := date_trunc('hour', moment);
        of_day := (moment AT TIME ZONE zone)::date;
        of_month := (of_day - date '2000-01-01') / 30;
        LOOP
            SELECT n INTO hour_place FROM generate_series(1, caps[1]) n WHERE NOT EXISTS (
                SELECT FROM contact_slot s WHERE s.person_id = person AND s.pool = of_pool AND s.hour = of_hour
                AND s.hour_n = n OFFSET 0) ORDER BY n LIMIT 1;
            EXIT WHEN hour_place IS NULL;
            SELECT n INTO day_place FROM generate_series(1, caps[2]) n WHERE NOT EXISTS (
                SELECT FROM contact_slot s WHERE s.person_id = person AND s.pool = of_pool AND s.day = of_day
                AND s.day_n = n OFFSET 0) ORDER BY n LIMIT 1;
            EXIT WHEN day_place IS NULL;
            SELECT n INTO month_place FROM generate_series(1, caps[3]) n WHERE NOT EXISTS (
                SELECT FROM contact_slot s WHERE s.person_id = person AND s.pool = of_pool AND s.month = of_month
                AND s.month_n = n OFFSET 0) ORDER BY n LIMIT 1;
            EXIT WHEN month_place IS NULL;
            INSERT INTO contact_slot VALUES (delivery, person, of_pool, of_hour, hour_place, of_day, day_place,
                                             of_month, month_place)
            ON CONFLICT DO NOTHING;
            IF FOUND THEN
                RETURN moment;
            END IF;
            -- somebody has taken one of them in between, and has committed: look again
        END LOOP;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TABLE content_told (      -- what was last said to whom; key: hash of person and words
    key uuid PRIMARY KEY,
    message_id uuid NOT NULL,
    told_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX content_told_age ON content_told (told_at);

CREATE TABLE digest (            -- what could wait, told together
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES account (id),
    staff_id uuid REFERENCES staff (id),
    due_at timestamptz NOT NULL,
    message_id uuid UNIQUE REFERENCES message (id),     -- the one that tells it now
    round integer NOT NULL DEFAULT 1,                   -- how often it was tried
    is_done boolean NOT NULL DEFAULT false,             -- it has arrived, or may have, or was given up
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CHECK (num_nonnulls(account_id, staff_id) = 1),
    CONSTRAINT digest_once UNIQUE NULLS NOT DISTINCT (account_id, staff_id, due_at)
);
CREATE INDEX digest_open ON digest (due_at) WHERE NOT is_done;

CREATE TABLE digest_item (       -- a message that waits for its digest; in one digest, once
    message_id uuid CONSTRAINT digest_item_once PRIMARY KEY REFERENCES message (id),
    account_id uuid REFERENCES account (id),
    staff_id uuid REFERENCES staff (id),
    digest_id uuid REFERENCES digest (id),              -- null: open
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CHECK (num_nonnulls(account_id, staff_id) = 1)
);
CREATE INDEX digest_item_open ON digest_item (created_at) WHERE digest_id IS NULL;
CREATE INDEX digest_item_of ON digest_item (digest_id) WHERE digest_id IS NOT NULL;

CREATE FUNCTION digest_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an item stays in its digest' USING ERRCODE = 'integrity_constraint_violation',
        CONSTRAINT = 'digest_item_stays';
END
$$;
CREATE TRIGGER digest_item_stays BEFORE UPDATE OF digest_id ON digest_item
    FOR EACH ROW WHEN (OLD.digest_id IS NOT NULL) EXECUTE FUNCTION digest_item_stays();

ALTER TABLE message
    ADD COLUMN template_key text NOT NULL DEFAULT '',   -- for channels with templates
    ADD COLUMN chain_step integer NOT NULL DEFAULT 0,   -- the next way of its chain
    ADD COLUMN skipped jsonb NOT NULL DEFAULT '[]',     -- [{step, channel, reason}]: ways that were left out
    ADD COLUMN alert_id uuid REFERENCES alert (id);     -- the alert of which it tells a member of staff
CREATE INDEX message_next_step ON message (next_step_at) WHERE next_step_at IS NOT NULL;

ALTER TABLE delivery
    ADD COLUMN is_followed boolean NOT NULL DEFAULT false;  -- of a bad end: somebody has looked what follows
UPDATE delivery SET is_followed = true WHERE state IN ('failed', 'suppressed', 'undelivered', 'expired', 'cancelled');
CREATE INDEX delivery_to_follow ON delivery (id)
    WHERE NOT is_followed AND state IN ('failed', 'suppressed', 'undelivered', 'expired', 'cancelled');

CREATE FUNCTION alert_is_taken(alert uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT NOT EXISTS (SELECT FROM alert a WHERE a.id = alert AND a.state = 'raised')
$$;

-- Whether a channel may be chosen before another one of its group; its owner replaces it.
CREATE FUNCTION channel_is_healthy(channel text) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT NOT EXISTS (SELECT FROM policy p WHERE p.name = 'hub.paused' AND p.value @> to_jsonb(channel))
$$;

CREATE OR REPLACE FUNCTION message_stays(m message) RETURNS text LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN m.visit_at IS NOT NULL AND NOT visit_stands(m.subject_id, m.visit_at) THEN 'visit_not_expected'
    WHEN m.event IN ('queue_near', 'doctor_late') AND NOT wait_stands(m.subject_kind, m.subject_id)
        THEN 'visit_not_expected'
    WHEN m.alert_id IS NOT NULL AND alert_is_taken(m.alert_id) THEN 'acknowledged'
    WHEN m.plan_step_id IS NOT NULL AND plan_step_is_stopped(m.plan_step_id) THEN 'plan_stopped'
    -- what needs no consent is not worth the call of a function
    WHEN m.purpose NOT IN ('service', 'staff') AND consent_is_withdrawn(m.account_id, m.patient_id, m.purpose)
        THEN 'consent_withdrawn'
END
$$;
