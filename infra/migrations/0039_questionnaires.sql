-- Questionnaires as data: the bank of items, versions with a life of their own, who is asked and who is left out,
-- links without a sign-in, edits that keep what was said before, and ballots of anonymous answers.

-- ---- the bank ----------------------------------------------------------------------------------------------------

CREATE TABLE survey_item (       -- what can be asked; the id and the scale stay, so that years can be compared
    id text PRIMARY KEY,
    code text NOT NULL UNIQUE,
    dimension text NOT NULL,
    scale text CHECK (scale IN ('L5', 'F4', 'FFT5', 'R11', 'yes_no')),  -- null: not counted
    type text NOT NULL CHECK (type IN ('stars', 'scale', 'single', 'multiple', 'yes_no', 'tags', 'text')),
    nhc_dimension text NOT NULL DEFAULT '',             -- of the health authority's own questionnaire; the hospital's
    is_sealed boolean NOT NULL DEFAULT false
);

CREATE TABLE survey_item_wording (
    item_id text NOT NULL REFERENCES survey_item (id),
    version integer NOT NULL CHECK (version > 0),
    texts jsonb NOT NULL,                               -- text, worst, best, options: each by language
    at timestamptz NOT NULL DEFAULT now(),
    by uuid REFERENCES staff (id),                      -- null: shipped
    PRIMARY KEY (item_id, version)
);

-- ---- questionnaires ----------------------------------------------------------------------------------------------

ALTER TABLE questionnaire
    ADD COLUMN kind text NOT NULL DEFAULT 'outpatient'
        CHECK (kind IN ('outpatient', 'discharge', 'monthly', 'phone', 'interview', 'poster')),
    ADD COLUMN state text NOT NULL DEFAULT 'retired' CHECK (state IN ('draft', 'active', 'retired')),
    ADD COLUMN rotating integer NOT NULL DEFAULT 2,
    ADD COLUMN most integer NOT NULL DEFAULT 7,
    ADD COLUMN is_anonymous boolean NOT NULL DEFAULT false,
    ADD COLUMN made_by uuid REFERENCES staff (id),
    ADD COLUMN made_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN revision integer NOT NULL DEFAULT 1,     -- of the draft while it is edited
    ADD CONSTRAINT questionnaire_few_rotating CHECK (rotating BETWEEN 0 AND 5),
    ADD CONSTRAINT questionnaire_short CHECK (most BETWEEN 1 AND 7),
    -- a poster knows nobody: what is answered to it can only be anonymous
    ADD CONSTRAINT questionnaire_poster_is_anonymous CHECK (kind <> 'poster' OR is_anonymous),
    DROP COLUMN active;
CREATE UNIQUE INDEX questionnaire_one_active ON questionnaire (kind) WHERE state = 'active';

CREATE TABLE survey_setting (    -- what the hospital decided about asking; the newest version is in force
    version integer PRIMARY KEY CHECK (version > 0),
    value jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    by uuid NOT NULL REFERENCES staff (id),
    why text NOT NULL
);

-- ---- who is asked ------------------------------------------------------------------------------------------------

ALTER TABLE invitation
    ALTER COLUMN encounter_id DROP NOT NULL,
    ALTER COLUMN account_id DROP NOT NULL,
    DROP CONSTRAINT invitation_encounter_id_key,
    DROP CONSTRAINT invitation_state_check,
    ADD CONSTRAINT invitation_state_check CHECK (state IN ('planned', 'invited', 'answered', 'expired', 'skipped')),
    ADD COLUMN offered jsonb NOT NULL DEFAULT '[]',     -- the items of this person, drawn once; empty: all of them
    ADD COLUMN skip_reason text NOT NULL DEFAULT '',
    ADD COLUMN asked_by uuid REFERENCES staff (id),     -- who asks by phone or at the bed
    ADD COLUMN opened_at timestamptz,                   -- looked at for the first time
    ADD COLUMN started_at timestamptz,                  -- the first answer was put down
    ADD COLUMN remind_at timestamptz,
    ADD COLUMN reminded_at timestamptz,
    ADD COLUMN editable_until timestamptz,
    ADD COLUMN draft_cipher bytea,                      -- answers so far
    ADD CONSTRAINT invitation_skipped_has_reason CHECK ((state = 'skipped') = (skip_reason <> '')),
    ADD CONSTRAINT invitation_has_somebody CHECK (account_id IS NOT NULL OR asked_by IS NOT NULL);
