-- Why complaints come: causes by taxonomy, the library of closed cases, improvements and whether they had an effect.

-- ---- causes ------------------------------------------------------------------------------------------------------

CREATE TABLE cause (             -- the tree of causes; shipped from code on first use, then the hospital's own
    code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*(\.[a-z0-9_]+){0,2}$'),
    parent text REFERENCES cause (code),
    level integer NOT NULL CHECK (level BETWEEN 1 AND 3),
    names jsonb NOT NULL,                               -- by language
    is_human_error boolean NOT NULL DEFAULT false,      -- what one person did or left undone: a symptom, not a cause
    is_active boolean NOT NULL DEFAULT true,
    leaf_place integer CONSTRAINT cause_forty_leaves CHECK (leaf_place BETWEEN 1 AND 40),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT cause_has_parent CHECK ((level = 1) = (parent IS NULL)),
    CONSTRAINT cause_leaf_has_place CHECK ((leaf_place IS NOT NULL) = (level = 3 AND is_active)),
    CONSTRAINT cause_leaf_place_once UNIQUE (leaf_place)
);

CREATE TABLE complaint_cause (   -- place 0: the primary cause; 1 and 2: what contributed
    id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    code text NOT NULL REFERENCES cause (code),
    place integer NOT NULL CHECK (place BETWEEN 0 AND 2),
    system_factor_cipher bytea,                         -- what in the system let it happen; bound to the row's id
    set_by uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT complaint_cause_place UNIQUE (complaint_id, place),
    CONSTRAINT complaint_cause_once UNIQUE (complaint_id, code)
);
CREATE INDEX complaint_cause_code ON complaint_cause (code, complaint_id);
CREATE INDEX complaint_department_received ON complaint (department_id, received_at);
CREATE INDEX encounter_department_day ON encounter (department_id, started_at);

-- A person's slip alone explains nothing: either another cause stands beside it, or a factor of the system is named.
CREATE FUNCTION check_system_factor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM complaint_cause WHERE complaint_id = NEW.complaint_id)
       AND NOT EXISTS (SELECT 1 FROM complaint_cause cc JOIN cause ca ON ca.code = cc.code
                       WHERE cc.complaint_id = NEW.complaint_id
                       AND (NOT ca.is_human_error OR cc.system_factor_cipher IS NOT NULL)) THEN
        RAISE EXCEPTION 'human error alone needs a system factor'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'complaint_cause_has_system_factor';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER complaint_cause_has_system_factor AFTER INSERT OR UPDATE ON complaint_cause
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_system_factor();

-- ---- the library of cases ----------------------------------------------------------------------------------------

-- What is written stays sealed until another person has approved it: a draft is made by a machine and may still say who
-- it was. The open columns hold what was approved, and nothing else.
CREATE TABLE library_case (
    id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL CONSTRAINT library_case_complaint UNIQUE REFERENCES complaint (id),
    state text NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    body_cipher bytea NOT NULL,                         -- title, story, finding, action, prevention as last written
    title text NOT NULL DEFAULT '',
    story text NOT NULL DEFAULT '',
    finding text NOT NULL DEFAULT '',
    action text NOT NULL DEFAULT '',
    prevention text NOT NULL DEFAULT '',
    cause_code text REFERENCES cause (code),
    department_kind text NOT NULL DEFAULT '',           -- of the national list, never the department itself
    severity text NOT NULL CHECK (severity IN ('A', 'B', 'C')),
    happened_month date NOT NULL CHECK (extract(day FROM happened_month) = 1),
    words tsvector,
    length integer NOT NULL DEFAULT 0,                  -- how many words it has
    written_by uuid REFERENCES staff (id),              -- null: nobody has edited the draft yet
    approved_by uuid REFERENCES staff (id),
    approved_at timestamptz,
    withdrawn_why text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT library_case_by_two CHECK (approved_by <> written_by),
    CONSTRAINT library_case_published_whole CHECK (state <> 'published' OR (title <> '' AND words IS NOT NULL)),
    CONSTRAINT library_case_sealed_until_approved CHECK (state = 'published'
        OR (title = '' AND story = '' AND finding = '' AND action = '' AND prevention = '')),
    CONSTRAINT library_case_approved CHECK (state <> 'published' OR (written_by IS NOT NULL AND approved_by IS NOT NULL
                                            AND cause_code IS NOT NULL)),
    CONSTRAINT library_case_withdrawn_has_reason CHECK (state <> 'withdrawn' OR withdrawn_why <> '')
);
CREATE INDEX library_case_words ON library_case USING gin (words) WHERE state = 'published';
CREATE INDEX library_case_state ON library_case (state, id DESC);
CREATE INDEX library_case_cause ON library_case (cause_code) WHERE state = 'published';

