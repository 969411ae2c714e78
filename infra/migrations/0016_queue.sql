-- The queue in full: how each department orders, as versions, and everything that happens in a queue, for ever in order.

CREATE TABLE queue_rule (        -- how a department orders its queue; the highest version holds, none means the default
    department_id uuid NOT NULL REFERENCES department (id),
    version integer NOT NULL CHECK (version >= 1),
    policy text NOT NULL CHECK (policy IN ('head_start', 'arrival', 'appointment')),
    settings jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL,
    by_id uuid,
    why text NOT NULL DEFAULT '',
    PRIMARY KEY (department_id, version)
);

ALTER TABLE ticket
    ADD COLUMN rule_version integer NOT NULL DEFAULT 0 CHECK (rule_version >= 0),  -- of queue_rule; 0: the default
    DROP CONSTRAINT ticket_state_check,
    ADD CONSTRAINT ticket_state_check CHECK (state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away',
                                                       'done', 'left', 'transferred', 'voided'));
DROP INDEX ticket_one_place_for_a_person;
CREATE UNIQUE INDEX ticket_one_place_for_a_person ON ticket (patient_id, department_id, day)
    WHERE state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away');

-- One line for each thing that happens in a queue, in the transaction of the change. seq is that of the department's
-- stream, without a gap; state is the whole ticket or room as the screens show it, so that any past second can be shown.
CREATE TABLE queue_event (
    department_id uuid NOT NULL,
    day date NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ticket', 'room', 'queue', 'notice')),
    subject_id uuid NOT NULL,
    act text NOT NULL,
    from_state text,
    to_state text,
    by_kind text NOT NULL,
    by_id uuid,
    channel text NOT NULL,
    why text NOT NULL DEFAULT '',
    sort_before timestamptz,
    sort_after timestamptz,
    rule text NOT NULL DEFAULT '',
    rule_version integer NOT NULL DEFAULT 0,
    state jsonb NOT NULL,
    PRIMARY KEY (department_id, day, seq)
);

DROP INDEX ticket_waiting;
CREATE INDEX ticket_waiting ON ticket (department_id, day, sort_class, sort_at, number)
    INCLUDE (practitioner_id) WHERE state IN ('waiting', 'ready');
