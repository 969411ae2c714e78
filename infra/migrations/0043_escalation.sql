-- Who is on duty on a date, who is away, who must not hear of a complaint, and who was called about it until somebody acted.

-- ---- the rota ------------------------------------------------------------------------------------------------------

ALTER TABLE duty
    ADD COLUMN on_holidays boolean NOT NULL DEFAULT true,   -- whether the line of a weekday holds on an official holiday
    DROP CONSTRAINT duty_check,
    -- a night shift ends on the next day: its end is before its beginning
    ADD CONSTRAINT duty_has_length CHECK (starts_at <> ends_at);
CREATE INDEX duty_staff ON duty (staff_id, level);

CREATE TABLE duty_day (          -- lines of one date: at a level that has any, they stand in place of the weekday's
    id uuid PRIMARY KEY,
    day date NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    level integer NOT NULL CHECK (level BETWEEN 0 AND 3),
    starts_at time NOT NULL,
    ends_at time NOT NULL,
    CONSTRAINT duty_day_has_length CHECK (starts_at <> ends_at),
    CONSTRAINT duty_day_once UNIQUE (day, level, staff_id, starts_at)
);
CREATE INDEX duty_day_staff ON duty_day (staff_id, level);

CREATE TABLE duty_off (          -- somebody is away; whoever stands in for them takes their lines
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    why text NOT NULL,
    stands_in uuid REFERENCES staff (id),
    by_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT duty_off_has_length CHECK (from_at < until_at),
    CONSTRAINT duty_off_by_another CHECK (stands_in <> staff_id)
);
CREATE INDEX duty_off_staff ON duty_off (staff_id, until_at);
CREATE INDEX duty_off_stands_in ON duty_off (stands_in, until_at) WHERE stands_in IS NOT NULL;

CREATE TABLE duty_version (      -- one row: two people who write the rota at once do not overwrite each other
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    version integer NOT NULL
);

