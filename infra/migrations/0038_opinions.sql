-- What every part of satisfaction and complaints stands on: whom a visit was with, single answers, conflicts of interest,
-- the departments of a complaint and its clocks.

-- ---- people ------------------------------------------------------------------------------------------------------

ALTER TABLE staff
    ADD COLUMN manager_id uuid REFERENCES staff (id),   -- 直接上级
    ADD CONSTRAINT staff_not_own_manager CHECK (manager_id <> id);
CREATE INDEX staff_practitioner ON staff (practitioner_id);
CREATE INDEX staff_manager ON staff (manager_id);

CREATE TABLE staff_relation (    -- a declared relation of a member of staff to a patient or to another member of staff
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff (id),
    to_staff_id uuid REFERENCES staff (id),
    to_patient_id uuid REFERENCES patient (id),
    why text NOT NULL,
    declared_by uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT staff_relation_to_one CHECK (num_nonnulls(to_staff_id, to_patient_id) = 1),
    CONSTRAINT staff_relation_not_to_oneself CHECK (to_staff_id <> staff_id),
    CONSTRAINT staff_relation_once UNIQUE NULLS NOT DISTINCT (staff_id, to_staff_id, to_patient_id)
);
CREATE INDEX staff_relation_to_staff ON staff_relation (to_staff_id);
CREATE INDEX staff_relation_to_patient ON staff_relation (to_patient_id);

-- Whom a visit was with, as the records of the visit say: the doctor, who received the patient at the desk, who called
-- and looked after them at the room.
CREATE FUNCTION people_of_encounter(uuid)
RETURNS TABLE (role text, practitioner_id uuid, staff_id uuid, name text) LANGUAGE sql STABLE AS $$
    SELECT 'doctor', p.id, NULL::uuid, p.name
    FROM encounter e JOIN practitioner p ON p.id = e.practitioner_id WHERE e.id = $1
    UNION
    SELECT CASE t.channel WHEN 'room' THEN 'nurse' ELSE 'reception' END, NULL::uuid, s.id, s.name
    FROM encounter e
    JOIN transition t ON t.subject_id IN (e.ticket_id, e.appointment_id) AND t.by_kind = 'staff'
        AND (t.channel = 'room' OR (t.machine = 'ticket' AND t.from_state IS NULL)
             OR (t.machine = 'appointment' AND t.to_state = 'checked_in'))
    JOIN staff s ON s.id = t.by_id
    WHERE e.id = $1 AND s.practitioner_id IS DISTINCT FROM e.practitioner_id
$$;

-- ---- surveys -----------------------------------------------------------------------------------------------------

ALTER TABLE invitation
    ADD COLUMN kind text NOT NULL DEFAULT 'outpatient'
        CHECK (kind IN ('outpatient', 'discharge', 'monthly', 'phone', 'interview', 'poster')),
    ADD COLUMN mode text NOT NULL DEFAULT 'miniapp' CHECK (mode IN ('miniapp', 'web', 'phone', 'interview', 'poster')),
    ADD COLUMN is_anonymous boolean NOT NULL DEFAULT false;

CREATE TABLE invitation_person ( -- whom the answers are about, frozen when the invitation is planned
    invitation_id uuid NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('doctor', 'nurse', 'reception')),
    practitioner_id uuid REFERENCES practitioner (id),
    staff_id uuid REFERENCES staff (id),
    name text NOT NULL,
    CONSTRAINT invitation_person_is_one CHECK (num_nonnulls(practitioner_id, staff_id) = 1),
    CONSTRAINT invitation_person_once UNIQUE NULLS NOT DISTINCT (invitation_id, role, practitioner_id, staff_id)
);

ALTER TABLE response
    ALTER COLUMN invitation_id DROP NOT NULL,
    ADD COLUMN is_anonymous boolean NOT NULL DEFAULT false,
    ADD COLUMN department_id uuid REFERENCES department (id),   -- frozen, as everything that scores are counted by
    ADD COLUMN practitioner_id uuid REFERENCES practitioner (id),
    ADD COLUMN kind text NOT NULL DEFAULT 'outpatient'
        CHECK (kind IN ('outpatient', 'discharge', 'monthly', 'phone', 'interview', 'poster')),
    ADD COLUMN mode text NOT NULL DEFAULT 'miniapp' CHECK (mode IN ('miniapp', 'web', 'phone', 'interview', 'poster')),
    ADD COLUMN answered_on date,                        -- in the hospital's zone
    ADD COLUMN complaint_id uuid REFERENCES complaint (id),     -- what a low rating opened, or was added to
    ADD COLUMN version integer NOT NULL DEFAULT 1;
UPDATE response r SET department_id = i.department_id, practitioner_id = i.practitioner_id,
    answered_on = (r.submitted_at AT TIME ZONE 'Asia/Shanghai')::date,
    complaint_id = (SELECT c.id FROM complaint c WHERE c.response_id = r.id)
FROM invitation i WHERE i.id = r.invitation_id;
ALTER TABLE response
    ALTER COLUMN answered_on SET NOT NULL,
    ADD CONSTRAINT response_of_nobody_is_anonymous CHECK (is_anonymous = (invitation_id IS NULL));
CREATE INDEX response_day ON response (answered_on, department_id);
CREATE INDEX response_complaint ON response (complaint_id);

