-- Reminders that follow the booking; strikes (爽约).

-- ---- reminders -----------------------------------------------------------------------------------------------------

-- What the hub may know of a visit: how it stands at this moment, and what its reminder says.
CREATE VIEW visit_now AS
SELECT a.id, a.version, a.account_id, a.patient_id, pt.name AS patient_name, a.number, a.starts_at, a.ends_at, a.status,
       a.status = 'booked' AND NOT s.is_stopped AND se.status <> 'stopped' AS is_expected,
       a.status IN ('expired', 'cancelled', 'rescheduled', 'no_show', 'completed', 'left')
           OR s.is_stopped OR se.status = 'stopped' AS is_over,
       d.name AS department_name, CASE WHEN a.is_any THEN '' ELSE p.name END AS practitioner_name,
       concat_ws(' ', coalesce(nullif(r.location, ''), nullif(d.location, '')), r.name) AS location,
       c.name AS campus_name, c.address AS campus_address, c.directions AS campus_directions,
       h.address AS hospital_address, h.bus_routes AS hospital_bus_routes,
       coalesce((SELECT min(t.at) FROM transition t WHERE t.subject_id = a.id AND t.machine = 'appointment'
                 AND t.to_state = 'booked'), a.created_at) AS booked_at
FROM appointment a
JOIN patient pt ON pt.id = a.patient_id
JOIN slot s ON s.id = a.slot_id
JOIN session se ON se.id = a.session_id
JOIN department d ON d.id = se.department_id
JOIN campus c ON c.id = d.campus_id
JOIN practitioner p ON p.id = se.practitioner_id
LEFT JOIN room r ON r.id = se.room_id
LEFT JOIN hospital h ON true;

