-- Places: who somebody is whatever the account, places that are held or kept, what the hospital decided about booking.

CREATE TABLE person (            -- a human being, who may stand on several accounts
    id uuid PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,                 -- raised by whatever the person's own rules look at
    suspended_until timestamptz                         -- no booking by phone until then (爽约)
);

-- Who a file is about: the identity number where it is known, else name and phone, else the file itself.
CREATE FUNCTION person_of(id uuid, name text, phone_index bytea, id_number_index bytea) RETURNS uuid
    LANGUAGE sql IMMUTABLE AS $$
SELECT CASE
    WHEN id_number_index IS NOT NULL THEN md5('identity:' || encode(id_number_index, 'hex'))::uuid
    WHEN phone_index IS NOT NULL THEN md5('phone:' || encode(phone_index, 'hex') || ':' || name)::uuid
    ELSE id END
$$;

ALTER TABLE patient ADD COLUMN person_id uuid REFERENCES person (id);
INSERT INTO person (id) SELECT DISTINCT person_of(id, name, phone_index, id_number_index) FROM patient;
UPDATE patient SET person_id = person_of(id, name, phone_index, id_number_index);
ALTER TABLE patient ALTER COLUMN person_id SET NOT NULL;
CREATE INDEX patient_person ON patient (person_id);

CREATE FUNCTION name_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.person_id := person_of(NEW.id, NEW.name, NEW.phone_index, NEW.id_number_index);
    INSERT INTO person (id) VALUES (NEW.person_id) ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER patient_names_person BEFORE INSERT OR UPDATE OF name, phone_index, id_number_index, person_id ON patient
    FOR EACH ROW EXECUTE FUNCTION name_person();

ALTER TABLE appointment
    ADD COLUMN person_id uuid REFERENCES person (id),
    ADD COLUMN held_until timestamptz,                  -- until when a place is kept for somebody who decides
    ADD COLUMN is_any boolean NOT NULL DEFAULT false,   -- any practitioner of the department: one is named at check-in
    ADD COLUMN is_extra boolean NOT NULL DEFAULT false, -- 加号
    ADD COLUMN revisit_of_id uuid REFERENCES encounter (id),
    ADD CONSTRAINT appointment_hold_has_end CHECK ((status = 'held') = (held_until IS NOT NULL));
UPDATE appointment SET person_id = patient.person_id FROM patient WHERE patient.id = appointment.patient_id;
ALTER TABLE appointment ALTER COLUMN person_id SET NOT NULL;

CREATE FUNCTION copy_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.person_id := (SELECT person_id FROM patient WHERE id = NEW.patient_id);
    RETURN NEW;
END $$;
CREATE TRIGGER appointment_copies_person BEFORE INSERT ON appointment
    FOR EACH ROW WHEN (NEW.person_id IS NULL) EXECUTE FUNCTION copy_person();

DROP INDEX appointment_once_per_session;
CREATE UNIQUE INDEX appointment_once_per_session ON appointment (person_id, session_id)
    WHERE status IN ('held', 'booked', 'checked_in', 'in_service');
DROP INDEX appointment_open_place_once;
CREATE UNIQUE INDEX appointment_open_place_once ON appointment (person_id, open_place) WHERE status IN ('held', 'booked');
-- nobody is in two places at once
ALTER TABLE appointment ADD CONSTRAINT appointment_no_time_conflict EXCLUDE USING gist (
    person_id WITH =, tstzrange(starts_at, ends_at) WITH &&
) WHERE (status IN ('held', 'booked', 'checked_in', 'in_service'));
CREATE INDEX appointment_person_day ON appointment (person_id, day)
    WHERE status NOT IN ('expired', 'cancelled', 'rescheduled');
CREATE INDEX appointment_patient_open ON appointment (patient_id)
    WHERE status IN ('held', 'booked', 'checked_in', 'in_service');
CREATE INDEX appointment_held ON appointment (held_until) WHERE status = 'held';
CREATE INDEX appointment_held_slot ON appointment (slot_id, held_until) WHERE status = 'held';
-- How many bookings are open depends on the hour, and statistics are of another one. When they say «none», reading all of
-- them looks as cheap as finding one person's; without them the planner is careful.
ALTER TABLE appointment ALTER COLUMN status SET STATISTICS 0;

-- Somebody turns out to be a person we know: open bookings and a suspension go along. What the person's rules forbid
-- the constraints refuse.
CREATE FUNCTION follow_person() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one uuid;
BEGIN
    PERFORM FROM person WHERE id IN (OLD.person_id, NEW.person_id) ORDER BY id FOR NO KEY UPDATE;
    UPDATE person SET version = person.version + 1, suspended_until = greatest(person.suspended_until, was.suspended_until)
    FROM person AS was WHERE person.id = NEW.person_id AND was.id = OLD.person_id;
    FOR one IN SELECT id FROM appointment
               WHERE patient_id = NEW.id AND status IN ('held', 'booked', 'checked_in', 'in_service') ORDER BY id LOOP
        UPDATE appointment SET person_id = NEW.person_id, open_place = (
            SELECT min(n) FROM generate_series(1, 50) AS n
            WHERE NOT EXISTS (SELECT FROM appointment a WHERE a.person_id = NEW.person_id AND a.open_place = n
                              AND a.status IN ('held', 'booked')))
        WHERE id = one;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER patient_follows_person AFTER UPDATE ON patient
    FOR EACH ROW WHEN (OLD.person_id <> NEW.person_id) EXECUTE FUNCTION follow_person();

ALTER TABLE slot
    ADD COLUMN kept integer NOT NULL DEFAULT 0,         -- places set aside for the waitlist
    DROP CONSTRAINT slot_never_oversold,
    ADD CONSTRAINT slot_never_oversold CHECK (taken >= 0 AND kept >= 0 AND taken + kept <= capacity);
CREATE INDEX slot_kept ON slot (id) WHERE kept > 0;

-- released by a draw that is not done yet: until then nobody else takes a place
ALTER TABLE session ADD COLUMN is_drawing boolean NOT NULL DEFAULT false;

-- Does somebody wait for a place of this session? Then one that is given back is kept.
CREATE FUNCTION wants_place(session_id uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT false';

CREATE TABLE booking_setting (   -- at most one row: what the hospital decided about booking; none: what the rules name
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    max_open_bookings integer NOT NULL DEFAULT 5 CHECK (max_open_bookings BETWEEN 1 AND 50),
    max_per_month integer CHECK (max_per_month BETWEEN 1 AND 100),          -- null: no limit
    same_practitioner_per_day integer NOT NULL DEFAULT 1 CHECK (same_practitioner_per_day BETWEEN 1 AND 10),
    cancel_until_minutes integer NOT NULL DEFAULT 0 CHECK (cancel_until_minutes BETWEEN 0 AND 10080),
    hold_seconds integer NOT NULL DEFAULT 300 CHECK (hold_seconds BETWEEN 30 AND 3600),
    version integer NOT NULL DEFAULT 1
);

CREATE TABLE booking_setting_change (  -- who changed what, from what to what
    id uuid PRIMARY KEY,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    by_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT now()
);
