-- Consents: the ledger of subscribe credits by the time of the tap, the last credit for the most important step, and what
-- people allow by purpose.

-- ---- subscribe credits ---------------------------------------------------------------------------------------------

ALTER TABLE consent
    ADD COLUMN rejected_at timestamptz,                 -- the last «no»: not asked again for some days
    ADD COLUMN emptied_at timestamptz;                  -- switched off in the menu then: taps until then are worth nothing
UPDATE consent SET rejected_at = changed_at WHERE status = 'rejected';
COMMENT ON COLUMN consent.changed_at IS 'when it was said, not when we heard of it';
COMMENT ON COLUMN consent_credit.from_client_at IS 'when it was tapped, as the phone reported it';
COMMENT ON COLUMN consent_credit.from_event_at IS 'when it was tapped, as the platform reported it';
COMMENT ON COLUMN consent_credit.granted_at IS 'when it was tapped, by whichever report is the earlier';

-- One tap is one credit, one credit is one message or none: so never more messages than taps, and never less than nothing.
ALTER TABLE consent_credit
    ADD CONSTRAINT consent_credit_spent_on_something CHECK ((delivery_id IS NULL) = (spent_at IS NULL)),
    ADD CONSTRAINT consent_credit_spent_or_void CHECK (spent_at IS NULL OR void_at IS NULL);
CREATE INDEX consent_credit_tapped ON consent_credit (account_id, template_key, granted_at);

CREATE TABLE credit_rank (       -- which message a template's last credit is kept for: the lower, the more important
    template_key text NOT NULL,
    event text NOT NULL,
    rank integer NOT NULL CHECK (rank >= 0),
    PRIMARY KEY (template_key, event)
);
INSERT INTO credit_rank (template_key, event, rank) VALUES
    ('queue_called', 'queue_called', 0),
    ('queue_called', 'queue_joined', 5),
    ('appointment_reminder', 'visit_place_changed', 0),
    ('appointment_reminder', 'visit_day_before', 1),
    ('appointment_reminder', 'visit_two_hours', 1),
    ('appointment_reminder', 'doctor_late', 3),
    ('appointment_reminder', 'doctor_started', 4),
    ('appointment_reminder', 'appointment_booked', 5),
    ('appointment_cancelled', 'visit_stopped', 0),
    ('appointment_cancelled', 'appointment_cancelled', 1),
    ('appointment_cancelled', 'visit_stop_settled', 2),
    ('waitlist_ended', 'waitlist_closed', 0),
    ('waitlist_ended', 'offer_expired', 1);

-- Is a message of this kind, over this template, still to come for this account?
CREATE FUNCTION step_is_to_come(account_id uuid, template_key text, event text) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN $3 IN ('visit_day_before', 'visit_two_hours') THEN EXISTS (
        SELECT FROM appointment a JOIN reminder r ON r.subject_id = a.id
        WHERE a.account_id = $1 AND a.status = 'booked' AND a.starts_at > app_now()
          AND r.kind = $3 AND r.state = 'planned' AND r.deadline > app_now())
    WHEN $3 = 'queue_called' THEN EXISTS (
        SELECT FROM patient p JOIN ticket t ON t.patient_id = p.id
        WHERE p.account_id = $1 AND p.deleted_at IS NULL AND t.state IN ('waiting', 'ready', 'missed', 'held', 'away')
          AND t.checked_in_at > app_now() - interval '1 day')
    WHEN $3 = 'waitlist_closed' THEN EXISTS (
        SELECT FROM waitlist_entry e WHERE e.account_id = $1 AND e.state IN ('waiting', 'offered')
          AND e.closes_at > app_now())
    ELSE false END
    OR EXISTS (
        SELECT FROM message m JOIN delivery d ON d.message_id = m.id
        WHERE m.account_id = $1 AND m.event = $3 AND m.deadline > app_now() AND d.template_key = $2
          -- found by its message, never by reading all that wait: no partial index can answer this
          AND d.state || '' IN ('planned', 'held', 'ready', 'retry_wait'))
$$;

-- Is the last free credit of a template kept for a more important step to come, rather than for this message?
CREATE OR REPLACE FUNCTION credit_is_kept(account_id uuid, template_key text, event text) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (
        SELECT FROM credit_rank better
        WHERE better.template_key = $2
          AND better.rank < coalesce((SELECT mine.rank FROM credit_rank mine
                                      WHERE mine.template_key = $2 AND mine.event = $3), 1000)
          AND step_is_to_come($1, $2, better.event))
    AND 1 = (SELECT count(*) FROM (
        SELECT FROM consent_credit c WHERE c.account_id = $1 AND c.template_key = $2 AND c.spent_at IS NULL
          AND c.void_at IS NULL LIMIT 2) free)
