-- The time line of a complaint as a chain that shows every change, and identities that two people open together.

-- ---- the chain -----------------------------------------------------------------------------------------------------

ALTER TABLE complaint
    ADD COLUMN entries integer NOT NULL DEFAULT 0,      -- lines of its time line
    ADD COLUMN head_hash bytea,                         -- of the last line
    ADD COLUMN is_sealed boolean NOT NULL DEFAULT false;

ALTER TABLE complaint_entry
    ADD COLUMN seq integer,                             -- 1, 2, 3 … in each complaint
    ADD COLUMN prev_hash bytea,                         -- of the line before; empty for the first
    ADD COLUMN hash bytea;

-- What a line says, by whom, when, to whom, and after which line. Lengths stand before texts, so that nothing can move
-- from one field into the next.
CREATE FUNCTION entry_hash(complaint_entry) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(concat_ws('|', $1.complaint_id, $1.seq, encode($1.prev_hash, 'hex'), $1.id, $1.kind,
        $1.author_kind, coalesce($1.author_id::text, ''), length($1.author_name), $1.author_name, $1.visible_to_patient,
        (extract(epoch FROM $1.at) * 1000000)::bigint, encode(sha256($1.text_cipher), 'hex')), 'UTF8'))
$$;

CREATE FUNCTION chain_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before complaint;
BEGIN
    -- whoever writes a line holds the row already; whoever does not waits here
    SELECT * INTO STRICT before FROM complaint WHERE id = NEW.complaint_id FOR NO KEY UPDATE;
    NEW.seq := before.entries + 1;
    NEW.prev_hash := coalesce(before.head_hash, '');
    NEW.hash := entry_hash(NEW);
    UPDATE complaint SET entries = NEW.seq, head_hash = NEW.hash WHERE id = NEW.complaint_id;
    RETURN NEW;
END $$;

-- the lines so far, in their order, by the same function
ALTER TABLE complaint_entry DISABLE TRIGGER complaint_entry_is_final;
DO $$
DECLARE
    line complaint_entry;
    head bytea := '';
    place integer := 0;
    of_complaint uuid;
BEGIN
    FOR line IN SELECT * FROM complaint_entry ORDER BY complaint_id, id LOOP
        IF of_complaint IS DISTINCT FROM line.complaint_id THEN
            of_complaint := line.complaint_id;
            head := '';
            place := 0;
        END IF;
        place := place + 1;
        line.seq := place;
        line.prev_hash := head;
        head := entry_hash(line);
        UPDATE complaint_entry SET seq = place, prev_hash = line.prev_hash, hash = head WHERE id = line.id;
        UPDATE complaint SET entries = place, head_hash = head WHERE id = of_complaint;
    END LOOP;
END $$;
ALTER TABLE complaint_entry ENABLE TRIGGER complaint_entry_is_final;

ALTER TABLE complaint_entry
    ALTER COLUMN seq SET NOT NULL,
    ALTER COLUMN prev_hash SET NOT NULL,
    ALTER COLUMN hash SET NOT NULL,
    ADD CONSTRAINT complaint_entry_in_order UNIQUE (complaint_id, seq);
CREATE TRIGGER complaint_entry_is_chained BEFORE INSERT ON complaint_entry FOR EACH ROW EXECUTE FUNCTION chain_entry();
CREATE INDEX complaint_entry_day ON complaint_entry (((at AT TIME ZONE 'UTC')::date));

CREATE TABLE timeline_anchor (   -- one a day (UTC): all lines of the day, and the anchor before; days without lines too
    day date PRIMARY KEY,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    complaints integer NOT NULL,
    lines integer NOT NULL,
    signature bytea NOT NULL,                           -- by a key that is not in the database
    made_at timestamptz NOT NULL
);
CREATE FUNCTION refuse_another_anchor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an anchor of the time lines cannot be rewritten';
END $$;
CREATE TRIGGER timeline_anchor_is_final BEFORE UPDATE OR DELETE ON timeline_anchor
    FOR EACH ROW EXECUTE FUNCTION refuse_another_anchor();

-- what the lines of a day come to, given the anchor before
CREATE FUNCTION anchor_of(date, bytea) RETURNS TABLE (hash bytea, complaints integer, lines integer)
LANGUAGE sql STABLE AS $$
    SELECT sha256($2 || convert_to($1::text, 'UTF8')
            || coalesce(string_agg(uuid_send(e.complaint_id) || int4send(e.seq) || e.hash, ''::bytea
                                   ORDER BY e.complaint_id, e.seq), '')),
        count(DISTINCT e.complaint_id)::integer, count(*)::integer
    FROM complaint_entry e WHERE (e.at AT TIME ZONE 'UTC')::date = $1
$$;

-- ---- sealed identities -----------------------------------------------------------------------------------------------

CREATE TABLE unsealing (         -- one person asks why, another one allows it; open for half an hour, for who asked
    id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    asked_by uuid NOT NULL REFERENCES staff (id),
    asked_at timestamptz NOT NULL,
    why_cipher bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'approved', 'refused', 'expired')),
    decided_by uuid REFERENCES staff (id),
    decided_at timestamptz,
    expires_at timestamptz NOT NULL,                    -- asked: until when it may be decided; approved: open until
    looks integer NOT NULL DEFAULT 0,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT unsealing_by_two CHECK (decided_by <> asked_by),
    CONSTRAINT unsealing_decided_whole CHECK ((state IN ('asked', 'expired')) = (decided_by IS NULL)
        AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX unsealing_asked_once ON unsealing (complaint_id, asked_by) WHERE state = 'asked';
CREATE INDEX unsealing_complaint ON unsealing (complaint_id, id);