CREATE TABLE library_term (      -- in how many published cases a word stands; what is rare weighs more
    term text PRIMARY KEY,
    cases integer NOT NULL CONSTRAINT library_term_not_negative CHECK (cases >= 0)
);

-- ---- improvements ------------------------------------------------------------------------------------------------

CREATE SEQUENCE improvement_number START 1;
CREATE TABLE improvement (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    group_id uuid NOT NULL,                             -- the analysis that it belongs to: the id of its first measure
    source text NOT NULL CHECK (source IN ('complaint', 'signal', 'analysis', 'committee', 'hand')),
    source_ref text NOT NULL DEFAULT '',
    is_automatic boolean NOT NULL DEFAULT false,
    department_id uuid NOT NULL REFERENCES department (id),
    metric text NOT NULL CHECK (metric IN ('complaint_rate', 'dimension_score')),
    cause_code text REFERENCES cause (code),
    dimension text,
    title text NOT NULL,
    measure text NOT NULL DEFAULT '',
    strength text CHECK (strength IN ('strong', 'intermediate', 'weak')),
    is_training_only boolean NOT NULL DEFAULT false,
    why_only_weak text NOT NULL DEFAULT '',
    why_only_weak_by uuid REFERENCES staff (id),
    owner_id uuid REFERENCES staff (id),
    approver_id uuid REFERENCES staff (id),
    due_on date,
    state text NOT NULL CHECK (state IN ('proposed', 'accepted', 'doing', 'done', 'measuring', 'effective', 'not_yet',
                                         'not_effective', 'too_few', 'closed', 'rejected')),
    level integer NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 3),
    cycle integer NOT NULL DEFAULT 1,                   -- the measure; one without effect is followed by another
    evidence_from date NOT NULL,                        -- the days that raised it: they were chosen for being bad,
    evidence_to date NOT NULL,                          -- so they never count as «before»
    expected_change double precision NOT NULL,          -- a rate: the share it falls by; a score: points it rises by
    baseline_from date,
    baseline_to date,
    baseline jsonb,                                     -- frozen when the work begins
    power_shown jsonb,                                  -- what was said about it before
    starts_on date,
    done_on date,
    check1_on date,
    check2_on date,
    verdict jsonb,
    done_evidence_id uuid,
    created_by uuid REFERENCES staff (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT improvement_measures_one CHECK ((metric = 'complaint_rate') = (cause_code IS NOT NULL)
        AND (metric = 'dimension_score') = (dimension IS NOT NULL)),
    CONSTRAINT improvement_change_is_possible CHECK (expected_change > 0
        AND expected_change <= CASE metric WHEN 'complaint_rate' THEN 1 ELSE 100 END),
    CONSTRAINT improvement_by_two CHECK (approver_id <> owner_id),
    CONSTRAINT improvement_training_is_weak CHECK (NOT is_training_only OR strength = 'weak'),
    CONSTRAINT improvement_weak_is_signed CHECK ((why_only_weak <> '') = (why_only_weak_by IS NOT NULL)),
    CONSTRAINT improvement_accepted_whole CHECK (state IN ('proposed', 'rejected') OR (owner_id IS NOT NULL
        AND approver_id IS NOT NULL AND due_on IS NOT NULL AND strength IS NOT NULL AND measure <> '')),
    CONSTRAINT improvement_started_whole CHECK (state IN ('proposed', 'accepted', 'closed', 'rejected')
        OR (baseline IS NOT NULL AND power_shown IS NOT NULL AND starts_on IS NOT NULL)),
    CONSTRAINT improvement_done_with_evidence CHECK (
        state NOT IN ('done', 'measuring', 'effective', 'not_yet', 'not_effective', 'too_few')
        OR (done_on IS NOT NULL AND check1_on IS NOT NULL AND check2_on IS NOT NULL AND done_evidence_id IS NOT NULL)),
    CONSTRAINT improvement_judged_whole CHECK (state NOT IN ('effective', 'not_yet', 'not_effective', 'too_few')
        OR verdict IS NOT NULL),
    CONSTRAINT improvement_evidence_days CHECK (evidence_from <= evidence_to)
);
-- what the machine proposes is proposed once, as long as the last one of it is open
CREATE UNIQUE INDEX improvement_once_proposed ON improvement (department_id, coalesce(cause_code, '@' || dimension))
    WHERE is_automatic AND state NOT IN ('effective', 'closed', 'rejected');
