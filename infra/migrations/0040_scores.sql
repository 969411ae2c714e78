-- Scores from rolled-up tables, their publication, and signals of units. What a score is made of is counted in the
-- transaction of the answer: the cells equal a recount at every moment.

CREATE FUNCTION linear_score(scale text, value smallint) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE scale WHEN 'F4' THEN (value - 1) * 100 / 3.0 WHEN 'R11' THEN value * 10.0
        WHEN 'yes_no' THEN NULL ELSE (value - 1) * 25.0 END
$$;

-- What one response adds to the cells: a row for each item, for each dimension (@dimension) and for all (@total). A
-- dimension of a person counts when half of what they were asked of it, and what applies to them, is answered; each
-- item of it weighs the same. The two outcomes, overall impression and recommendation, are no part of the total.
CREATE VIEW score_mean AS
SELECT response_id, dimension, round(avg(linear_score(scale, value)), 6) AS score,
    count(value) > 0 AND 2 * count(value) >= count(*) FILTER (WHERE NOT is_not_applicable) AS counts
FROM answer WHERE scale <> 'yes_no' GROUP BY response_id, dimension;

CREATE VIEW score_part AS
SELECT response_id, item, dimension, scale, (value IS NOT NULL)::integer AS answered,
    is_not_applicable::integer AS not_applicable, value AS bin, 0::numeric AS score
FROM answer
UNION ALL
SELECT response_id, '@' || dimension, dimension, 'mean', counts::integer, 0, NULL,
    CASE WHEN counts THEN score ELSE 0 END
FROM score_mean
UNION ALL
SELECT response_id, '@total', 'total', 'mean', (count(*) FILTER (WHERE counts) > 0)::integer, 0, NULL,
    coalesce(round(avg(score) FILTER (WHERE counts), 6), 0)
FROM score_mean WHERE dimension NOT IN ('overall', 'recommendation') GROUP BY response_id;

CREATE TABLE score_figures (     -- what is counted, wherever it is: the pattern of the tables below
    item text NOT NULL,                                 -- or @ and a dimension, or @total
    dimension text NOT NULL,
    scale text NOT NULL,                                -- of @ rows: mean
    offered integer NOT NULL,                           -- people who were asked
    answered integer NOT NULL,                          -- valid answers; of @ rows: people whose dimension counts
    not_applicable integer NOT NULL,
    c0 integer NOT NULL, c1 integer NOT NULL, c2 integer NOT NULL, c3 integer NOT NULL, c4 integer NOT NULL,
    c5 integer NOT NULL, c6 integer NOT NULL, c7 integer NOT NULL, c8 integer NOT NULL, c9 integer NOT NULL,
    c10 integer NOT NULL,                               -- answers by their value
    total numeric NOT NULL,                             -- of @ rows: the sum of people's scores, 0 to 100
    squares numeric NOT NULL,                           -- and of their squares
    CONSTRAINT score_not_negative CHECK (least(offered, answered, not_applicable, c0, c1, c2, c3, c4, c5, c6, c7, c8,
                                               c9, c10) >= 0 AND least(total, squares) >= 0),
    CONSTRAINT score_adds_up CHECK (scale = 'mean' OR answered = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10),
    CONSTRAINT score_of_who_was_asked CHECK (answered + not_applicable <= offered)
);

CREATE TABLE score_cell (        -- all answers of a day to one item, by department, kind and mode
    day date NOT NULL,
    department_id uuid REFERENCES department (id),      -- null: of nobody knows which
    kind text NOT NULL,
    mode text NOT NULL,
    LIKE score_figures INCLUDING ALL,
    CONSTRAINT score_cell_once UNIQUE NULLS NOT DISTINCT (day, department_id, kind, mode, item, dimension, scale)
);
CREATE INDEX score_cell_item ON score_cell (department_id, item, day);

CREATE TABLE score_person_cell ( -- the same of everybody a visit was with, by month
    month date NOT NULL,
    role text NOT NULL CHECK (role IN ('doctor', 'nurse', 'reception')),
    practitioner_id uuid REFERENCES practitioner (id),
    staff_id uuid REFERENCES staff (id),
    LIKE score_figures INCLUDING ALL,
    CONSTRAINT score_person_cell_is_one CHECK (num_nonnulls(practitioner_id, staff_id) = 1),
    CONSTRAINT score_person_cell_once UNIQUE NULLS NOT DISTINCT (practitioner_id, staff_id, month, role, item,
        dimension, scale)
);

