-- Bookings by staff, extra places (加号), any practitioner, revisits.

ALTER TABLE booking_setting
    ADD COLUMN revisit_days integer NOT NULL DEFAULT 90 CHECK (revisit_days BETWEEN 1 AND 730),
    ADD COLUMN extra_places_per_session integer NOT NULL DEFAULT 5 CHECK (extra_places_per_session BETWEEN 0 AND 50);

ALTER TABLE session ADD COLUMN extras integer NOT NULL DEFAULT 0,  -- extra places that were granted and are in use
    ADD CONSTRAINT session_extras_not_negative CHECK (extras >= 0);

CREATE TABLE extra_place (       -- who granted a place beyond the plan, to whom, and why
    appointment_id uuid PRIMARY KEY REFERENCES appointment (id),
    session_id uuid NOT NULL REFERENCES session (id),
    by_id uuid NOT NULL REFERENCES staff (id),
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL
);
CREATE INDEX extra_place_session ON extra_place (session_id);

-- a visit that asks to come again is booked once at a time
CREATE UNIQUE INDEX appointment_revisit_once ON appointment (revisit_of_id)
    WHERE revisit_of_id IS NOT NULL AND status IN ('held', 'booked', 'checked_in', 'in_service');
