-- A measure that had no effect is not begun again: another one has to be agreed on first.

ALTER TABLE improvement ADD COLUMN needs_another boolean NOT NULL DEFAULT false;
UPDATE improvement i SET needs_another = true WHERE i.state = 'accepted' AND 'reopened' = (
    SELECT n.kind FROM improvement_note n WHERE n.improvement_id = i.id AND n.kind IN ('reopened', 'adjusted')
    ORDER BY n.id DESC LIMIT 1);
ALTER TABLE improvement ADD CONSTRAINT improvement_another_before_the_start
    CHECK (NOT needs_another OR state IN ('accepted', 'closed'));