$$;

-- ---- what people allow, by purpose ---------------------------------------------------------------------------------

-- What holds as long as nobody was asked (docs/consents.md says why). A purpose that is not here needs no consent.
CREATE TABLE purpose_default (
    purpose text PRIMARY KEY,
    is_allowed boolean NOT NULL
);
INSERT INTO purpose_default (purpose, is_allowed) VALUES
    ('clinical', true), ('return_visit', true), ('satisfaction', true), ('education', false);

CREATE TABLE purpose_consent (   -- whatever was said, in the words of that day: never changed, never taken away
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person (id),     -- whose data it is
    patient_id uuid REFERENCES patient (id),            -- the file under which it was said; null: two persons became one
    purpose text NOT NULL REFERENCES purpose_default (purpose),
    is_allowed boolean NOT NULL,
    wording integer NOT NULL CHECK (wording >= 1),      -- version of the words that were shown or read out
    channel text NOT NULL CHECK (channel IN ('miniapp', 'phone', 'merge')),
    account_id uuid REFERENCES account (id),            -- who said it
    staff_id uuid REFERENCES staff (id),                -- who wrote it down for somebody
    note text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT purpose_consent_said_by_somebody CHECK (channel = 'merge' OR num_nonnulls(account_id, staff_id) = 1),
    -- staff write down that somebody withdrew; a yes is given by the person alone
    CONSTRAINT purpose_consent_staff_only_withdraw CHECK (staff_id IS NULL OR NOT is_allowed)
);
CREATE INDEX purpose_consent_person ON purpose_consent (person_id, id DESC);
CREATE INDEX purpose_consent_patient ON purpose_consent (patient_id);

CREATE FUNCTION purpose_consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was said stays said; write the next line' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER purpose_consent_append_only BEFORE UPDATE OR DELETE ON purpose_consent
    FOR EACH ROW EXECUTE FUNCTION purpose_consent_stays();

CREATE TABLE purpose_standing (  -- what holds now
    person_id uuid NOT NULL REFERENCES person (id),
    purpose text NOT NULL REFERENCES purpose_default (purpose),
    is_allowed boolean NOT NULL,
    wording integer NOT NULL,
    said_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, purpose)
);

-- Somebody turns out to be a person we know: what either of them withdrew is withdrawn.
CREATE FUNCTION follow_person_in_consents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH came AS (
        INSERT INTO purpose_standing AS s (person_id, purpose, is_allowed, wording, said_at)
        SELECT NEW.person_id, o.purpose, o.is_allowed, o.wording, o.said_at FROM purpose_standing o
        WHERE o.person_id = OLD.person_id
        ON CONFLICT (person_id, purpose) DO UPDATE SET
            is_allowed = s.is_allowed AND excluded.is_allowed, wording = least(s.wording, excluded.wording),
            said_at = greatest(s.said_at, excluded.said_at)
        RETURNING s.purpose, s.is_allowed, s.wording
    )
    INSERT INTO purpose_consent (id, person_id, patient_id, purpose, is_allowed, wording, channel, at)
    SELECT gen_random_uuid(), NEW.person_id, NEW.id, purpose, is_allowed, wording, 'merge', app_now() FROM came;
    RETURN NULL;
END $$;
CREATE TRIGGER patient_follows_person_in_consents AFTER UPDATE ON patient
    FOR EACH ROW WHEN (OLD.person_id <> NEW.person_id) EXECUTE FUNCTION follow_person_in_consents();

CREATE INDEX message_patient_purpose ON message (patient_id, purpose) WHERE purpose NOT IN ('service', 'staff');

-- Two looks into primary keys; none for a purpose that needs no consent.
CREATE OR REPLACE FUNCTION consent_is_withdrawn(account_id uuid, patient_id uuid, purpose text) RETURNS boolean
LANGUAGE sql STABLE AS $$
SELECT CASE WHEN $3 IN ('service', 'staff') THEN false ELSE NOT coalesce(
    (SELECT s.is_allowed FROM patient p JOIN purpose_standing s ON s.person_id = p.person_id AND s.purpose = $3
     WHERE p.id = $2),
    (SELECT d.is_allowed FROM purpose_default d WHERE d.purpose = $3),
    true) END
$$;