CREATE TABLE answer (            -- one row for each item that was offered; value null: skipped or does not apply
    response_id uuid NOT NULL REFERENCES response (id) ON DELETE CASCADE,
    item text NOT NULL,                                 -- stable over all versions of a questionnaire
    dimension text NOT NULL,
    scale text NOT NULL CHECK (scale IN ('L5', 'F4', 'FFT5', 'R11', 'yes_no')),
    value smallint,                                     -- L5, FFT5: 1 to 5; F4: 1 (never) to 4 (always); R11: 0 to 10
    is_not_applicable boolean NOT NULL DEFAULT false,
    PRIMARY KEY (response_id, item),
    CONSTRAINT answer_fits_scale CHECK (value BETWEEN CASE WHEN scale IN ('R11', 'yes_no') THEN 0 ELSE 1 END
        AND CASE scale WHEN 'R11' THEN 10 WHEN 'F4' THEN 4 WHEN 'yes_no' THEN 1 ELSE 5 END),
    CONSTRAINT answer_not_applicable_has_no_value CHECK (NOT (is_not_applicable AND value IS NOT NULL))
);
INSERT INTO answer (response_id, item, dimension, scale, value)
SELECT r.id, item->>'id', item->>'dimension',
    CASE item->>'type' WHEN 'scale' THEN 'R11' WHEN 'stars' THEN CASE item->>'id' WHEN 'overall' THEN 'FFT5' ELSE 'L5' END
        ELSE 'yes_no' END,
    CASE r.answers->>(item->>'id') WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE (r.answers->>(item->>'id'))::smallint END
FROM response r JOIN invitation i ON i.id = r.invitation_id JOIN questionnaire q ON q.id = i.questionnaire_id
CROSS JOIN LATERAL jsonb_array_elements(q.items) item
WHERE item->>'type' IN ('stars', 'scale', 'yes_no');

-- ---- complaints --------------------------------------------------------------------------------------------------

-- of the complaints of one visit only one was opened by a rating; later ratings are added to it
CREATE UNIQUE INDEX complaint_one_low_rating_a_visit ON complaint (encounter_id) WHERE source = 'low_rating';

CREATE TABLE complaint_department (  -- the departments besides the first one that a complaint needs
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    department_id uuid NOT NULL REFERENCES department (id),
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (complaint_id, department_id)
);

CREATE TABLE complaint_person (  -- whom a complaint is about, or who is barred from it for what they did; never deleted
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    role text NOT NULL CHECK (role IN ('named', 'doctor', 'nurse', 'reception', 'former_handler')),
    practitioner_id uuid REFERENCES practitioner (id),
    staff_id uuid REFERENCES staff (id),
    name text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT complaint_person_is_one CHECK (num_nonnulls(practitioner_id, staff_id) = 1),
    CONSTRAINT complaint_person_once UNIQUE NULLS NOT DISTINCT (complaint_id, role, practitioner_id, staff_id)
);
CREATE INDEX complaint_person_staff ON complaint_person (staff_id);
CREATE INDEX complaint_person_practitioner ON complaint_person (practitioner_id);

CREATE VIEW complaint_about AS   -- the logins of those whom a complaint is about
SELECT c.id AS complaint_id, s.id AS staff_id, 'named' AS role
FROM complaint c JOIN staff s ON s.practitioner_id = c.practitioner_id
UNION ALL
SELECT p.complaint_id, p.staff_id, p.role FROM complaint_person p WHERE p.staff_id IS NOT NULL
UNION ALL
SELECT p.complaint_id, s.id, p.role FROM complaint_person p JOIN staff s ON s.practitioner_id = p.practitioner_id;

-- Who must not read, handle, approve or hear of a complaint, and why. True at every moment: it is no copy.
CREATE VIEW complaint_conflict AS
SELECT complaint_id, staff_id, role AS reason FROM complaint_about
UNION ALL                        -- who stands below the person complained about cannot be free
SELECT a.complaint_id, s.id, 'subordinate' FROM complaint_about a JOIN staff s ON s.manager_id = a.staff_id
WHERE a.role = 'named'
UNION ALL                        -- attitude and money: also the direct manager
SELECT a.complaint_id, s.manager_id, 'manager'
FROM complaint_about a JOIN staff s ON s.id = a.staff_id JOIN complaint c ON c.id = a.complaint_id
WHERE a.role = 'named' AND s.manager_id IS NOT NULL AND c.topic IN ('服务态度', '收费')
UNION ALL
SELECT a.complaint_id, r.staff_id, 'relation' FROM complaint_about a JOIN staff_relation r ON r.to_staff_id = a.staff_id
WHERE a.role = 'named'
UNION ALL
SELECT a.complaint_id, r.to_staff_id, 'relation' FROM complaint_about a JOIN staff_relation r ON r.staff_id = a.staff_id
WHERE a.role = 'named' AND r.to_staff_id IS NOT NULL
UNION ALL
SELECT c.id, r.staff_id, 'relation' FROM complaint c JOIN staff_relation r ON r.to_patient_id = c.patient_id;

-- What is promised, one row a clock and round. due_at is a copy of what the pure function says, and null while it rests.
CREATE TABLE complaint_clock (
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    clock text NOT NULL CHECK (clock IN ('acknowledgement', 'first_response', 'answer', 'update', 'confirmation',
                                         'legal')),
    cycle integer NOT NULL,
    starts_at timestamptz NOT NULL,
    due_at timestamptz,
    half_at timestamptz,                                -- 50 % of the target: the first warning
    warn_at timestamptz,                                -- 80 %: the second
    stopped_at timestamptz,
    policy_version integer NOT NULL DEFAULT 0,
    calendar_version text NOT NULL DEFAULT '',
    computed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (complaint_id, clock, cycle)
);
CREATE INDEX complaint_clock_due ON complaint_clock (due_at) WHERE stopped_at IS NULL AND due_at IS NOT NULL;

ALTER TABLE breach DROP CONSTRAINT breach_clock_check,
    ADD CONSTRAINT breach_clock_check CHECK (clock IN ('acknowledgement', 'first_response', 'answer', 'update',
                                                       'confirmation', 'legal'));
