-- Codes and scans: which way a code came, what a guide did about a refusal, what was taken back; printed desk codes.

ALTER TABLE scan
    ALTER COLUMN desk_id DROP NOT NULL,        -- null: a patient read something that names no desk of ours
    ADD COLUMN channel text NOT NULL DEFAULT 'desk'
        CHECK (channel IN ('desk', 'slip', 'room', 'miniapp', 'web', 'poster', 'offline')),
    -- what a guide did about a refusal: let the person in for a reason, moved them to the right queue, told the way
    ADD COLUMN settled text CHECK (settled IN ('override', 'moved', 'shown_the_way')),
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_by uuid REFERENCES staff (id),
    ADD COLUMN settled_why text NOT NULL DEFAULT '',
    ADD COLUMN annulled_at timestamptz,        -- the check-in that it brought was taken back
    ADD COLUMN annulled_by uuid REFERENCES staff (id),
    ADD COLUMN annulled_why text NOT NULL DEFAULT '',
    ADD CONSTRAINT scan_names_its_desk
        CHECK (desk_id IS NOT NULL OR (outcome = 'refused' AND reason IN ('unknown_code', 'forged'))),
    ADD CONSTRAINT scan_settled_whole CHECK (num_nonnulls(settled, settled_at, settled_by) IN (0, 3)),
    ADD CONSTRAINT scan_settled_as_it_may CHECK (CASE settled
        WHEN 'override' THEN reason IN ('wrong_day', 'too_early', 'too_late') AND settled_why <> '' AND ticket_id IS NOT NULL
        WHEN 'moved' THEN reason = 'wrong_department' AND ticket_id IS NOT NULL
        WHEN 'shown_the_way' THEN reason = 'wrong_department' AND ticket_id IS NULL
        ELSE true END),
    ADD CONSTRAINT scan_annulled_whole CHECK ((annulled_at IS NULL) = (annulled_by IS NULL)),
    ADD CONSTRAINT scan_annulled_check_in
        CHECK (annulled_at IS NULL OR (ticket_id IS NOT NULL AND (outcome = 'accepted' OR settled IN ('override', 'moved'))));
CREATE INDEX scan_of_day ON scan (at DESC, id DESC);
CREATE INDEX scan_brought_ticket ON scan (ticket_id) WHERE outcome = 'accepted' OR settled IN ('override', 'moved');

ALTER TABLE desk
    ADD COLUMN poster_checks_in boolean NOT NULL DEFAULT true,  -- false: the printed code only tells the way
    ADD COLUMN poster_edition integer NOT NULL DEFAULT 1 CHECK (poster_edition BETWEEN 1 AND 255),
    ADD COLUMN poster_changed_at timestamptz,
    ADD COLUMN poster_changed_by uuid REFERENCES staff (id);

CREATE TABLE desk_poster (       -- what the platform drew, so that it is asked once for an edition
    desk_id uuid NOT NULL REFERENCES desk (id),
    edition integer NOT NULL CHECK (edition BETWEEN 1 AND 255),
    picture bytea NOT NULL,
    content_type text NOT NULL CHECK (content_type IN ('image/png', 'image/jpeg')),
    made_at timestamptz NOT NULL,
    PRIMARY KEY (desk_id, edition)
);
