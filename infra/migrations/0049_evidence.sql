-- What shows that an improvement was done may be a picture, a recording or an address; what was changed of an improvement
-- stands with what it was before. A file is bound to a line of a complaint or to evidence, never to both.

ALTER TABLE attachment ADD COLUMN evidence_id uuid REFERENCES improvement_evidence (id);
ALTER TABLE attachment DROP CONSTRAINT attachment_bound_as_a_whole;
ALTER TABLE attachment ADD CONSTRAINT attachment_bound_as_a_whole CHECK (
    num_nonnulls(complaint_id, entry_id) IN (0, 2)
    AND num_nonnulls(place, bound_at) = 2 * num_nonnulls(entry_id, evidence_id)
);
ALTER TABLE attachment ADD CONSTRAINT attachment_one_a_slot_of_evidence UNIQUE (evidence_id, kind, place);
DROP INDEX attachment_unbound;
CREATE INDEX attachment_unbound ON attachment (at) WHERE bound_at IS NULL;
DROP INDEX attachment_account_unbound;
CREATE INDEX attachment_account_unbound ON attachment (account_id) WHERE bound_at IS NULL;

ALTER TABLE improvement_evidence ADD COLUMN links text[] NOT NULL DEFAULT '{}';
ALTER TABLE improvement_evidence ADD CONSTRAINT improvement_evidence_links CHECK (cardinality(links) <= 5);
ALTER TABLE improvement_note ADD COLUMN changes jsonb NOT NULL DEFAULT '{}'; -- by field: what it was, what it is
