-- Accounts of staff: kept by an administrator, with the history of every change of rights.

ALTER TABLE staff
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN one_time_until timestamptz;     -- the password was given by an administrator and holds until then
CREATE INDEX login_of_staff ON login (staff_id) WHERE staff_id IS NOT NULL;

CREATE TABLE staff_change (      -- who changed what of an account, from what to what; phone and mail are masked
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff (id),
    act text NOT NULL CONSTRAINT staff_change_act CHECK (act IN (
        'created', 'changed', 'deactivated', 'activated', 'password_given', 'password_changed', 'signed_out',
        'contacts_seen'
    )),
    before jsonb,
    after jsonb,
    by_id uuid REFERENCES staff (id),          -- null: the installation made its first administrator
    why text NOT NULL DEFAULT '',
    at timestamptz NOT NULL
);
CREATE INDEX staff_change_of_staff ON staff_change (staff_id, id);
CREATE TRIGGER staff_change_stays_as_written BEFORE UPDATE OR DELETE ON staff_change
    FOR EACH ROW EXECUTE FUNCTION stays_as_written();

-- Somebody can always give rights. The lock makes two who go at once take turns, so that neither counts on the other.
CREATE FUNCTION staff_keeps_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7402148);
    IF NOT EXISTS (
        SELECT FROM staff_role r JOIN staff s ON s.id = r.staff_id
        WHERE r.role = 'admin' AND r.department_id IS NULL AND s.active
    ) THEN
        RAISE EXCEPTION 'nobody would be left who gives rights'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_keeps_an_administrator', TABLE = 'staff';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION staff_is_administrator(uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM staff_role WHERE staff_id = $1 AND role = 'admin' AND department_id IS NULL)
$$;
CREATE CONSTRAINT TRIGGER staff_keeps_an_administrator AFTER UPDATE OF active ON staff
    FOR EACH ROW WHEN (OLD.active AND NOT NEW.active AND staff_is_administrator(OLD.id))
    EXECUTE FUNCTION staff_keeps_an_administrator();
CREATE CONSTRAINT TRIGGER staff_keeps_an_administrator AFTER UPDATE OR DELETE ON staff_role
    FOR EACH ROW WHEN (OLD.role = 'admin' AND OLD.department_id IS NULL)
    EXECUTE FUNCTION staff_keeps_an_administrator();

-- ---- stops of a patient ------------------------------------------------------------------------------------------

-- A patient may ask for no calls of follow-up, and still be written to; taking a stop back has a reason too.
ALTER TABLE patient_stop
    DROP CONSTRAINT patient_stop_kind_check,
    ADD CONSTRAINT patient_stop_kind_check CHECK (kind IN ('deceased', 'refused', 'no_calls')),
    ADD COLUMN lifted_why text NOT NULL DEFAULT '';
CREATE INDEX patient_stop_of_patient ON patient_stop (patient_id, id);
CREATE INDEX enrolment_of_patient ON enrolment (patient_id, id);

CREATE OR REPLACE FUNCTION patient_is_stopped(patient_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM patient_stop s WHERE s.patient_id = $1 AND s.lifted_at IS NULL AND s.kind <> 'no_calls')
$$;

-- Is this patient not to be called, though perhaps written to?
CREATE FUNCTION patient_is_not_called(patient_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (SELECT FROM patient_stop s WHERE s.patient_id = $1 AND s.lifted_at IS NULL AND s.kind = 'no_calls')
$$;
