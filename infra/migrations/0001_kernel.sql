-- The kernel: time, people who sign in, the hospital itself, facts, history, repeated requests, live streams.

-- Every statement asks this function for the time, so that tests can move it for Python and SQL alike.
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';

CREATE TABLE account (           -- a WeChat user who signs in and receives messages
    id uuid PRIMARY KEY,
    openid text NOT NULL UNIQUE,
    unionid text,
    language text NOT NULL DEFAULT 'zh-CN' CHECK (language IN ('zh-CN', 'zh-TW', 'en')),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE campus (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    address text NOT NULL DEFAULT '',
    directions text NOT NULL DEFAULT ''
);

CREATE TABLE hospital (          -- one row: a deployment serves one hospital
    id uuid PRIMARY KEY,
    only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one),
    name text NOT NULL,
    address text NOT NULL DEFAULT '',
    landmarks text NOT NULL DEFAULT '',
    bus_routes text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    emergency_phone text NOT NULL DEFAULT '',
    opening_hours text NOT NULL DEFAULT '',
    services text NOT NULL DEFAULT '',
    is_demo boolean NOT NULL DEFAULT false
);

CREATE TABLE department (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    pinyin text NOT NULL DEFAULT '',
    initials text NOT NULL DEFAULT '',
    parent_id uuid REFERENCES department (id),
    campus_id uuid NOT NULL REFERENCES campus (id),
    speciality_code text NOT NULL DEFAULT '',          -- national list of clinical specialities
    ticket_prefix text NOT NULL DEFAULT 'A' CHECK (ticket_prefix ~ '^[A-Z]{1,2}$'),
    location text NOT NULL DEFAULT '',
    introduction text NOT NULL DEFAULT '',
    check_in_opens_minutes integer NOT NULL DEFAULT 120 CHECK (check_in_opens_minutes BETWEEN 0 AND 1440),
    check_in_closes_minutes integer NOT NULL DEFAULT 60 CHECK (check_in_closes_minutes BETWEEN 0 AND 1440),
    service_minutes integer NOT NULL DEFAULT 8 CHECK (service_minutes BETWEEN 1 AND 240),
    survey_delay_minutes integer NOT NULL DEFAULT 120 CHECK (survey_delay_minutes BETWEEN 0 AND 10080),
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1
);

CREATE TABLE practitioner (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    pinyin text NOT NULL DEFAULT '',
    initials text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    department_id uuid NOT NULL REFERENCES department (id),
    specialities text NOT NULL DEFAULT '',
    introduction text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX practitioner_department ON practitioner (department_id);

CREATE TABLE room (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    department_id uuid NOT NULL REFERENCES department (id),
    location text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paused', 'closed')),
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX room_department ON room (department_id);

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    practitioner_id uuid REFERENCES practitioner (id),
    wecom_userid text,
    failed_logins integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE staff_role (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff (id),
    role text NOT NULL CHECK (role IN ('guide', 'room', 'customer_service', 'complaint_handler', 'supervisor',
                                       'department_head', 'operations', 'committee', 'admin')),
    department_id uuid REFERENCES department (id)       -- null: the whole hospital
);
CREATE UNIQUE INDEX staff_role_once ON staff_role (staff_id, role, department_id) NULLS NOT DISTINCT;

CREATE TABLE duty (              -- the rota: who is on duty at which level of the ladder
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff (id),
    level integer NOT NULL CHECK (level BETWEEN 0 AND 3),   -- 0 handler, 1 supervisor, 2 head, 3 committee
    weekday integer NOT NULL CHECK (weekday BETWEEN 0 AND 6),   -- Monday is 0
    starts_at time NOT NULL,
    ends_at time NOT NULL,
    CHECK (starts_at < ends_at)
);
CREATE INDEX duty_level ON duty (level, weekday);

CREATE TABLE login (             -- a bearer token; only its hash is kept
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    account_id uuid REFERENCES account (id),
    staff_id uuid REFERENCES staff (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (num_nonnulls(account_id, staff_id) = 1)
);
CREATE INDEX login_expires ON login (expires_at);

CREATE TABLE policy (            -- what the hospital decided and may change without a release
    name text PRIMARY KEY,
    value jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by uuid REFERENCES staff (id)
);

CREATE TABLE fact (              -- what happened; written in the transaction of the change
    id uuid PRIMARY KEY,
    name text NOT NULL,
    payload jsonb NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now(),
    relayed_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    last_error text
);
CREATE INDEX fact_waiting ON fact (id) WHERE relayed_at IS NULL;
CREATE INDEX fact_relayed ON fact (relayed_at) WHERE relayed_at IS NOT NULL;

CREATE TABLE fact_handled (      -- a subscriber's writes and this mark share a transaction: exactly once
    fact_id uuid NOT NULL REFERENCES fact (id) ON DELETE CASCADE,
    subscriber text NOT NULL,
    PRIMARY KEY (fact_id, subscriber)
);

CREATE TABLE transition (        -- every change of state: who, when, why, from which channel
    id uuid PRIMARY KEY,
    machine text NOT NULL,
    subject_id uuid NOT NULL,
    from_state text,
    to_state text NOT NULL,
    by_kind text NOT NULL CHECK (by_kind IN ('patient', 'staff', 'system')),
    by_id uuid,
    channel text NOT NULL,
    why text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX transition_subject ON transition (subject_id, id);

CREATE TABLE idempotency_record (  -- the first answer to a creating request, kept with its effect
    actor text NOT NULL,
    key uuid NOT NULL,
    fingerprint bytea NOT NULL,
    status integer NOT NULL,
    body bytea NOT NULL,
    is_sealed boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_record_age ON idempotency_record (created_at);

CREATE TABLE live_topic (        -- numbers the events of one stream without a gap: the row lock orders the commits
    topic text PRIMARY KEY,
    seq bigint NOT NULL DEFAULT 0
);

CREATE TABLE live_event (
    topic text NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, seq)
);
CREATE INDEX live_event_age ON live_event (at);

CREATE TABLE worker_beat (       -- a worker's last successful look at the database
    worker text PRIMARY KEY,
    at timestamptz NOT NULL
);

CREATE TABLE access_record (     -- who saw a patient's full data, and why
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff (id),
    patient_id uuid NOT NULL,
    what text NOT NULL,
    why text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX access_record_patient ON access_record (patient_id, id);