-- The same from the answers themselves: what the cells have to be.
CREATE VIEW score_recount AS
SELECT r.answered_on AS day, r.department_id, r.kind, r.mode, p.item, p.dimension, p.scale,
    count(*)::integer AS offered, sum(p.answered)::integer AS answered,
    sum(p.not_applicable)::integer AS not_applicable,
    (count(*) FILTER (WHERE p.bin = 0))::integer AS c0, (count(*) FILTER (WHERE p.bin = 1))::integer AS c1,
    (count(*) FILTER (WHERE p.bin = 2))::integer AS c2, (count(*) FILTER (WHERE p.bin = 3))::integer AS c3,
    (count(*) FILTER (WHERE p.bin = 4))::integer AS c4, (count(*) FILTER (WHERE p.bin = 5))::integer AS c5,
    (count(*) FILTER (WHERE p.bin = 6))::integer AS c6, (count(*) FILTER (WHERE p.bin = 7))::integer AS c7,
    (count(*) FILTER (WHERE p.bin = 8))::integer AS c8, (count(*) FILTER (WHERE p.bin = 9))::integer AS c9,
    (count(*) FILTER (WHERE p.bin = 10))::integer AS c10,
    sum(p.score) AS total, sum(p.score * p.score) AS squares
FROM response r JOIN score_part p ON p.response_id = r.id
GROUP BY r.answered_on, r.department_id, r.kind, r.mode, p.item, p.dimension, p.scale;

CREATE VIEW response_person AS   -- whom a response is about; of an anonymous one at most the practitioner is kept
SELECT r.id AS response_id, i.role, i.practitioner_id, i.staff_id
FROM response r JOIN invitation_person i ON i.invitation_id = r.invitation_id
UNION ALL
SELECT r.id, 'doctor', r.practitioner_id, NULL
FROM response r WHERE r.invitation_id IS NULL AND r.practitioner_id IS NOT NULL;

CREATE VIEW score_person_recount AS
SELECT date_trunc('month', r.answered_on)::date AS month, w.role, w.practitioner_id, w.staff_id, p.item, p.dimension,
    p.scale, count(*)::integer AS offered, sum(p.answered)::integer AS answered,
    sum(p.not_applicable)::integer AS not_applicable,
    (count(*) FILTER (WHERE p.bin = 0))::integer AS c0, (count(*) FILTER (WHERE p.bin = 1))::integer AS c1,
    (count(*) FILTER (WHERE p.bin = 2))::integer AS c2, (count(*) FILTER (WHERE p.bin = 3))::integer AS c3,
    (count(*) FILTER (WHERE p.bin = 4))::integer AS c4, (count(*) FILTER (WHERE p.bin = 5))::integer AS c5,
    (count(*) FILTER (WHERE p.bin = 6))::integer AS c6, (count(*) FILTER (WHERE p.bin = 7))::integer AS c7,
    (count(*) FILTER (WHERE p.bin = 8))::integer AS c8, (count(*) FILTER (WHERE p.bin = 9))::integer AS c9,
    (count(*) FILTER (WHERE p.bin = 10))::integer AS c10,
    sum(p.score) AS total, sum(p.score * p.score) AS squares
FROM response r JOIN response_person w ON w.response_id = r.id JOIN score_part p ON p.response_id = r.id
GROUP BY 1, w.role, w.practitioner_id, w.staff_id, p.item, p.dimension, p.scale;

INSERT INTO score_cell SELECT * FROM score_recount;
INSERT INTO score_person_cell SELECT * FROM score_person_recount;

-- ---- publication -------------------------------------------------------------------------------------------------

CREATE TABLE score_release (     -- the weeks of months whose answers were published, or withheld because they are few
    week_on date PRIMARY KEY,                           -- the 1st, 8th, 15th or 22nd
    released_at timestamptz NOT NULL,
    CONSTRAINT score_release_is_a_week CHECK (extract(day FROM week_on) IN (1, 8, 15, 22))
);

-- What may be shown: every row holds at least five answers, no answer is in two rows, and every figure that is ever
-- shown is a sum of whole rows. So nothing can be subtracted from anything to find fewer than five.
CREATE TABLE score_published (
    starts_on date NOT NULL,                            -- a month, or the quarter, half or year of what was few before
    ends_on date NOT NULL,
    department_id uuid REFERENCES department (id),
    kind text,                                          -- null: of several, because one of them had too few
    mode text,
    LIKE score_figures INCLUDING ALL,
    CONSTRAINT score_published_once UNIQUE NULLS NOT DISTINCT (starts_on, ends_on, department_id, item, kind, mode,
        dimension, scale),
    CONSTRAINT score_published_is_enough CHECK (answered >= 5)
);
CREATE INDEX score_published_department ON score_published (department_id, item, starts_on);

