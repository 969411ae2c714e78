-- The hub: consents, messages, deliveries, attempts, receipts, reminders, alerts.

CREATE TABLE consent (           -- 订阅授权: what this account last said to one template
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    template_key text NOT NULL,
    status text NOT NULL CHECK (status IN ('accepted', 'rejected', 'banned')),
    changed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, template_key)
);

CREATE TABLE consent_credit (    -- one accepted pop-up is one message
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    template_key text NOT NULL,
    from_client_at timestamptz,                         -- reported by the mini-app
    from_event_at timestamptz,                          -- reported by the platform; the same tap may give both
    delivery_id uuid,                                   -- spent on
    spent_at timestamptz,
    void_at timestamptz,
    granted_at timestamptz NOT NULL DEFAULT now(),
    CHECK (from_client_at IS NOT NULL OR from_event_at IS NOT NULL)
);
CREATE INDEX consent_credit_free ON consent_credit (account_id, template_key, granted_at)
    WHERE spent_at IS NULL AND void_at IS NULL;
CREATE UNIQUE INDEX consent_credit_spent_once ON consent_credit (delivery_id) WHERE delivery_id IS NOT NULL;

CREATE TABLE message (           -- one message to one person: what and why
    id uuid PRIMARY KEY,
    event text NOT NULL,
    event_key text NOT NULL UNIQUE,                     -- the same happening never becomes a second message
    class text NOT NULL CHECK (class IN ('alert', 'visit', 'follow_up', 'survey')),
    account_id uuid REFERENCES account (id),
    staff_id uuid REFERENCES staff (id),
    patient_id uuid,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    language text NOT NULL DEFAULT 'zh-CN',
    title text NOT NULL,
    lines jsonb NOT NULL,                               -- [[label, text], ...]
    fields jsonb NOT NULL DEFAULT '{}',                 -- template fields for channels that need them
    link text NOT NULL DEFAULT '',
    deadline timestamptz NOT NULL,                      -- useless after
    read_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(account_id, staff_id) <= 1)
);
CREATE INDEX message_account ON message (account_id, id DESC) WHERE account_id IS NOT NULL;
CREATE INDEX message_subject ON message (subject_id);

CREATE TABLE delivery (          -- one message over one channel
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES message (id),
    channel text NOT NULL CHECK (channel IN ('inbox', 'wechat_subscribe', 'wecom_robot')),
    address text NOT NULL,
    template_key text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('planned', 'held', 'ready', 'leased', 'sending', 'accepted', 'delivered',
                                         'undelivered', 'retry_wait', 'failed', 'expired', 'suppressed', 'cancelled',
                                         'unknown')),
    priority integer NOT NULL DEFAULT 1,                -- 0 urgent, 1 visit, 2 bulk
    due_at timestamptz NOT NULL,                        -- the next moment at which somebody must look
    deadline timestamptz NOT NULL,
    fence integer NOT NULL DEFAULT 0,
    owner text,
    lease_until timestamptz,
    tries integer NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    provider_id text,
    is_settled boolean NOT NULL DEFAULT false,          -- an unknown that nobody can resolve any more
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (message_id, channel),
    CHECK (state NOT IN ('leased', 'sending') OR (owner IS NOT NULL AND lease_until IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX delivery_due ON delivery (channel, priority, due_at, id)
    WHERE state IN ('planned', 'held', 'ready', 'retry_wait');
CREATE INDEX delivery_in_flight ON delivery (lease_until) WHERE state IN ('leased', 'sending');
CREATE INDEX delivery_unknown ON delivery (due_at) WHERE state = 'unknown' AND NOT is_settled;
CREATE INDEX delivery_awaiting_receipt ON delivery (address) WHERE state IN ('accepted', 'unknown');
CREATE INDEX delivery_in_trouble ON delivery (state, message_id) WHERE state IN ('failed', 'undelivered', 'unknown');
-- the platform refuses two calls for one person at a time (43108): one in flight for one address
CREATE UNIQUE INDEX delivery_one_in_flight ON delivery (channel, address) WHERE state IN ('leased', 'sending');

CREATE TABLE attempt (           -- one provider call: written before it, finished after it, never changed again
    id uuid PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES delivery (id),
    fence integer NOT NULL,
    request_hash bytea NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('accepted', 'refused', 'retry', 'unknown')),
    code text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    UNIQUE (delivery_id, fence)
);
CREATE UNIQUE INDEX attempt_accepted_once ON attempt (delivery_id) WHERE outcome = 'accepted';
CREATE INDEX attempt_recent ON attempt (started_at);   -- how much of a limit a minute is used up

CREATE TABLE platform_event (    -- what the platform pushed, once
    id uuid PRIMARY KEY,
    dedup_key text NOT NULL UNIQUE,
    event text NOT NULL,
    openid text NOT NULL,
    payload jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE receipt (           -- what became of a message on the phone; may come before the answer to its call
    id uuid PRIMARY KEY,
    platform_event_id uuid NOT NULL REFERENCES platform_event (id),
    openid text NOT NULL,
    template_key text NOT NULL,
    provider_id text NOT NULL DEFAULT '',
    is_good boolean NOT NULL,
    code text NOT NULL DEFAULT '',
    delivery_id uuid REFERENCES delivery (id),          -- null: not matched, or not yet
    received_at timestamptz NOT NULL,
    UNIQUE (platform_event_id, template_key, provider_id)
);
CREATE INDEX receipt_unmatched ON receipt (received_at) WHERE delivery_id IS NULL;
CREATE UNIQUE INDEX receipt_one_for_a_delivery ON receipt (delivery_id) WHERE delivery_id IS NOT NULL;

CREATE TABLE reminder (          -- something promised for a moment: told once, or called off
    id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE,                           -- kind:subject:version
    kind text NOT NULL CHECK (kind IN ('visit_day_before', 'visit_two_hours', 'revisit')),
    subject_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'sent', 'cancelled')),
    due_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reminder_due ON reminder (due_at) WHERE state = 'planned';
CREATE INDEX reminder_subject ON reminder (subject_id);

CREATE TABLE alert (             -- something that needs a member of staff now
    id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE,                           -- subject:clock:cycle:level:staff, so raising twice is raising once
    kind text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    level integer NOT NULL DEFAULT 0,
    severity text NOT NULL DEFAULT 'B',
    title text NOT NULL,
    detail text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('raised', 'acknowledged', 'resolved')),
    raised_at timestamptz NOT NULL DEFAULT now(),
    repeat_at timestamptz,                              -- sounds again then, until somebody acknowledges
    repeats integer NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    resolved_at timestamptz,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX alert_open ON alert (staff_id, raised_at) WHERE state = 'raised';
CREATE INDEX alert_repeat ON alert (repeat_at) WHERE state = 'raised';
CREATE INDEX alert_subject ON alert (subject_id);
