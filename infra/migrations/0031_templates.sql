-- Templates: the hospital's own words for a message, by event, channel and language; versions that never change.

CREATE TABLE message_template (
    id uuid PRIMARY KEY,
    event text NOT NULL,                                -- as the catalogue of notices names it
    channel text NOT NULL DEFAULT '',                   -- empty: for every channel without words of its own
    language text NOT NULL CHECK (language IN ('zh-CN', 'zh-TW', 'en')),
    number integer NOT NULL CHECK (number >= 1),        -- version; 0 are the words that came with the product
    title text NOT NULL,
    lines jsonb NOT NULL,                               -- [[label, text], ...] with {placeholders}
    fields jsonb NOT NULL DEFAULT '{}',                 -- of the platform's form: {"thing5": text}
    status text NOT NULL CHECK (status IN ('draft', 'approved', 'retired')),
    author_id uuid NOT NULL REFERENCES staff (id),
    made_at timestamptz NOT NULL DEFAULT now(),
    approver_id uuid REFERENCES staff (id),
    approved_as text CHECK (approved_as IN ('second_person', 'supervisor')),
    approved_at timestamptz,
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT message_template_number UNIQUE (event, channel, language, number),
    CONSTRAINT message_template_approved_whole CHECK (
        num_nonnulls(approver_id, approved_as, approved_at) IN (0, 3) AND (status <> 'approved' OR approver_id IS NOT NULL)),
    CONSTRAINT message_template_four_eyes CHECK (approved_as <> 'second_person' OR approver_id <> author_id),
    CONSTRAINT message_template_ended_whole CHECK ((status = 'retired') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX message_template_one_approved ON message_template (event, channel, language)
    WHERE status = 'approved';
CREATE UNIQUE INDEX message_template_one_draft ON message_template (event, channel, language) WHERE status = 'draft';

-- What was approved stays as it was approved: messages that were sent name its version.
CREATE FUNCTION message_template_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status <> 'draft' AND
       (OLD.event, OLD.channel, OLD.language, OLD.number, OLD.title, OLD.lines, OLD.fields, OLD.author_id)
       IS DISTINCT FROM
       (NEW.event, NEW.channel, NEW.language, NEW.number, NEW.title, NEW.lines, NEW.fields, NEW.author_id) THEN
        RAISE EXCEPTION 'a version never changes; write the next one' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_template_append_only BEFORE UPDATE OR DELETE ON message_template
    FOR EACH ROW EXECUTE FUNCTION message_template_stays();

ALTER TABLE message
    ADD COLUMN params jsonb,                            -- what the placeholders stood for
    ADD COLUMN texts jsonb NOT NULL DEFAULT '{}',       -- {channel: {title, lines, fields, version}} with words of its own
    ADD COLUMN rendered_hash bytea;                     -- of everything that it says
COMMENT ON COLUMN message.template_version IS 'number of the template; null: the words that came with the product';
