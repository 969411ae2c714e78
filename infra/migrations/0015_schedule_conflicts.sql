-- A room chosen for one session, and the bookings in a plan's way of which staff have been told.

ALTER TABLE session
    ADD COLUMN has_own_room boolean NOT NULL DEFAULT false;     -- a person chose it: the plan's room does not replace it

CREATE TABLE schedule_conflict (  -- stands in the way of a department's plan, and was announced when it appeared
    department_id uuid NOT NULL REFERENCES department (id),
    name text NOT NULL,                                 -- what stands where: the same thing has the same name
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (department_id, name)
);

ALTER TABLE schedule_change
    DROP CONSTRAINT schedule_change_subject_check,
    ADD CONSTRAINT schedule_change_subject_check
        CHECK (subject IN ('rule', 'exception', 'setting', 'day', 'year', 'session'));
