-- What administrators change of the catalogue: versions, who changed what, no circle of departments, nothing for what is
-- out of use, and answers whose day of review was told.

ALTER TABLE hospital ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE campus ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE price ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE faq ADD COLUMN due_told_for date;           -- the day of review of which the owner has been told

CREATE TABLE catalogue_change (  -- who changed what of the catalogue, from what to what
    id uuid PRIMARY KEY,
    subject text NOT NULL CHECK (subject IN ('hospital', 'campus', 'department', 'practitioner', 'room', 'price')),
    subject_id uuid NOT NULL,                           -- of a price also when its line is gone
    act text NOT NULL CHECK (act IN ('created', 'changed', 'deactivated', 'activated', 'removed')),
    before jsonb,
    after jsonb,
    by_id uuid,                                         -- null: an import by command
    channel text NOT NULL CHECK (channel IN ('desk', 'import')),
    why text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX catalogue_change_subject ON catalogue_change (subject, subject_id, id);

-- Nobody stands above themselves. At the end of a statement, so that one statement may move several; the lock makes two
-- movers take turns, so that neither closes a circle which it cannot see yet.
CREATE FUNCTION department_stands_in_a_tree() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7402117);
    IF EXISTS (
        WITH RECURSIVE above (id, parent_id) AS (
            SELECT id, parent_id FROM department WHERE id = NEW.id
            UNION
            SELECT d.id, d.parent_id FROM department d JOIN above ON d.id = above.parent_id
        )
        SELECT FROM above WHERE parent_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'department % stands above itself', NEW.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'department_tree', TABLE = 'department';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER department_tree AFTER INSERT OR UPDATE OF parent_id ON department
    DEFERRABLE INITIALLY IMMEDIATE
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION department_stands_in_a_tree();

-- A session by hand needs a practitioner and a department in use; those of the plan follow them by themselves. The share
-- lock waits for somebody who is putting them out of use, and makes that somebody wait for this session.
CREATE FUNCTION session_by_hand_is_of_people_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM practitioner WHERE id = NEW.practitioner_id AND active FOR SHARE;
    IF FOUND THEN
        PERFORM FROM department WHERE id = NEW.department_id AND active FOR SHARE;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the practitioner or the department is out of use'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'session_in_use', TABLE = 'session';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER session_in_use BEFORE INSERT ON session
    FOR EACH ROW WHEN (NEW.schedule_rule_id IS NULL AND NEW.exception_id IS NULL)
    EXECUTE FUNCTION session_by_hand_is_of_people_in_use();
