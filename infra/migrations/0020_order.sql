-- The order that can be explained: how each place changed after the entry, and limits behind what a department sets.

ALTER TABLE ticket
    ADD COLUMN reorderings jsonb NOT NULL DEFAULT '[]'   -- the entry and each step after it; empty: stands as it entered
        CONSTRAINT ticket_reorderings_is_a_list CHECK (jsonb_typeof(reorderings) = 'array');

-- what is not named has the default of the day; a number outside its limits would break what is promised on the wall
ALTER TABLE queue_rule
    ALTER COLUMN why DROP DEFAULT,
    ADD CONSTRAINT queue_rule_has_a_reason CHECK (length(why) BETWEEN 1 AND 500),
    ADD CONSTRAINT queue_rule_within_limits CHECK (
        coalesce((settings ->> 'early_minutes')::integer, 0) BETWEEN 0 AND 60
        AND coalesce((settings ->> 'walk_in_minutes')::integer, 0) BETWEEN 0 AND 120
        AND coalesce((settings ->> 'help_minutes')::integer, 0) BETWEEN 0 AND 60
        AND coalesce((settings ->> 'return_minutes')::integer, 0) BETWEEN 0 AND 60
        AND coalesce(settings ->> 'late', 'arrival') IN ('arrival', 'ladder')
        AND coalesce((settings ->> 'late_places')::integer, 1) BETWEEN 1 AND 10
        AND coalesce((settings ->> 'late_place_minutes')::integer, 1) BETWEEN 1 AND 30
        AND coalesce((settings ->> 'late_ahead_minutes')::integer, 0) BETWEEN 0 AND 60
        AND coalesce((settings ->> 'missed_places')::integer, 1) BETWEEN 1 AND 20
        AND coalesce((settings ->> 'others_per_return')::integer, 0) BETWEEN 0 AND 10
    );

-- a ticket names the version that it stands by, so a version never changes and never goes
CREATE FUNCTION queue_rule_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a rule of a queue never changes; write the next version' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER queue_rule_stays BEFORE UPDATE OR DELETE ON queue_rule
    FOR EACH ROW EXECUTE FUNCTION queue_rule_stays();
