-- The desk's reports of a day: made once each, kept as they were sent, corrected only by another one.

CREATE TABLE report_setting (    -- at most one row: when the hospital wants its reports; none: what the rules name
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    morning_at time NOT NULL DEFAULT '07:30',
    arrivals_at time NOT NULL DEFAULT '17:00',
    evening_at time NOT NULL DEFAULT '21:00',
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT report_setting_in_order CHECK (morning_at < arrivals_at AND arrivals_at < evening_at)
);
CREATE TABLE report_setting_change (  -- who changed what, from what to what
    id uuid PRIMARY KEY,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    by_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL
);

CREATE TABLE desk_report (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name IN ('desk-morning', 'desk-arrivals', 'desk-evening')),
    day date NOT NULL,
    correction integer NOT NULL DEFAULT 0 CHECK (correction >= 0),  -- 0: the report; n: what was found out since, the nth time
    due_at timestamptz NOT NULL,                        -- when it was to be made
    made_at timestamptz NOT NULL,                       -- when it was made; later when no worker was there in time
    body_cipher bytea NOT NULL,                         -- exactly as it was sent
    digest bytea NOT NULL CHECK (length(digest) = 32),  -- SHA-256 of that, unsealed
    summary text NOT NULL,
    told jsonb NOT NULL,                                -- who was told: [{id, name}]
    CONSTRAINT desk_report_once UNIQUE (name, day, correction),
    CONSTRAINT desk_report_not_before_due CHECK (made_at >= due_at)
);
CREATE FUNCTION desk_report_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was sent stays as it was sent' USING ERRCODE = 'integrity_constraint_violation',
        CONSTRAINT = 'desk_report_stays';
END $$;
CREATE TRIGGER desk_report_stays BEFORE UPDATE OR DELETE ON desk_report
    FOR EACH ROW EXECUTE FUNCTION desk_report_stays();

CREATE TABLE desk_report_reading (   -- who has read it, the first time
    report_id uuid NOT NULL REFERENCES desk_report (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (report_id, staff_id)
);

CREATE TABLE report_export (     -- who took a report out of the house, and of what
    id uuid PRIMARY KEY,
    name text NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL,
    department_id uuid REFERENCES department (id),
    format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    lines integer NOT NULL CHECK (lines >= 0),
    by_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    CONSTRAINT report_export_in_order CHECK (from_day <= to_day)
);
