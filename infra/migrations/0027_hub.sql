-- What all parts of the hub share: more channels, ways that follow each other, one last look before a call.

ALTER TABLE delivery
    DROP CONSTRAINT delivery_channel_check,             -- the registry of channels says which there are
    ADD COLUMN step integer NOT NULL DEFAULT 0,         -- of its message's chain of ways
    ADD CONSTRAINT delivery_end_has_a_reason CHECK (
        state NOT IN ('suppressed', 'expired', 'failed', 'cancelled', 'undelivered', 'unknown') OR reason <> '');

ALTER TABLE message
    ADD COLUMN purpose text NOT NULL DEFAULT 'service'
        CHECK (purpose IN ('service', 'clinical', 'return_visit', 'satisfaction', 'education', 'staff')),
    ADD COLUMN plan_step_id uuid,                       -- the step of a follow-up plan that it carries out
    ADD COLUMN template_version integer,                -- null: the words of the catalogue of notices
    ADD COLUMN not_before timestamptz,                  -- it does not leave earlier
    ADD COLUMN route text NOT NULL DEFAULT '',          -- name and version of the route that was taken: visit:3
    ADD COLUMN chain jsonb NOT NULL DEFAULT '[]',       -- that route, as it was when the message was made
    ADD COLUMN next_step_at timestamptz;                -- when its next way is looked at; null: there is none
UPDATE message SET purpose = CASE class WHEN 'alert' THEN 'staff' WHEN 'follow_up' THEN 'clinical'
                                        WHEN 'survey' THEN 'satisfaction' ELSE 'service' END;

ALTER TABLE account ADD COLUMN official_openid text;    -- the same person at the hospital's official account
ALTER TABLE patient ADD COLUMN email_cipher bytea;
ALTER TABLE staff ADD COLUMN email text, ADD COLUMN phone_cipher bytea;

-- Whether a message may no longer leave, and why; asked again just before each call. Each part answers for itself.
CREATE FUNCTION consent_is_withdrawn(account_id uuid, patient_id uuid, purpose text) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT false $$;
CREATE FUNCTION plan_step_is_stopped(plan_step_id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT false $$;

CREATE FUNCTION message_stays(m message) RETURNS text LANGUAGE sql STABLE AS $$
SELECT CASE
    WHEN m.visit_at IS NOT NULL AND NOT visit_stands(m.subject_id, m.visit_at) THEN 'visit_not_expected'
    WHEN m.event IN ('queue_near', 'doctor_late') AND NOT wait_stands(m.subject_kind, m.subject_id)
        THEN 'visit_not_expected'
    WHEN m.plan_step_id IS NOT NULL AND plan_step_is_stopped(m.plan_step_id) THEN 'plan_stopped'
    WHEN m.account_id IS NOT NULL AND consent_is_withdrawn(m.account_id, m.patient_id, m.purpose)
        THEN 'consent_withdrawn'
END
$$;
