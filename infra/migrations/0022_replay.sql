-- The time machine: the queue's log carries also what is shown beside the tickets (who sits in which room, what rooms,
-- doctors and the department are called), so that nothing of today's tables is taken for yesterday's truth.
--
-- A day is opened by a job with one line (kind 'queue', act 'plan'). From then on a change of what it says writes
-- another one by itself. The triggers wait for the end of the transaction, because the stream's row is locked last.

CREATE INDEX queue_event_plan ON queue_event (department_id, day, seq) WHERE kind = 'queue' AND act = 'plan';

CREATE FUNCTION queue_plan(which uuid, of_day date) RETURNS jsonb LANGUAGE sql STABLE AS $$
SELECT jsonb_build_object(
    'department', jsonb_build_object('id', d.id, 'name', d.name, 'location', d.location),
    'rooms', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name, 'location', r.location, 'state', r.state,
                                            'pause_reason', to_jsonb(r) -> 'pause_reason',
                                            'paused_until', to_jsonb(r) -> 'paused_until',
                                            'version', r.version) ORDER BY r.id)
        FROM room r WHERE r.department_id = d.id AND r.active), '[]'),
    'sessions', coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', s.id, 'room_id', s.room_id, 'practitioner_id', s.practitioner_id,
                                            'starts_at', s.starts_at, 'ends_at', s.ends_at) ORDER BY s.id)
        FROM session s
        WHERE s.department_id = d.id AND s.day = of_day AND s.status <> 'stopped' AND s.room_id IS NOT NULL), '[]'),
    'people', coalesce((
        SELECT jsonb_object_agg(p.id, p.name) FROM practitioner p
        WHERE p.department_id = d.id OR p.id IN (
            SELECT s.practitioner_id FROM session s WHERE s.department_id = d.id AND s.day = of_day)), '{}'))
FROM department d WHERE d.id = which
$$;

-- Writes what is shown beside the tickets, when it is not what the log says already; tells whether it wrote.
CREATE FUNCTION tell_queue_plan(which uuid, of_day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    stream text := 'queue:' || which;
    plan jsonb;
    number bigint;
BEGIN
    INSERT INTO live_topic (topic) VALUES (stream) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM live_topic WHERE topic = stream FOR UPDATE;
    plan := queue_plan(which, of_day);  -- after the lock: what somebody else has committed meanwhile is in it
    IF plan IS NULL OR plan = (
        SELECT e.state FROM queue_event e WHERE e.department_id = which AND e.day = of_day AND e.kind = 'queue'
        AND e.act = 'plan' ORDER BY e.seq DESC LIMIT 1)
    THEN
        RETURN false;
    END IF;
    UPDATE live_topic SET seq = seq + 1 WHERE topic = stream RETURNING seq INTO number;
    INSERT INTO live_event (topic, seq, kind, payload, at) VALUES (stream, number, 'queue', '{"act": "plan"}', app_now());
    INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, by_kind, channel, state)
    VALUES (which, of_day, number, app_now() + (clock_timestamp() - now()), 'queue', which, 'plan', 'system', 'job', plan);
    RETURN true;
END
$$;

-- Only a day that was opened and is not long over: the past is not rewritten.
CREATE FUNCTION open_queue_day(which uuid) RETURNS date LANGUAGE sql STABLE AS $$
SELECT day FROM (
    SELECT e.day FROM queue_event e WHERE e.department_id = which AND e.kind = 'queue' AND e.act = 'plan'
    ORDER BY e.day DESC, e.seq DESC LIMIT 1
) last WHERE day >= (app_now() - interval '48 hours')::date
$$;

CREATE FUNCTION queue_plan_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    key text := CASE WHEN TG_TABLE_NAME = 'department' THEN 'id' ELSE 'department_id' END;
    which uuid;
    of_day date;
BEGIN
    FOR which IN SELECT DISTINCT (one ->> key)::uuid FROM unnest(ARRAY[before, after]) one
        WHERE one IS NOT NULL ORDER BY 1
    LOOP
        of_day := open_queue_day(which);
        IF of_day IS NOT NULL AND (
            TG_TABLE_NAME <> 'session' OR of_day IN ((before ->> 'day')::date, (after ->> 'day')::date))
        THEN
            PERFORM tell_queue_plan(which, of_day);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER session_is_planned AFTER INSERT ON session DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.day BETWEEN app_now()::date - 1 AND app_now()::date + 1) EXECUTE FUNCTION queue_plan_changed();