-- Is this visit still expected at this moment? The last look before a reminder leaves.
CREATE FUNCTION visit_stands(appointment_id uuid, visit_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (
    SELECT FROM appointment a JOIN slot s ON s.id = a.slot_id JOIN session se ON se.id = a.session_id
    WHERE a.id = $1 AND a.starts_at = $2 AND a.status = 'booked' AND NOT s.is_stopped AND se.status <> 'stopped')
$$;

ALTER TABLE reminder             -- version: of the appointment for which it was planned. visit_at: the time it tells
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN visit_at timestamptz,
    DROP COLUMN key,
    ADD CONSTRAINT reminder_once UNIQUE (subject_id, version, kind);
UPDATE reminder SET visit_at = (data ->> 'starts_at')::timestamptz WHERE kind <> 'revisit' AND data ? 'starts_at';
-- whatever the versions: of one time of one visit nobody is reminded twice
CREATE UNIQUE INDEX reminder_once_for_a_time ON reminder (subject_id, kind, visit_at) WHERE state <> 'cancelled';
CREATE INDEX reminder_visit ON reminder (visit_at) WHERE visit_at IS NOT NULL;

ALTER TABLE message              -- visit_at: the time of the visit that it reminds of. actions: [[label, link], ...]
    ADD COLUMN visit_at timestamptz,
    ADD COLUMN actions jsonb NOT NULL DEFAULT '[]';

-- ---- strikes -------------------------------------------------------------------------------------------------------

ALTER TABLE booking_setting
    ADD COLUMN strike_limit integer NOT NULL DEFAULT 3 CHECK (strike_limit BETWEEN 1 AND 20),
    ADD COLUMN strike_window_days integer NOT NULL DEFAULT 180 CHECK (strike_window_days BETWEEN 1 AND 730),
    ADD COLUMN suspension_days integer NOT NULL DEFAULT 90 CHECK (suspension_days BETWEEN 0 AND 366),   -- 0: never
    ADD COLUMN late_cancel_hours integer NOT NULL DEFAULT 4 CHECK (late_cancel_hours BETWEEN 0 AND 168),    -- 0: never late
    ADD COLUMN late_cancels_per_strike integer NOT NULL DEFAULT 3 CHECK (late_cancels_per_strike BETWEEN 0 AND 20),
    ADD COLUMN early_cancel_days integer NOT NULL DEFAULT 3 CHECK (early_cancel_days BETWEEN 1 AND 60),
    ADD COLUMN early_cancels_per_credit integer NOT NULL DEFAULT 2 CHECK (early_cancels_per_credit BETWEEN 0 AND 20),
    ADD COLUMN appeal_hours integer NOT NULL DEFAULT 48 CHECK (appeal_hours BETWEEN 1 AND 720);

ALTER TABLE department           -- after the session: who has not come until then did not come
    ADD COLUMN no_show_grace_minutes integer NOT NULL DEFAULT 60 CHECK (no_show_grace_minutes BETWEEN 0 AND 1440);

CREATE TABLE strike (            -- a visit that was missed, or given back too late for somebody else
    id uuid PRIMARY KEY,
    appointment_id uuid NOT NULL UNIQUE REFERENCES appointment (id),
    person_id uuid NOT NULL REFERENCES person (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    account_id uuid REFERENCES account (id),
    department_id uuid NOT NULL REFERENCES department (id),
    kind text NOT NULL CHECK (kind IN ('no_show', 'late_cancel')),
    at timestamptz NOT NULL,                            -- when the visit was, or when it was given back
    state text NOT NULL CHECK (state IN ('counted', 'appealed', 'forgiven')),
    excuse text CHECK (excuse IN ('stopped', 'present', 'outage', 'late_doctor', 'appeal', 'overdue', 'staff')),
    reason text NOT NULL DEFAULT '',                    -- of who forgave it, in words
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT strike_forgiven_with_excuse CHECK ((state = 'forgiven') = (excuse IS NOT NULL)),
    CONSTRAINT strike_forgiven_with_reason CHECK (excuse IS DISTINCT FROM 'staff' OR reason <> '')
);
CREATE INDEX strike_person ON strike (person_id, at) WHERE state <> 'forgiven';
CREATE INDEX strike_patient ON strike (patient_id);
CREATE INDEX strike_account ON strike (account_id, id DESC);
CREATE INDEX strike_open ON strike (at) WHERE state <> 'forgiven';

CREATE TABLE early_cancel (      -- a visit that was given back in time for somebody else
    appointment_id uuid PRIMARY KEY REFERENCES appointment (id),
    person_id uuid NOT NULL REFERENCES person (id),
    patient_id uuid NOT NULL REFERENCES patient (id),
    at timestamptz NOT NULL
);
CREATE INDEX early_cancel_person ON early_cancel (person_id, at);
CREATE INDEX early_cancel_patient ON early_cancel (patient_id);

CREATE TABLE appeal (            -- 申诉: at most one for each strike
    id uuid PRIMARY KEY,
    strike_id uuid NOT NULL UNIQUE REFERENCES strike (id),
    account_id uuid NOT NULL REFERENCES account (id),
    words_cipher bytea,                                 -- what the patient says, if anything
    state text NOT NULL CHECK (state IN ('open', 'granted', 'refused')),
    due_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid REFERENCES staff (id),              -- null with a decision: nobody decided in time
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT appeal_decided_whole CHECK ((state = 'open') = (decided_at IS NULL) AND (state = 'open') = (reason = '')),
    CONSTRAINT appeal_refused_by_somebody CHECK (state <> 'refused' OR decided_by IS NOT NULL)
);
CREATE INDEX appeal_open ON appeal (due_at) WHERE state = 'open';

CREATE TABLE outage (            -- the desk or the system was down: nobody could check in
    id uuid PRIMARY KEY,
    department_id uuid REFERENCES department (id),      -- null: the whole hospital
    what text NOT NULL CHECK (what IN ('system', 'desk', 'network', 'building')),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,                                -- null: it goes on
    reason text NOT NULL CHECK (reason <> ''),
    made_by uuid NOT NULL REFERENCES staff (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT outage_has_time CHECK (starts_at < ends_at)
);
CREATE INDEX outage_time ON outage (starts_at);

-- Has the clinic itself stopped this visit, or put the patient there instead of a stopped one without their word?
CREATE FUNCTION is_of_stop(appointment_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM appointment a JOIN slot s ON s.id = a.slot_id JOIN session se ON se.id = a.session_id
               WHERE a.id = $1 AND (s.is_stopped OR se.status = 'stopped'))
    OR EXISTS (SELECT FROM stopped_visit v WHERE v.appointment_id = $1 AND v.state <> 'void')
    OR EXISTS (SELECT FROM stopped_visit v WHERE v.new_appointment_id = $1 AND v.state <> 'void'
               AND (v.answer IS NULL OR v.answer NOT IN ('kept', 'chose')))
$$;

-- Why a visit that nobody came to is not held against the patient; null when nothing is known for them.
CREATE FUNCTION no_show_excuse(appointment_id uuid) RETURNS text LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN is_of_stop(a.id) THEN 'stopped'
    -- scanned, checked in by name (also when it was taken back), or registered at this department's desk that day
    WHEN EXISTS (SELECT FROM scan WHERE scan.appointment_id = a.id AND scan.outcome = 'accepted')
      OR EXISTS (SELECT FROM ticket t WHERE t.appointment_id = a.id)
      OR EXISTS (SELECT FROM ticket t WHERE t.patient_id = a.patient_id AND t.day = a.day
                 AND t.department_id = a.department_id AND t.state <> 'voided')
      OR a.status NOT IN ('booked', 'no_show') THEN 'present'
    WHEN EXISTS (SELECT FROM outage o WHERE (o.department_id IS NULL OR o.department_id = a.department_id)
                 AND o.starts_at < a.ends_at + make_interval(mins => d.check_in_closes_minutes)
                 AND coalesce(o.ends_at, 'infinity') > a.starts_at - make_interval(mins => d.check_in_opens_minutes))
        THEN 'outage'
    -- others waited for the practitioner since before the visit's time, and none was seen until it was over
    WHEN EXISTS (SELECT FROM ticket t JOIN encounter e ON e.ticket_id = t.id
                 WHERE t.department_id = a.department_id AND t.day = a.day AND t.practitioner_id = a.practitioner_id
                 AND t.checked_in_at <= a.starts_at AND e.started_at >= a.ends_at)
     AND NOT EXISTS (SELECT FROM ticket t JOIN encounter e ON e.ticket_id = t.id
                     WHERE t.department_id = a.department_id AND t.day = a.day AND e.practitioner_id = a.practitioner_id
                     AND e.started_at >= se.starts_at - interval '1 hour' AND e.started_at < a.ends_at)
        THEN 'late_doctor' END
FROM appointment a JOIN session se ON se.id = a.session_id
JOIN department d ON d.id = a.department_id WHERE a.id = $1
$$;

-- Somebody turns out to be a person we know: what is held against them and for them goes along.
CREATE FUNCTION follow_person_in_strikes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE strike SET person_id = NEW.person_id WHERE patient_id = NEW.id;
    UPDATE early_cancel SET person_id = NEW.person_id WHERE patient_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER patient_follows_person_in_strikes AFTER UPDATE ON patient
    FOR EACH ROW WHEN (OLD.person_id <> NEW.person_id) EXECUTE FUNCTION follow_person_in_strikes();
