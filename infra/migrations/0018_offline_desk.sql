-- Desks that go on without the network: what they scanned comes later, in batches, and is merged by the time of the scan.

ALTER TABLE scan
    ADD COLUMN device_id uuid,                 -- these six are set for a scan that was made offline; scanned_at is its device time
    ADD COLUMN device_order bigint CHECK (device_order >= 0),
    ADD COLUMN offline_outcome text CHECK (offline_outcome IN ('accepted', 'already_checked_in', 'refused', 'unsure')),
    ADD COLUMN offline_reason text,            -- why the device refused
    ADD COLUMN corrected_at timestamptz,       -- when it was, by the server's clock
    ADD COLUMN time_source text CHECK (time_source IN ('device', 'upload')),
    ADD CONSTRAINT scan_offline_whole
        CHECK (num_nonnulls(device_id, device_order, offline_outcome, corrected_at, time_source) IN (0, 5));
CREATE INDEX scan_ticket ON scan (ticket_id) WHERE outcome = 'accepted';

CREATE TABLE offline_conflict (  -- a desk let somebody in without the network, and the server cannot: a person decides
    id uuid PRIMARY KEY,
    scan_id uuid NOT NULL REFERENCES scan (id),
    desk_id uuid NOT NULL REFERENCES desk (id),
    department_id uuid REFERENCES department (id),      -- null: the code names nobody
    appointment_id uuid,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'resolved')),
    found_at timestamptz NOT NULL,
    act text CHECK (act IN ('check_in', 'dismiss', 'settled')),  -- settled: the person has a ticket by another scan
    note text NOT NULL DEFAULT '',                      -- why a person decided so
    ticket_id uuid REFERENCES ticket (id),
    resolved_by uuid,                                   -- null: settled by the merge itself
    resolved_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT offline_conflict_once UNIQUE (scan_id),
    CONSTRAINT offline_conflict_resolved_whole CHECK ((state = 'resolved') = (act IS NOT NULL AND resolved_at IS NOT NULL)),
    CONSTRAINT offline_conflict_has_ticket CHECK (act IS NULL OR (act <> 'dismiss') = (ticket_id IS NOT NULL)),
    CONSTRAINT offline_conflict_dismissed_with_reason CHECK (act IS DISTINCT FROM 'dismiss' OR note <> '')
);
CREATE INDEX offline_conflict_open ON offline_conflict (desk_id, id) WHERE state = 'open';
CREATE INDEX offline_conflict_appointment ON offline_conflict (appointment_id) WHERE state = 'open';