CREATE UNIQUE INDEX invitation_once_a_visit ON invitation (encounter_id, kind);
CREATE INDEX invitation_remind ON invitation (remind_at) WHERE state = 'invited' AND reminded_at IS NULL;
CREATE INDEX invitation_of_staff ON invitation (id DESC) WHERE asked_by IS NOT NULL;
CREATE INDEX invitation_patient ON invitation (patient_id);

CREATE TABLE survey_contact (    -- until when nobody asks this patient again, whatever the questionnaire
    patient_id uuid PRIMARY KEY REFERENCES patient (id),
    until timestamptz NOT NULL
);

CREATE TABLE survey_sample (     -- that a month's sample was drawn, once
    month date NOT NULL,
    questionnaire_id uuid NOT NULL REFERENCES questionnaire (id),
    department_id uuid NOT NULL REFERENCES department (id),
    drawn integer NOT NULL CHECK (drawn >= 0),
    PRIMARY KEY (month, questionnaire_id, department_id)
);

-- ---- links -------------------------------------------------------------------------------------------------------

CREATE TABLE survey_link (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,                   -- of 128 bits that only the link itself holds
    kind text NOT NULL CHECK (kind IN ('poster', 'interview', 'invitation')),
    questionnaire_id uuid NOT NULL REFERENCES questionnaire (id),
    department_id uuid NOT NULL REFERENCES department (id),
    room_id uuid REFERENCES room (id),
    invitation_id uuid UNIQUE REFERENCES invitation (id) ON DELETE CASCADE,
    note text NOT NULL DEFAULT '',
    made_by uuid REFERENCES staff (id),                 -- null: made with its invitation
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    most_a_day integer NOT NULL DEFAULT 200 CHECK (most_a_day BETWEEN 1 AND 2000),
    CONSTRAINT survey_link_of_invitation CHECK ((kind = 'invitation') = (invitation_id IS NOT NULL))
);

CREATE TABLE survey_link_day (   -- how often a link was answered on a day; no moment of any answer
    link_id uuid NOT NULL REFERENCES survey_link (id),
    day date NOT NULL,
    most integer NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    PRIMARY KEY (link_id, day),
    CONSTRAINT survey_link_few_a_day CHECK (n <= most)
);

CREATE TABLE survey_link_use (   -- one answer a device and day; forgotten after two days
    link_id uuid NOT NULL REFERENCES survey_link (id),
    device_hash bytea NOT NULL,
    day date NOT NULL,
    CONSTRAINT survey_link_use_once PRIMARY KEY (link_id, device_hash, day)
);

-- ---- answers -----------------------------------------------------------------------------------------------------

CREATE TABLE response_edit (     -- what a response said before it was changed
    response_id uuid NOT NULL REFERENCES response (id),
    version integer NOT NULL,
    answers jsonb NOT NULL,
    texts_cipher bytea,
    contact_me boolean NOT NULL,
    at timestamptz NOT NULL,                            -- when it was replaced
    PRIMARY KEY (response_id, version)
);
CREATE FUNCTION response_edit_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a response said before is not rewritten' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER response_edit_is_final BEFORE UPDATE OR DELETE ON response_edit
    FOR EACH ROW EXECUTE FUNCTION response_edit_is_final();

CREATE TABLE ballot (            -- an anonymous response that waits to be mixed with others
    id uuid PRIMARY KEY,
    questionnaire_id uuid NOT NULL REFERENCES questionnaire (id),
    department_id uuid NOT NULL REFERENCES department (id),
    mode text NOT NULL CHECK (mode IN ('miniapp', 'web', 'phone', 'interview', 'poster')),
    sealed bytea NOT NULL,                              -- padded, so that its length says nothing
    request_hash bytea UNIQUE,                          -- so that a repeated request is known; with a key outside
    put_in_on date NOT NULL
);
CREATE INDEX ballot_group ON ballot (questionnaire_id, department_id, mode);
