-- Webhooks out: who hears of what happens here, and how they are doing. What is sent to them are messages like others.

CREATE TABLE webhook_endpoint (
    id uuid PRIMARY KEY,
    url text NOT NULL CHECK (url ~ '^https?://'),
    description text NOT NULL DEFAULT '',
    events jsonb NOT NULL CHECK (jsonb_array_length(events) > 0), -- [type, ...] of the catalogue of webhooks
    state text NOT NULL CHECK (state IN ('on', 'off', 'failing', 'removed')),
    secret_cipher bytea NOT NULL,
    old_secret_cipher bytea,                            -- signs beside the new one for a while
    old_secret_until timestamptz,
    failures integer NOT NULL DEFAULT 0,                -- in a row
    failing_since timestamptz,                          -- of the first of them
    open_until timestamptz,                             -- nothing is sent before
    last_ok_at timestamptz,
    last_failed_at timestamptz,
    last_code text NOT NULL DEFAULT '',                 -- of its last failure
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((old_secret_cipher IS NULL) = (old_secret_until IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL))
);
CREATE INDEX webhook_endpoint_on ON webhook_endpoint (id) WHERE state = 'on';
CREATE INDEX webhook_endpoint_failing ON webhook_endpoint (failing_since) WHERE state = 'on' AND failures > 0;

-- A message to another system: to no person, about its endpoint, and never without both.
ALTER TABLE message
    DROP CONSTRAINT message_class_check,
    ADD CONSTRAINT message_class_check CHECK (class IN ('alert', 'visit', 'follow_up', 'survey', 'webhook')),
    ADD CONSTRAINT message_to_a_system CHECK (
        class <> 'webhook' OR (subject_kind = 'webhook_endpoint' AND num_nonnulls(account_id, staff_id, patient_id) = 0));
CREATE INDEX message_webhook ON message (subject_id, id DESC) WHERE class = 'webhook';

-- An endpoint that fails is left in peace: what waits for it is found here.
CREATE INDEX delivery_webhook ON delivery (address, due_at)
    WHERE channel = 'webhook' AND state IN ('planned', 'held', 'ready', 'retry_wait');

-- One address is one endpoint.
CREATE UNIQUE INDEX webhook_endpoint_url ON webhook_endpoint (url) WHERE state <> 'removed';

-- What the operators do about messages that came to nothing.
CREATE TABLE dead_letter (       -- a delivery that came to nothing, as soon as somebody looks after it
    delivery_id uuid PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
    owner_id uuid REFERENCES staff (id),
    note text NOT NULL DEFAULT '',
    done_at timestamptz,
    done_by uuid REFERENCES staff (id),
    changed_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT dead_letter_done_by_somebody CHECK ((done_at IS NULL) = (done_by IS NULL))
);
CREATE INDEX dead_letter_owner ON dead_letter (owner_id) WHERE owner_id IS NOT NULL AND done_at IS NULL;
CREATE INDEX delivery_dead ON delivery (channel, state, reason, id)
    WHERE state IN ('failed', 'undelivered', 'expired', 'suppressed') OR (state = 'unknown' AND is_settled);
CREATE INDEX delivery_again ON delivery (channel, reason, id) WHERE state = 'retry_wait';
