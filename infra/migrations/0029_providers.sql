-- How the hub gets on with its providers: tokens that all processes share, and the state of each channel.

CREATE TABLE provider_token (    -- the access token of one account at a provider
    name text PRIMARY KEY,                              -- mini:<app id>, official:<app id>, wecom:<corp>:<agent>
    sealed bytea,                                       -- encrypted; null: not asked for yet
    digest bytea,                                       -- of the token, to tell a new one from a stale one
    good_until timestamptz,
    refreshed_at timestamptz,
    turn_of text,                                       -- who asks the provider now; the others wait
    turn_until timestamptz,
    forced_digest bytea,                                -- the stale token for which a new one was forced last
    forced_at timestamptz,
    CONSTRAINT provider_token_whole CHECK (num_nulls(sealed, digest, good_until) IN (0, 3)),
    CONSTRAINT provider_token_turn_whole CHECK (num_nulls(turn_of, turn_until) IN (0, 2))
);

CREATE TABLE channel_state (     -- how one channel stands; no row: nothing has happened to it yet
    channel text PRIMARY KEY,
    is_paused boolean NOT NULL DEFAULT false,           -- by a person
    paused_by uuid REFERENCES staff (id),
    paused_at timestamptz,
    breaker text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open', 'probing')),
    troubles integer NOT NULL DEFAULT 0 CHECK (troubles >= 0),  -- one after another, with nothing good between
    openings integer NOT NULL DEFAULT 0 CHECK (openings >= 0),  -- since it was last closed
    opened_at timestamptz,
    probe_of text,                                      -- the worker that tries with one message
    probe_until timestamptz,                            -- then another may try
    rests_until timestamptz,                            -- nothing leaves before
    rests_why text NOT NULL DEFAULT '' CHECK (rests_why IN ('', 'bucket', 'breaker', 'minute', 'day')),
    cause text NOT NULL DEFAULT '',                     -- what was last in the way, as a code
    day date,                                           -- where the provider counts
    day_used integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT channel_state_pause_whole CHECK (is_paused = (paused_at IS NOT NULL)),
    CONSTRAINT channel_state_open_rests CHECK (breaker <> 'open' OR (rests_until IS NOT NULL AND opened_at IS NOT NULL)),
    CONSTRAINT channel_state_probe_whole CHECK ((breaker = 'probing') = (probe_until IS NOT NULL)
                                                AND (probe_of IS NULL) = (probe_until IS NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

CREATE TABLE channel_use (       -- the tokens that are out of a channel's bucket, by tenths of a second
    channel text NOT NULL,
    moment timestamptz NOT NULL,
    taken integer NOT NULL CHECK (taken > 0),
    PRIMARY KEY (channel, moment)
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

CREATE TABLE channel_trouble (   -- what somebody has to mend, once for each cause
    channel text NOT NULL,
    cause text NOT NULL CHECK (cause IN ('template', 'credentials', 'permission', 'account')),
    code text NOT NULL,
    template_key text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    count bigint NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (channel, cause, code, template_key)
);

-- A channel that a person stopped stays so.
INSERT INTO channel_state (channel, is_paused, paused_by, paused_at)
SELECT jsonb_array_elements_text(value), true, changed_by, changed_at FROM policy WHERE name = 'hub.paused';
DELETE FROM policy WHERE name = 'hub.paused';

-- Whether what is due on a channel waits for the channel.
CREATE FUNCTION channel_rests(of_channel text) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM channel_state s WHERE s.channel = of_channel
               AND (s.is_paused OR s.rests_until > app_now() OR s.probe_until > app_now()))
$$;

-- Whether a channel may be chosen before another one of its group.
CREATE OR REPLACE FUNCTION channel_is_healthy(channel text) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT NOT EXISTS (SELECT FROM channel_state s WHERE s.channel = $1
                   AND (s.is_paused OR s.breaker <> 'closed' OR s.rests_until > app_now() + interval '2 minutes'))
$$;

-- Whether the last consent is kept for something more important; its owner replaces it.
CREATE FUNCTION credit_is_kept(account_id uuid, template_key text, event text) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT false $$;

-- Calls are counted where tokens are taken now; an index less for each of them.
DROP INDEX attempt_recent;
-- What is in flight is few, and found by the index that keeps it one for an address; an index less for each step.
DROP INDEX delivery_in_flight;
-- What is too late ends, also on a channel that rests.
CREATE INDEX delivery_late ON delivery (deadline) WHERE state IN ('planned', 'held', 'ready', 'retry_wait');

ALTER TABLE delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
                          autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE attempt SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
ALTER TABLE consent_credit SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);

-- What ended long ago leaves the tables that are worked in, with its calls: they stay small however long the hospital
-- works. The messages stay where they are; `any_delivery` and `any_attempt` show both places as one.
CREATE TABLE delivery_archive (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES message (id),
    channel text NOT NULL,
    address text NOT NULL,
    template_key text NOT NULL,
    step integer NOT NULL,
    state text NOT NULL,
    priority integer NOT NULL,
    due_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    fence integer NOT NULL,
    tries integer NOT NULL,
    reason text NOT NULL,
    provider_id text,
    is_settled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    archived_at timestamptz NOT NULL,
    CONSTRAINT delivery_archive_once UNIQUE (message_id, channel),
    CONSTRAINT delivery_archive_ended CHECK (state IN ('accepted', 'delivered', 'undelivered', 'failed', 'expired',
                                                       'suppressed', 'cancelled') OR (state = 'unknown' AND is_settled))
);
CREATE TABLE attempt_archive (
    id uuid PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES delivery_archive (id),
    fence integer NOT NULL,
    request_hash bytea NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    code text NOT NULL,
    detail text NOT NULL,
    UNIQUE (delivery_id, fence)
);
-- a receipt keeps the id of its delivery, wherever that is
ALTER TABLE receipt DROP CONSTRAINT receipt_delivery_id_fkey;

CREATE VIEW any_delivery AS
SELECT id, message_id, channel, address, template_key, step, state, priority, due_at, deadline, fence, tries, reason,
       provider_id, is_settled, created_at, changed_at FROM delivery
UNION ALL
SELECT id, message_id, channel, address, template_key, step, state, priority, due_at, deadline, fence, tries, reason,
       provider_id, is_settled, created_at, changed_at FROM delivery_archive;
CREATE VIEW any_attempt AS
SELECT id, delivery_id, fence, request_hash, started_at, ended_at, outcome, code, detail FROM attempt
UNION ALL
SELECT id, delivery_id, fence, request_hash, started_at, ended_at, outcome, code, detail FROM attempt_archive;
