-- Booking, check-in and queue.

CREATE TABLE patient (           -- 就诊人: whom an account may book for, or a walk-in without an account
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES account (id),
    file_number text NOT NULL UNIQUE,
    name text NOT NULL,
    pinyin text NOT NULL DEFAULT '',
    initials text NOT NULL DEFAULT '',
    gender text CHECK (gender IN ('male', 'female', 'other')),
    birth_date date,
    relation text NOT NULL CHECK (relation IN ('self', 'child', 'parent', 'spouse', 'other')),
    phone_cipher bytea,
    phone_index bytea,
    phone_tail text NOT NULL DEFAULT '',
    id_number_cipher bytea,
    id_number_index bytea,
    id_number_tail text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX patient_account ON patient (account_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX patient_identity_once ON patient (account_id, id_number_index)
    WHERE deleted_at IS NULL AND id_number_index IS NOT NULL;
CREATE UNIQUE INDEX patient_self_once ON patient (account_id) WHERE deleted_at IS NULL AND relation = 'self';
CREATE INDEX patient_phone ON patient (phone_index);
CREATE SEQUENCE patient_file_number START 100001;

CREATE TABLE schedule_rule (     -- one practitioner's weekly clinic; sessions are made from it
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    department_id uuid NOT NULL REFERENCES department (id),
    room_id uuid REFERENCES room (id),
    weekday integer NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    starts_at time NOT NULL,
    ends_at time NOT NULL,                              -- 00:00 means the end of the day
    slot_minutes integer NOT NULL DEFAULT 30 CHECK (slot_minutes BETWEEN 5 AND 480),
    capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 200),
    visit_type text NOT NULL DEFAULT 'ordinary' CHECK (visit_type IN ('ordinary', 'expert', 'special', 'revisit')),
    active boolean NOT NULL DEFAULT true,
    UNIQUE (practitioner_id, weekday, starts_at)
);

CREATE TABLE session (           -- one practitioner, one day, one half-day
    id uuid PRIMARY KEY,
    schedule_rule_id uuid REFERENCES schedule_rule (id),
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    department_id uuid NOT NULL REFERENCES department (id),
    room_id uuid REFERENCES room (id),
    day date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    visit_type text NOT NULL DEFAULT 'ordinary',
    opens_at timestamptz NOT NULL,                      -- 放号
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed', 'stopped')),
    version integer NOT NULL DEFAULT 1,
    CHECK (starts_at < ends_at),
    UNIQUE (practitioner_id, starts_at)
);
CREATE INDEX session_department_day ON session (department_id, day);

CREATE TABLE slot (              -- a band of a session with its own places
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES session (id),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    capacity integer NOT NULL CHECK (capacity >= 0),
    taken integer NOT NULL DEFAULT 0,
    last_number integer NOT NULL DEFAULT 0,
    -- the session's stop, here too: a booking that waits for this row looks again at this row only
    is_stopped boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT slot_never_oversold CHECK (taken BETWEEN 0 AND capacity),
    UNIQUE (session_id, starts_at)
);

CREATE TABLE appointment (
    id uuid PRIMARY KEY,
    account_id uuid REFERENCES account (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    slot_id uuid NOT NULL REFERENCES slot (id),
    session_id uuid NOT NULL REFERENCES session (id),
    department_id uuid NOT NULL REFERENCES department (id),
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    number integer NOT NULL,                            -- 预约序号 inside the slot
    status text NOT NULL CHECK (status IN ('held', 'booked', 'checked_in', 'in_service', 'completed', 'expired',
                                           'cancelled', 'rescheduled', 'no_show', 'left')),
    open_place integer CHECK (open_place BETWEEN 1 AND 50),   -- which of the person's few open bookings this is
    day date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    channel text NOT NULL,
    rescheduled_to_id uuid REFERENCES appointment (id),
    intake_cipher bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CHECK (status NOT IN ('held', 'booked') OR open_place IS NOT NULL),
    UNIQUE (slot_id, number)
);
CREATE UNIQUE INDEX appointment_once_per_session ON appointment (patient_id, session_id)
    WHERE status IN ('held', 'booked', 'checked_in', 'in_service');
CREATE UNIQUE INDEX appointment_open_place_once ON appointment (patient_id, open_place)
    WHERE status IN ('held', 'booked');
CREATE INDEX appointment_account ON appointment (account_id, starts_at DESC);
CREATE INDEX appointment_department_day ON appointment (department_id, day);
CREATE INDEX appointment_open_end ON appointment (ends_at) WHERE status IN ('held', 'booked');

CREATE TABLE desk (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    campus_id uuid NOT NULL REFERENCES campus (id),
    department_id uuid REFERENCES department (id),      -- null: the desk checks in for every department
    location text NOT NULL DEFAULT ''
);

CREATE TABLE queue_line (        -- one row a department and day: numbers its tickets
    department_id uuid NOT NULL REFERENCES department (id),
    day date NOT NULL,
    last_number integer NOT NULL DEFAULT 0,
    PRIMARY KEY (department_id, day)
);

CREATE TABLE ticket (            -- a place in a queue
    id uuid PRIMARY KEY,
    department_id uuid NOT NULL REFERENCES department (id),
    day date NOT NULL,
    number integer NOT NULL,
    label text NOT NULL,                                -- what people read and hear: A012
    state text NOT NULL CHECK (state IN ('waiting', 'called', 'in_service', 'missed', 'held', 'away', 'done', 'left',
                                         'transferred', 'voided')),
    appointment_id uuid REFERENCES appointment (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    account_id uuid REFERENCES account (id),
    practitioner_id uuid REFERENCES practitioner (id),  -- null: any practitioner of the department
    room_id uuid REFERENCES room (id),                  -- where called to
    triage text NOT NULL DEFAULT 'normal' CHECK (triage IN ('normal', 'priority', 'urgent')),
    flags jsonb NOT NULL DEFAULT '[]',
    sort_class integer NOT NULL DEFAULT 1,              -- 0 urgent, 1 everybody else
    sort_at timestamptz NOT NULL,
    rule text NOT NULL DEFAULT 'walk_in',               -- of the queue's policy, that gave sort_at
    checked_in_at timestamptz NOT NULL,
    called_at timestamptz,
    call_count integer NOT NULL DEFAULT 0,
    miss_count integer NOT NULL DEFAULT 0,
    stage text NOT NULL DEFAULT '',                     -- the station that an away patient was sent to
    next_place text NOT NULL DEFAULT '',
    started_at timestamptz,
    finished_at timestamptz,
    reason text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    UNIQUE (department_id, day, number)
);
CREATE UNIQUE INDEX ticket_one_for_an_appointment ON ticket (appointment_id)
    WHERE state NOT IN ('transferred', 'voided');
CREATE UNIQUE INDEX ticket_one_in_a_room ON ticket (room_id) WHERE state IN ('called', 'in_service');
CREATE UNIQUE INDEX ticket_one_place_for_a_person ON ticket (patient_id, department_id, day)
    WHERE state IN ('waiting', 'called', 'in_service', 'missed', 'held', 'away');
CREATE INDEX ticket_waiting ON ticket (department_id, day, sort_class, sort_at, number)
    INCLUDE (practitioner_id) WHERE state = 'waiting';

CREATE TABLE scan (              -- every scan with its first answer, also the refused ones
    id uuid PRIMARY KEY,                                -- chosen by the device
    desk_id uuid NOT NULL REFERENCES desk (id),
    by_id uuid NOT NULL,
    appointment_id uuid,
    ticket_id uuid,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'already_checked_in', 'refused')),
    reason text,
    body text NOT NULL,
    scanned_at timestamptz,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX scan_appointment ON scan (appointment_id);

CREATE TABLE encounter (         -- one visit, from the room's start to its finish
    id uuid PRIMARY KEY,
    ticket_id uuid NOT NULL UNIQUE REFERENCES ticket (id),
    appointment_id uuid REFERENCES appointment (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    account_id uuid REFERENCES account (id),
    department_id uuid NOT NULL REFERENCES department (id),
    practitioner_id uuid REFERENCES practitioner (id),
    room_id uuid NOT NULL REFERENCES room (id),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    advice_cipher bytea,
    revisit_on date,
    care_plan_id uuid,
    diagnosis_group text NOT NULL DEFAULT ''
);
CREATE INDEX encounter_patient ON encounter (patient_id, started_at DESC);
