-- What others read: when a row changed last (FHIR), and calendars to subscribe to.

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := app_now();
    RETURN NEW;
END $$;

ALTER TABLE campus ADD COLUMN updated_at timestamptz NOT NULL DEFAULT app_now();
ALTER TABLE department ADD COLUMN updated_at timestamptz NOT NULL DEFAULT app_now();
ALTER TABLE practitioner ADD COLUMN updated_at timestamptz NOT NULL DEFAULT app_now();
ALTER TABLE room ADD COLUMN updated_at timestamptz NOT NULL DEFAULT app_now();
ALTER TABLE session ADD COLUMN updated_at timestamptz NOT NULL DEFAULT app_now();
ALTER TABLE slot ADD COLUMN updated_at timestamptz NOT NULL DEFAULT app_now();
ALTER TABLE appointment ADD COLUMN updated_at timestamptz NOT NULL DEFAULT app_now();

CREATE TRIGGER campus_touched BEFORE UPDATE ON campus FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER department_touched BEFORE UPDATE ON department FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER practitioner_touched BEFORE UPDATE ON practitioner FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER room_touched BEFORE UPDATE ON room FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER session_touched BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER slot_touched BEFORE UPDATE ON slot FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER appointment_touched BEFORE UPDATE ON appointment FOR EACH ROW EXECUTE FUNCTION touch();

CREATE INDEX appointment_updated ON appointment (updated_at, id);
CREATE INDEX session_updated ON session (updated_at, id);
-- a block range index costs a booking nothing: an update of a slot stays on its page
CREATE INDEX slot_updated ON slot USING brin (updated_at) WITH (pages_per_range = 16);

CREATE TABLE calendar_feed (     -- a practitioner's sessions, for whoever has the address; only its hash is kept
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    token_hash bytea NOT NULL UNIQUE,
    made_by uuid NOT NULL REFERENCES staff (id),
    made_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE UNIQUE INDEX calendar_feed_once ON calendar_feed (practitioner_id) WHERE revoked_at IS NULL;
