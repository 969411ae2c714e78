-- The visits of an account that no booking leads to.
CREATE INDEX ticket_walked_in ON ticket (account_id, day) WHERE appointment_id IS NULL AND account_id IS NOT NULL;
