-- The catalogue in full: what patients ask about the hospital, its people, its prices; approved answers; its version.

ALTER TABLE hospital
    ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),      -- GCJ-02, as the platform's maps take it
    ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    ADD COLUMN emergency_hours text NOT NULL DEFAULT '',
    ADD COLUMN price_notes text NOT NULL DEFAULT '',
    ADD CONSTRAINT hospital_map_point_whole CHECK (num_nonnulls(latitude, longitude) IN (0, 2));

ALTER TABLE department ADD COLUMN aliases text[] NOT NULL DEFAULT '{}';            -- what patients call it

ALTER TABLE practitioner
    ADD COLUMN languages text[] NOT NULL DEFAULT '{}',
    ADD COLUMN photo text NOT NULL DEFAULT '',                                     -- an address or a path; the file is elsewhere
    ADD COLUMN gender text CHECK (gender IN ('male', 'female', 'other', 'unknown'));

CREATE TABLE price (             -- what a visit costs; the most special row holds: department and title, department, title, hospital
    id uuid PRIMARY KEY,
    visit_type text NOT NULL CHECK (visit_type IN ('ordinary', 'expert', 'special', 'revisit')),
    department_id uuid REFERENCES department (id),      -- null: every department
    title text,                                         -- null: every title
    price_fen integer NOT NULL CHECK (price_fen BETWEEN 0 AND 10000000),
    CONSTRAINT price_once UNIQUE NULLS NOT DISTINCT (visit_type, department_id, title)
);

CREATE TABLE faq (               -- a question that patients ask, and the hospital's one answer to it (统一用语)
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    department_id uuid REFERENCES department (id),      -- null: the whole hospital
    condition text NOT NULL DEFAULT '',
    language text NOT NULL DEFAULT 'zh-CN' CHECK (language IN ('zh-CN', 'zh-TW', 'en')),
    question text NOT NULL CHECK (question <> ''),
    answer text NOT NULL CHECK (answer <> ''),
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'retired')),
    owner_id uuid REFERENCES staff (id),
    written_by uuid REFERENCES staff (id),              -- who wrote the present text; null: it was imported
    approved_by uuid REFERENCES staff (id),             -- null: approved before it was imported
    approved_at timestamptz,
    review_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT faq_approved_whole CHECK (state <> 'approved' OR num_nonnulls(approved_at, review_on) = 2),
    CONSTRAINT faq_approved_by_another CHECK (approved_by <> written_by)
);
CREATE INDEX faq_department ON faq (department_id);
CREATE INDEX faq_review ON faq (review_on, id) WHERE state = 'approved';

-- Each process keeps an index for the search and asks this row whether it is still true. A trigger, so that no writer can
-- forget it; the number of the transaction, so that a number never comes twice and is seen exactly when the rows are.
CREATE TABLE catalogue_version (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    version bigint NOT NULL
);
CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue_version (version) VALUES (pg_current_xact_id()::text::bigint)
    ON CONFLICT (only_one) DO UPDATE SET version = excluded.version;
    RETURN NULL;
END $$;
CREATE TRIGGER department_changed AFTER INSERT OR UPDATE OR DELETE ON department
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER practitioner_changed AFTER INSERT OR UPDATE OR DELETE ON practitioner
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER faq_changed AFTER INSERT OR UPDATE OR DELETE ON faq
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
INSERT INTO catalogue_version (version) VALUES (pg_current_xact_id()::text::bigint);