CREATE CONSTRAINT TRIGGER session_is_unplanned AFTER DELETE ON session DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.day BETWEEN app_now()::date - 1 AND app_now()::date + 1) EXECUTE FUNCTION queue_plan_changed();
CREATE CONSTRAINT TRIGGER session_is_replanned AFTER UPDATE ON session DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.day, OLD.room_id, OLD.practitioner_id, OLD.department_id, OLD.starts_at, OLD.ends_at, OLD.status = 'stopped')
          IS DISTINCT FROM
          (NEW.day, NEW.room_id, NEW.practitioner_id, NEW.department_id, NEW.starts_at, NEW.ends_at, NEW.status = 'stopped'))
    EXECUTE FUNCTION queue_plan_changed();
CREATE CONSTRAINT TRIGGER room_is_new AFTER INSERT OR DELETE ON room DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION queue_plan_changed();
-- that a room pauses or opens has a line of its own
CREATE CONSTRAINT TRIGGER room_is_changed AFTER UPDATE ON room DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.name, OLD.location, OLD.active, OLD.department_id) IS DISTINCT FROM
          (NEW.name, NEW.location, NEW.active, NEW.department_id)
          OR (OLD.state = NEW.state AND OLD.version <> NEW.version))
    EXECUTE FUNCTION queue_plan_changed();
CREATE CONSTRAINT TRIGGER practitioner_is_renamed AFTER UPDATE ON practitioner DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.name <> NEW.name OR OLD.department_id <> NEW.department_id) EXECUTE FUNCTION queue_plan_changed();
CREATE CONSTRAINT TRIGGER department_is_renamed AFTER UPDATE ON department DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.name <> NEW.name OR OLD.location <> NEW.location) EXECUTE FUNCTION queue_plan_changed();

-- A patient who stands in a queue and is renamed is shown under the new name: one line of the log.
CREATE FUNCTION mask_name(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$  -- as server.privacy.mask_name
SELECT CASE WHEN length(name) <= 1 THEN '*' WHEN length(name) = 2 THEN left(name, 1) || '*'
    WHEN octet_length(name) = length(name) THEN left(name, 1) || '***'
    ELSE left(name, 1) || repeat('*', length(name) - 2) || right(name, 1) END
$$;

CREATE FUNCTION queue_tells_name() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place record;
    stream text;
    shown jsonb;
    number bigint;
BEGIN
    FOR place IN SELECT t.id, t.department_id, t.day FROM ticket t WHERE t.patient_id = NEW.id
        AND t.state IN ('waiting', 'ready', 'called', 'in_service', 'missed', 'held', 'away') ORDER BY t.department_id
    LOOP
        stream := 'queue:' || place.department_id;
        PERFORM 1 FROM live_topic WHERE topic = stream FOR UPDATE;
        SELECT jsonb_set(e.state, '{patient,name}', to_jsonb(mask_name(p.name))) INTO shown
        FROM queue_event e, patient p WHERE e.department_id = place.department_id AND e.day = place.day
        AND e.subject_id = place.id AND p.id = NEW.id ORDER BY e.seq DESC LIMIT 1;
        CONTINUE WHEN shown IS NULL;
        UPDATE live_topic SET seq = seq + 1 WHERE topic = stream RETURNING seq INTO number;
        INSERT INTO live_event (topic, seq, kind, payload, at)
        VALUES (stream, number, 'ticket', jsonb_build_object('id', shown -> 'id', 'number', shown -> 'number',
            'state', shown -> 'state', 'name', shown -> 'patient' -> 'name', 'triage', shown -> 'triage',
            'flags', shown -> 'flags', 'practitioner_id', shown -> 'practitioner' -> 'id',
            'room_id', shown -> 'room' -> 'id', 'room', shown -> 'room' -> 'name',
            'call_count', shown -> 'call_count', 'version', shown -> 'version'), app_now());
        INSERT INTO queue_event (department_id, day, seq, at, kind, subject_id, act, from_state, to_state, by_kind, channel,
            sort_before, sort_after, rule, rule_version, state)
        VALUES (place.department_id, place.day, number, app_now() + (clock_timestamp() - now()), 'ticket', place.id,
            'renamed', shown ->> 'state', shown ->> 'state', 'system', 'job', (shown ->> 'sort_at')::timestamptz,
            (shown ->> 'sort_at')::timestamptz, shown ->> 'rule', (shown ->> 'rule_version')::integer, shown);
    END LOOP;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER patient_in_queue_is_renamed AFTER UPDATE ON patient DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION queue_tells_name();

-- Who looked at which queue's past: the first and the last time of each day on which somebody did.
CREATE TABLE replay_look (
    staff_id uuid NOT NULL REFERENCES staff (id),
    department_id uuid NOT NULL REFERENCES department (id),
    day date NOT NULL,               -- that was looked at
    looked_on date NOT NULL,         -- the day on which it was
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    looks integer NOT NULL DEFAULT 1 CHECK (looks >= 1),
    PRIMARY KEY (staff_id, department_id, day, looked_on)
);
