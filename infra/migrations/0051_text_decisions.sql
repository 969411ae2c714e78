-- Each decision of a person about a text that others are to read: who, when, why; none is rewritten.

CREATE TABLE text_decision (
    id uuid PRIMARY KEY,
    subject_kind text NOT NULL CHECK (subject_kind IN ('response')),
    subject_id uuid NOT NULL,
    is_shown boolean NOT NULL,                          -- others may read it from then on, or not any more
    by_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    why text NOT NULL DEFAULT '' CHECK (length(why) <= 200),
    CONSTRAINT text_decision_hiding_has_a_reason CHECK (is_shown OR why <> '')
);
CREATE INDEX text_decision_subject ON text_decision (subject_id, at);

CREATE FUNCTION text_decision_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was decided about a text is not rewritten' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER text_decision_is_final BEFORE UPDATE OR DELETE ON text_decision
    FOR EACH ROW EXECUTE FUNCTION text_decision_is_final();

-- what is known of before: the last decision about each
INSERT INTO text_decision (id, subject_kind, subject_id, is_shown, by_id, at, why)
SELECT gen_random_uuid(), subject_kind, subject_id, state = 'passed', decided_by, decided_at, '（未记录原因）'
FROM text_check WHERE decided_by IS NOT NULL AND state IN ('passed', 'hidden');