CREATE TABLE duty_alarm (        -- a level at which nobody was on duty when somebody was called
    id uuid PRIMARY KEY,
    level integer NOT NULL CHECK (level BETWEEN 0 AND 3),
    opened_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE UNIQUE INDEX duty_alarm_one_open ON duty_alarm (level) WHERE settled_at IS NULL;

-- ---- conflicts of interest -----------------------------------------------------------------------------------------

CREATE INDEX complaint_practitioner ON complaint (practitioner_id) WHERE practitioner_id IS NOT NULL;

CREATE TABLE complaint_watcher ( -- who follows a complaint without handling it
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    added_by uuid REFERENCES staff (id),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (complaint_id, staff_id)
);
CREATE INDEX complaint_watcher_staff ON complaint_watcher (staff_id);

-- The same rule as the view complaint_conflict, begun from one member of staff: from which complaints they are barred.
-- Lists ask this once, where the view would be asked for every row. A test holds the two against each other.
CREATE FUNCTION complaints_barred_for(uuid) RETURNS TABLE (complaint_id uuid) LANGUAGE sql STABLE ROWS 20 AS $$
    WITH me AS (SELECT id, practitioner_id, manager_id FROM staff WHERE id = $1),
    related AS (                  -- whom I am related to, whoever declared it
        SELECT to_staff_id AS id FROM staff_relation WHERE staff_id = $1 AND to_staff_id IS NOT NULL
        UNION SELECT staff_id FROM staff_relation WHERE to_staff_id = $1
    ),
    named AS (                    -- whom a complaint names, and what that means for me
        SELECT s.id, s.practitioner_id, false AS is_manager_only FROM staff s JOIN related r ON r.id = s.id
        UNION SELECT s.id, s.practitioner_id, false FROM me JOIN staff s ON s.id = me.manager_id
        UNION SELECT s.id, s.practitioner_id, true FROM staff s WHERE s.manager_id = $1
    )
    SELECT c.id FROM me JOIN complaint c ON c.practitioner_id = me.practitioner_id
    UNION SELECT p.complaint_id FROM complaint_person p WHERE p.staff_id = $1
    UNION SELECT p.complaint_id FROM me JOIN complaint_person p ON p.practitioner_id = me.practitioner_id
    UNION SELECT c.id FROM named n JOIN complaint c ON c.practitioner_id = n.practitioner_id
        WHERE NOT n.is_manager_only OR c.topic IN ('服务态度', '收费')
    UNION SELECT c.id FROM named n JOIN complaint_person p ON p.staff_id = n.id AND p.role = 'named'
        JOIN complaint c ON c.id = p.complaint_id WHERE NOT n.is_manager_only OR c.topic IN ('服务态度', '收费')
    UNION SELECT c.id FROM named n JOIN complaint_person p ON p.practitioner_id = n.practitioner_id AND p.role = 'named'
        JOIN complaint c ON c.id = p.complaint_id WHERE NOT n.is_manager_only OR c.topic IN ('服务态度', '收费')
    UNION SELECT c.id FROM staff_relation r JOIN complaint c ON c.patient_id = r.to_patient_id WHERE r.staff_id = $1
$$;

-- Nobody is made handler or watcher of a complaint in which they have a conflict of interest, whoever writes it.
CREATE FUNCTION complaint_refuses_the_barred() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    barred boolean;
BEGIN
    IF TG_TABLE_NAME = 'complaint' THEN
        SELECT EXISTS (SELECT 1 FROM complaint_conflict WHERE complaint_id = NEW.id AND staff_id = NEW.handler_id)
        INTO barred;
    ELSE
        SELECT EXISTS (SELECT 1 FROM complaint_conflict
                       WHERE complaint_id = NEW.complaint_id AND staff_id = NEW.staff_id) INTO barred;
    END IF;
    IF barred THEN
        RAISE EXCEPTION 'a conflict of interest bars this person' USING ERRCODE = 'check_violation',
            CONSTRAINT = TG_TABLE_NAME || '_is_free_of_conflict';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER complaint_is_free_of_conflict AFTER UPDATE OF handler_id ON complaint FOR EACH ROW
    WHEN (NEW.handler_id IS NOT NULL AND NEW.handler_id IS DISTINCT FROM OLD.handler_id)
    EXECUTE FUNCTION complaint_refuses_the_barred();
CREATE TRIGGER complaint_watcher_is_free_of_conflict AFTER INSERT ON complaint_watcher FOR EACH ROW
    EXECUTE FUNCTION complaint_refuses_the_barred();

-- the order in which open complaints need somebody, so that a list of the first fifty reads fifty
CREATE INDEX complaint_urgent ON complaint (
    ((acknowledged_at IS NOT NULL)::int),
    coalesce(least(CASE WHEN acknowledged_at IS NULL THEN acknowledge_due_at END,
                   CASE WHEN responded_at IS NULL THEN response_due_at END,
                   CASE WHEN answered_at IS NULL THEN answer_due_at END), 'infinity'::timestamptz),
    id
) WHERE closed_at IS NULL;
CREATE INDEX complaint_severe ON complaint (id) WHERE closed_at IS NULL AND severity = 'A';
CREATE INDEX complaint_without_handler ON complaint (id) WHERE closed_at IS NULL AND handler_id IS NULL;

-- ---- escalation ----------------------------------------------------------------------------------------------------

-- told: which moment of the clock the ladder has acted upon: 1 half of it, 2 four fifths, 3 its end.
ALTER TABLE complaint_clock
    ADD COLUMN told smallint NOT NULL DEFAULT 0 CHECK (told BETWEEN 0 AND 3),
    ADD COLUMN look_at timestamptz GENERATED ALWAYS AS (CASE
        WHEN stopped_at IS NOT NULL OR due_at IS NULL OR told = 3 THEN NULL
        WHEN told = 0 THEN least(half_at, warn_at, due_at)
        WHEN told = 1 THEN least(warn_at, due_at)
        ELSE due_at END) STORED;
CREATE INDEX complaint_clock_look ON complaint_clock (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE escalation (        -- a step of the ladder: who must act upon what, until it is settled
    id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    clock text NOT NULL CHECK (clock IN ('acknowledgement', 'first_response', 'answer', 'legal', 'lease', 'severity',
                                         'reopened', 'no_handler', 'by_hand')),
    cycle integer NOT NULL,
    step integer NOT NULL CHECK (step BETWEEN 0 AND 3),
    state text NOT NULL CHECK (state IN ('raised', 'notified', 'acknowledged', 'resolved')),
    needed integer NOT NULL DEFAULT 1 CHECK (needed BETWEEN 1 AND 2),  -- how many audiences have to acknowledge it
    raised_at timestamptz NOT NULL,
    asked_at timestamptz NOT NULL,                      -- since when somebody is called: raised, or a lease has run out
    pages integer NOT NULL DEFAULT 0 CHECK (pages >= 0),    -- calls since then
    paged_at timestamptz,                               -- the last of them
    is_passed_on boolean NOT NULL DEFAULT false,        -- the next step was raised since then
    expired integer NOT NULL DEFAULT 0 CHECK (expired >= 0),    -- leases that ran out
    next_look_at timestamptz,
    acknowledged_at timestamptz,                        -- the first time that all had
    resolved_at timestamptz,
    why text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT escalation_once UNIQUE (complaint_id, clock, cycle, step),
    CONSTRAINT escalation_resolved_whole CHECK ((state = 'resolved') = (resolved_at IS NOT NULL)),
    CONSTRAINT escalation_never_forgotten CHECK ((next_look_at IS NULL) = (resolved_at IS NOT NULL))
);
CREATE INDEX escalation_look ON escalation (next_look_at) WHERE resolved_at IS NULL;
CREATE INDEX escalation_list ON escalation ((state = 'acknowledged'), raised_at, id) WHERE resolved_at IS NULL;
CREATE INDEX escalation_settled ON escalation (resolved_at, id) WHERE resolved_at IS NOT NULL;
CREATE INDEX escalation_open ON escalation (complaint_id) WHERE resolved_at IS NULL;
CREATE INDEX escalation_raised ON escalation (raised_at);

-- A clock that begins anew has told nobody yet.
CREATE FUNCTION forget_what_was_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.told := 0;
    RETURN NEW;
END $$;
CREATE TRIGGER complaint_clock_tells_anew BEFORE UPDATE ON complaint_clock FOR EACH ROW
    WHEN (NEW.starts_at IS DISTINCT FROM OLD.starts_at) EXECUTE FUNCTION forget_what_was_told();

-- Whoever stops a clock, gives a complaint its handler or ends it: its steps are looked at again at once, and settled.
CREATE FUNCTION look_at_its_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'complaint' THEN
        UPDATE escalation SET next_look_at = app_now() WHERE complaint_id = NEW.id AND resolved_at IS NULL;
    ELSE
        UPDATE escalation SET next_look_at = app_now()
        WHERE complaint_id = NEW.complaint_id AND cycle = NEW.cycle AND resolved_at IS NULL
        AND (clock = NEW.clock OR NEW.clock = 'answer');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER complaint_clock_settles_steps AFTER UPDATE OF stopped_at ON complaint_clock FOR EACH ROW
    WHEN (NEW.stopped_at IS NOT NULL AND OLD.stopped_at IS NULL) EXECUTE FUNCTION look_at_its_steps();
CREATE TRIGGER complaint_settles_steps AFTER UPDATE OF closed_at, cycle, handler_id ON complaint FOR EACH ROW
    WHEN (NEW.closed_at IS DISTINCT FROM OLD.closed_at OR NEW.cycle <> OLD.cycle
          OR (OLD.handler_id IS NULL AND NEW.handler_id IS NOT NULL)) EXECUTE FUNCTION look_at_its_steps();

CREATE TABLE escalation_ack (    -- a lease: somebody has it in hand until then
    escalation_id uuid NOT NULL REFERENCES escalation (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    level integer NOT NULL CHECK (level BETWEEN 0 AND 3),   -- for which audience
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    presses integer NOT NULL DEFAULT 1,
    PRIMARY KEY (escalation_id, staff_id),
    CONSTRAINT escalation_ack_three_presses CHECK (presses BETWEEN 1 AND 3),
    CONSTRAINT escalation_ack_has_length CHECK (at < until)
);

CREATE TABLE page (              -- one call of one person; n counts those of an hour, null is what was only counted in a pool
    id uuid PRIMARY KEY,
    escalation_id uuid NOT NULL REFERENCES escalation (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    level integer NOT NULL CHECK (level BETWEEN 0 AND 3),   -- for which audience
    hour timestamptz NOT NULL,
    n integer,
    is_pooled boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL,
    CONSTRAINT page_within_budget CHECK (n BETWEEN 1 AND 6),
    CONSTRAINT page_single_or_pooled CHECK (is_pooled = (n IS NULL)),
    CONSTRAINT page_once_in_budget UNIQUE (staff_id, hour, n)
);
CREATE INDEX page_escalation ON page (escalation_id, at);
CREATE INDEX page_at ON page (at, staff_id);

CREATE TABLE page_pool (         -- the one message of an hour that stands for all calls beyond the budget
    staff_id uuid NOT NULL REFERENCES staff (id),
    hour timestamptz NOT NULL,
    at timestamptz NOT NULL,
    waiting integer NOT NULL CHECK (waiting > 0),
    PRIMARY KEY (staff_id, hour)
);

CREATE TABLE page_rule_task (    -- somebody was called too often on a day: who owns the rules looks at them
    staff_id uuid NOT NULL REFERENCES staff (id),
    day date NOT NULL,
    pages integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (staff_id, day)
);

CREATE TABLE escalation_setting (    -- the newest version is in force; none is ever changed
    version integer PRIMARY KEY,
    value jsonb NOT NULL,
    why text NOT NULL DEFAULT '',
    by_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL
);

-- Complaints that are open now: whoever handles them is responsible from now on.
INSERT INTO escalation (id, complaint_id, clock, cycle, step, state, raised_at, asked_at, pages, paged_at, next_look_at,
                        why)
SELECT gen_random_uuid(), c.id, 'acknowledgement', c.cycle, 0, 'notified', c.received_at, c.received_at, 1, c.received_at,
       app_now() + interval '10 minutes', ''
FROM complaint c WHERE c.closed_at IS NULL AND c.answered_at IS NULL;
