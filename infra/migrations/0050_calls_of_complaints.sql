-- Calls know the complaint that they are about: whom it bars has no sight of them, and whom it seals is not named.

ALTER TABLE call_task
    ADD COLUMN complaint_id uuid REFERENCES complaint (id),
    ADD COLUMN is_sealed boolean NOT NULL DEFAULT false; -- as the complaint is; kept by the triggers below
UPDATE call_task t SET complaint_id = c.id, is_sealed = c.is_sealed
FROM complaint c WHERE t.source LIKE 'complaint:%' AND c.id::text = split_part(t.source, ':', 2);
UPDATE call_task t SET complaint_id = c.id, is_sealed = c.is_sealed
FROM message m JOIN complaint c ON c.id = m.subject_id
WHERE t.complaint_id IS NULL AND m.id = t.message_id AND m.subject_kind = 'complaint';
UPDATE call_task t SET complaint_id = o.complaint_id, is_sealed = o.is_sealed
FROM call_task o WHERE t.complaint_id IS NULL AND o.complaint_id IS NOT NULL
    AND t.source LIKE 'after:%' AND o.id::text = split_part(t.source, ':', 2);
CREATE INDEX call_task_complaint ON call_task (complaint_id) WHERE complaint_id IS NOT NULL;

-- Who took a sealed task could otherwise try every patient's tasks, and be refused where it is the same person.
DROP INDEX call_task_one_at_a_time;
CREATE UNIQUE INDEX call_task_one_at_a_time ON call_task (patient_id) WHERE state = 'claimed' AND NOT is_sealed;

CREATE FUNCTION call_task_is_as_its_complaint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- a sealing that is under way is waited for, so that no task slips through beside it
    SELECT c.is_sealed INTO NEW.is_sealed FROM complaint c WHERE c.id = NEW.complaint_id FOR SHARE;
    RETURN NEW;
END $$;
CREATE TRIGGER call_task_is_sealed BEFORE INSERT ON call_task
    FOR EACH ROW WHEN (NEW.complaint_id IS NOT NULL) EXECUTE FUNCTION call_task_is_as_its_complaint();

CREATE FUNCTION complaint_seals_its_calls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE call_task SET is_sealed = NEW.is_sealed, version = version + 1 WHERE complaint_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER complaint_calls_are_sealed AFTER UPDATE OF is_sealed ON complaint
    FOR EACH ROW WHEN (OLD.is_sealed IS DISTINCT FROM NEW.is_sealed) EXECUTE FUNCTION complaint_seals_its_calls();