CREATE INDEX improvement_state ON improvement (state, id DESC);
CREATE INDEX improvement_check ON improvement (check1_on, check2_on) WHERE state IN ('measuring', 'not_yet', 'done');
CREATE INDEX improvement_due ON improvement (due_on) WHERE state IN ('accepted', 'doing');

-- A weak measure stands beside a better one of the same analysis, or the committee has signed why there is none.
CREATE FUNCTION check_not_only_weak() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM improvement i WHERE i.id = NEW.id AND i.strength = 'weak' AND i.why_only_weak = ''
               AND i.state NOT IN ('proposed', 'rejected', 'closed')
               AND NOT EXISTS (SELECT 1 FROM improvement o WHERE o.group_id = i.group_id AND o.strength <> 'weak'
                               AND o.state <> 'rejected')) THEN
        RAISE EXCEPTION 'an analysis needs a measure that is not weak'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'improvement_not_only_weak';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER improvement_not_only_weak AFTER INSERT OR UPDATE ON improvement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_not_only_weak();
CREATE INDEX improvement_group ON improvement (group_id);

CREATE TABLE improvement_case (  -- the complaints that an improvement was proposed for: each raises one
    improvement_id uuid NOT NULL REFERENCES improvement (id),
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    PRIMARY KEY (improvement_id, complaint_id)
);
CREATE INDEX improvement_case_complaint ON improvement_case (complaint_id);

CREATE TABLE improvement_evidence (  -- what shows that it was done; never changed
    id uuid PRIMARY KEY,
    improvement_id uuid NOT NULL REFERENCES improvement (id),
    text text NOT NULL CHECK (text <> ''),
    by_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX improvement_evidence_of ON improvement_evidence (improvement_id, id);
ALTER TABLE improvement ADD CONSTRAINT improvement_done_evidence FOREIGN KEY (done_evidence_id)
    REFERENCES improvement_evidence (id);

CREATE TABLE improvement_note (  -- what was said of it, and what was changed and why
    id uuid PRIMARY KEY,
    improvement_id uuid NOT NULL REFERENCES improvement (id),
    kind text NOT NULL CHECK (kind IN ('proposed', 'accepted', 'changed', 'started', 'done', 'judged', 'adjusted',
                                       'closed', 'rejected', 'reopened')),
    text text NOT NULL,
    by_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX improvement_note_of ON improvement_note (improvement_id, id);

CREATE TABLE improvement_look (  -- a look at the effect: each is taken once, and stands
    improvement_id uuid NOT NULL REFERENCES improvement (id),
    cycle integer NOT NULL,
    look integer NOT NULL CHECK (look IN (1, 2)),
    verdict text NOT NULL CHECK (verdict IN ('effective', 'not_yet', 'not_effective', 'too_few')),
    strength text NOT NULL,
    figures jsonb NOT NULL,
    judged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (improvement_id, cycle, look),
    CONSTRAINT improvement_look_second_decides CHECK (look = 1 OR verdict <> 'not_yet')
);
CREATE FUNCTION refuse_judging_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a look at an effect cannot be rewritten';
END $$;
CREATE TRIGGER improvement_look_is_final BEFORE UPDATE OR DELETE ON improvement_look
    FOR EACH ROW EXECUTE FUNCTION refuse_judging_again();

CREATE TABLE improvement_reminder (  -- who was reminded of what is due
    improvement_id uuid NOT NULL REFERENCES improvement (id),
    due_on date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('soon', 'overdue')),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (improvement_id, due_on, kind)
);

CREATE TABLE complaint_analysis (    -- the analysis of a month, as it was sent
    month date PRIMARY KEY CHECK (extract(day FROM month) = 1),
    body jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