CREATE TABLE score_withheld (    -- too few to be shown yet; joined with what follows
    span text NOT NULL CHECK (span IN ('month', 'quarter', 'half', 'year')),
    starts_on date NOT NULL,                            -- of the span
    department_id uuid REFERENCES department (id),
    kind text,
    mode text,
    LIKE score_figures INCLUDING ALL,
    CONSTRAINT score_withheld_once UNIQUE NULLS NOT DISTINCT (span, starts_on, department_id, item, kind, mode,
        dimension, scale)
);

DROP TABLE score_figures;

CREATE TABLE score_weight (      -- how much each dimension weighs in the total; none: all the same
    version integer PRIMARY KEY CHECK (version > 0),
    weights jsonb NOT NULL,
    at timestamptz NOT NULL,
    by_id uuid NOT NULL REFERENCES staff (id),
    why text NOT NULL
);

CREATE TABLE export_log (        -- who took what out of the house
    id uuid PRIMARY KEY,
    name text NOT NULL,
    asked jsonb NOT NULL,                               -- the period and what it was narrowed by
    format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    lines integer NOT NULL CHECK (lines >= 0),
    by_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL
);

-- ---- signals -----------------------------------------------------------------------------------------------------

CREATE TABLE signal_todo (       -- each response is looked at once, also when it is edited
    response_id uuid PRIMARY KEY REFERENCES response (id) ON DELETE CASCADE,
    done_at timestamptz
);
CREATE INDEX signal_todo_open ON signal_todo (response_id) WHERE done_at IS NULL;

CREATE TABLE signal_state (      -- one chart for each unit and dimension
    department_id uuid NOT NULL REFERENCES department (id),
    dimension text NOT NULL,
    value double precision NOT NULL DEFAULT 0,
    p0 double precision NOT NULL,                       -- share of bad answers while nothing has changed
    h double precision NOT NULL,                        -- where it raises
    n integer NOT NULL DEFAULT 0,                       -- answers since it stood at the beginning
    a_week double precision NOT NULL DEFAULT 0,         -- answers a week when p0 and h were set
    tuned_on date NOT NULL,
    PRIMARY KEY (department_id, dimension),
    CONSTRAINT signal_state_in_range CHECK (p0 > 0 AND p0 < 1 AND h > 0 AND value >= 0 AND n >= 0 AND a_week >= 0)
);

CREATE TABLE signal (
    id uuid PRIMARY KEY,
    department_id uuid NOT NULL REFERENCES department (id),
    dimension text NOT NULL,
    state text NOT NULL CHECK (state IN ('raised', 'acknowledged', 'closed')),
    peak double precision NOT NULL,
    h double precision NOT NULL,
    p0 double precision NOT NULL,
    evidence integer NOT NULL CHECK (evidence > 0),     -- bad answers since it stood at the beginning
    answers integer NOT NULL CHECK (answers >= evidence),
    again integer NOT NULL DEFAULT 0,                   -- how often it was reached once more while this was open
    raised_at timestamptz NOT NULL,
    acknowledged_by uuid REFERENCES staff (id),
    acknowledged_at timestamptz,
    closed_by uuid REFERENCES staff (id),
    closed_at timestamptz,
    note text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT signal_closed_has_note CHECK ((state = 'closed') = (closed_by IS NOT NULL AND closed_at IS NOT NULL)
        AND (state <> 'closed' OR note <> '')),
    CONSTRAINT signal_acknowledged_by_somebody CHECK (state <> 'acknowledged' OR acknowledged_by IS NOT NULL)
);
CREATE UNIQUE INDEX signal_one_open ON signal (department_id, dimension) WHERE state <> 'closed';
CREATE INDEX signal_newest ON signal (raised_at);

CREATE TABLE signal_told (       -- whom a signal was told to at once, and who reads of it on Monday
    signal_id uuid NOT NULL REFERENCES signal (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    day date NOT NULL,
    n integer CHECK (n BETWEEN 1 AND 5),                -- which of the day; null: left for the digest
    digest_at timestamptz,
    PRIMARY KEY (signal_id, staff_id),
    CONSTRAINT signal_told_few_a_day UNIQUE (staff_id, day, n)
);
CREATE INDEX signal_told_digest ON signal_told (staff_id) WHERE n IS NULL AND digest_at IS NULL;

CREATE TABLE signal_budget (     -- how many false alarms a week the hospital accepts
    version integer PRIMARY KEY CHECK (version > 0),
    false_alarms_a_week numeric NOT NULL CHECK (false_alarms_a_week BETWEEN 0.1 AND 20),
    at timestamptz NOT NULL,
    by_id uuid NOT NULL REFERENCES staff (id),
    why text NOT NULL
);
