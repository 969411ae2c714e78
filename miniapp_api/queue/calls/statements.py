"""The statements of calling: whom a room takes next, who is asked forward to its door, and what is told of it.

Each of them stands on the lock of the queue's line (`models.LOCK_LINES`), taken before it in the same transaction: the
rooms of one queue call one after the other, so that the rules of the order hold and no ticket goes to two of them.
The indexes `ticket_one_in_a_room` and `ticket_one_on_a_ready_place` stand behind.
"""

from miniapp_api.queue import models
from miniapp_api.queue.order import ordering
from miniapp_api.queue.policies import turns

# A room that is in use, who is planned in it, and how its department orders (`ordering.rule_of`). $1 room, $2 day
ROOM_TODAY = f"""
SELECT r.id, r.name, r.location, r.state, r.department_id, r.version,
    ARRAY(SELECT DISTINCT s.practitioner_id FROM session s WHERE s.room_id = r.id AND s.department_id = r.department_id
          AND s.day = $2 AND s.status <> 'stopped') AS practitioner_ids, {ordering.RULE_COLUMNS}
FROM room r {ordering.rule_join("r.department_id")} WHERE r.id = $1 AND r.active
"""

# Who may be taken. $1 department, $2 day, $3 room, $4 practitioners of the room
_WAITS = f"t.department_id = $1 AND t.day = $2 AND t.state = 'waiting' AND {models.TAKEN_BY_ROOM}"
_LINE = "(SELECT others_since_return FROM queue_line WHERE department_id = $1 AND day = $2) l"
_OF_PICK = "t.id, t.state, t.sort_class, t.sort_at, t.number, t.rule"


def _first(which: str) -> str:
    return f"(SELECT {_OF_PICK} FROM ticket t WHERE {which} ORDER BY {models.SORT_KEY} LIMIT 1)"


def _pick(others: str, window: str) -> str:
    """Pick who is next: urgent ones by the key, then who stands at the door, then the line, with the turns of returns.

    The first return and the first of the others are each found by the index; the turns decide between the two.
    """
    kind, place = turns.call_order(others=others, window=window)
    at_the_door = _first("t.room_id = $3 AND t.state = 'ready' AND t.day = $2")
    return f"""
SELECT t.id, t.state, t.sort_at FROM (
    {at_the_door}
    UNION ALL {_first(_WAITS + " AND t.rule <> 'return'")}
    UNION ALL {_first(_WAITS + " AND t.rule = 'return'")}
) t LEFT JOIN {_LINE} ON true ORDER BY {kind} > 0, {kind} > 0 AND t.state <> 'ready', {kind}, {place} LIMIT 1
"""


# Whether a room may call now. $1 department, $2 day, $3 room
_PLACE = """
SELECT r.name AS called_to, r.state AS place_state, l.pause_reason AS queue_pause, l.paused_until AS queue_until,
    EXISTS (SELECT 1 FROM ticket x WHERE x.room_id = r.id AND x.state IN ('called', 'in_service')) AS is_busy
FROM room r LEFT JOIN queue_line l ON l.department_id = r.department_id AND l.day = $2
WHERE r.id = $3 AND r.active
"""
_MAY_CALL = "place.place_state = 'open' AND place.queue_pause IS NULL AND NOT place.is_busy"

# Who would be called now. $5 and $6 the turns
NEXT_OF_ROOM = _pick("$5::integer", "$6::interval")

# What is seen of the tickets that a statement has just changed.
_SHOWN = models.TICKET.replace("FROM ticket t\n", "FROM changed t\n")
assert _SHOWN != models.TICKET

# What keeps a ticket from going to two rooms when a call comes between the look and the change; a name of its own, so
# that a test can take it out.
GUARD = "ticket.state = next.state"

# One call. It always gives one row: what the room is like, and the ticket as it stands now, if anybody was called.
# $5 the moment    $6 transition    $7 kind and $8 id of who does it    $9 channel    $10 and $11 the turns
CALL = f"""
WITH place AS ({_PLACE}), next AS (
    SELECT picked.* FROM place, LATERAL ({_pick("$10::integer", "$11::interval")}) picked WHERE {_MAY_CALL}
), changed AS (
    UPDATE ticket SET state = 'called', room_id = $3::uuid, called_at = $5::timestamptz,
        call_count = call_count + 1, turn_calls = 1, ready_place = NULL, version = version + 1,
        undo_to = jsonb_build_object('act', 'called', 'at', $5::timestamptz, 'state', next.state, 'room_id', $3::uuid,
            'called_at', called_at, 'turn_calls', turn_calls)
    FROM next WHERE ticket.id = next.id AND {GUARD} RETURNING ticket.*
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT $6::uuid, 'ticket', next.id, next.state, 'called', $7, $8::uuid, $9, place.called_to, app_now()
    FROM place, next JOIN changed USING (id)
), turn AS (
    UPDATE queue_line l SET others_since_return = CASE WHEN changed.rule = 'return' THEN 0
        ELSE least(l.others_since_return + 1, 1000) END
    FROM changed WHERE l.department_id = $1 AND l.day = $2
)
SELECT place.*, next.state AS from_state, next.sort_at AS sort_before, shown.*
FROM place LEFT JOIN next ON true LEFT JOIN ({_SHOWN}) shown ON shown.id = next.id
"""

# Ask the next ones to the free places at a room's door; gives them as they stand now, in the order of calling.
# $5 places of the room    $6 transitions, as many    $7 kind and $8 id of who does it    $9 channel
# $10 and $11 the turns
_CLASS, _PLACE_IN_IT = turns.call_order(others="$10::integer", window="$11::interval")
ASK_FORWARD = f"""
WITH place AS ({_PLACE}), free AS (
    SELECT n, row_number() OVER (ORDER BY n) AS nth FROM generate_series(1, $5::integer) n
    WHERE NOT EXISTS (SELECT 1 FROM ticket x WHERE x.room_id = $3 AND x.state = 'ready' AND x.ready_place = n)
), next AS (
    SELECT picked.*, row_number() OVER () AS nth
    FROM place, LATERAL (
        SELECT t.id, t.sort_at FROM ticket t LEFT JOIN {_LINE} ON true WHERE {_WAITS}
        ORDER BY {_CLASS}, {_PLACE_IN_IT} LIMIT $5::integer
    ) picked
    WHERE place.place_state = 'open' AND place.queue_pause IS NULL
), changed AS (
    UPDATE ticket SET state = 'ready', room_id = $3::uuid, ready_place = free.n, version = version + 1, undo_to = NULL
    FROM next JOIN free USING (nth) WHERE ticket.id = next.id AND ticket.state = 'waiting' RETURNING ticket.*
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT ($6::uuid[])[next.nth], 'ticket', next.id, 'waiting', 'ready', $7, $8::uuid, $9, place.called_to, app_now()
    FROM place, next JOIN changed USING (id)
)
SELECT next.sort_at AS sort_before, shown.* FROM next JOIN ({_SHOWN}) shown ON shown.id = next.id ORDER BY next.nth
"""

# Everybody at a room's door goes back into the line, each to their own place in it.
# $1 room    $2 day    $3 transitions    $4 kind and $5 id of who does it    $6 channel    $7 why    $8 at most so many,
# those who come last first
SEND_BACK = f"""
WITH next AS (
    SELECT t.id, t.room_id, row_number() OVER (ORDER BY {models.SORT_KEY}) AS nth, t.sort_at,
        row_number() OVER (ORDER BY t.sort_class DESC, t.sort_at DESC, t.number DESC) AS from_the_end
    FROM ticket t WHERE t.room_id = $1 AND t.day = $2 AND t.state = 'ready'
), changed AS (
    UPDATE ticket SET state = 'waiting', room_id = NULL, ready_place = NULL, version = version + 1, undo_to = NULL
    FROM next WHERE ticket.id = next.id AND from_the_end <= $8::integer RETURNING ticket.*
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, by_id, channel, why, at)
    SELECT ($3::uuid[])[nth], 'ticket', next.id, 'ready', 'waiting', $4, $5::uuid, $6, $7, app_now()
    FROM next JOIN changed USING (id)
)
SELECT next.sort_at AS sort_before, was.name AS was_room_name, shown.*
FROM next JOIN room was ON was.id = next.room_id JOIN ({_SHOWN}) shown ON shown.id = next.id ORDER BY next.nth
"""

# The line of the log, its event and the fact in one statement: the stream's row stays locked until the commit.
# $1 to $18 as `models.RECORD` has them    $19 fact    $20 its name    $21 its payload
TELL = models.RECORD.replace(
    "\nWITH topic AS (",
    """
WITH fact_told AS (
    INSERT INTO fact (id, name, payload, happened_at) VALUES ($19, $20, $21::jsonb, app_now())
), topic AS (""",
    1,
)
assert TELL != models.RECORD

# The lowest free place at a room's door. $1 room, $2 places
FREE_PLACE = """
SELECT min(n)::integer AS place FROM generate_series(1, $2::integer) n
WHERE NOT EXISTS (SELECT 1 FROM ticket x WHERE x.room_id = $1 AND x.state = 'ready' AND x.ready_place = n)
"""

# $1 department, $2 day
LINE_PAUSE = "SELECT pause_reason, paused_until, version FROM queue_line WHERE department_id = $1 AND day = $2"

# Whether somebody's line stands still: the whole queue, or the room of their practitioner.
# $1 department, $2 day, $3 practitioner or null
PAUSE_FOR = """
SELECT l.pause_reason IS NOT NULL OR r.id IS NOT NULL AS is_paused, coalesce(l.pause_reason, r.pause_reason) AS reason,
    CASE WHEN l.pause_reason IS NULL THEN r.paused_until ELSE l.paused_until END AS until
FROM (VALUES (1)) one (row)
LEFT JOIN queue_line l ON l.department_id = $1 AND l.day = $2 AND l.pause_reason IS NOT NULL
LEFT JOIN LATERAL (
    SELECT r.id, r.pause_reason, r.paused_until FROM session s JOIN room r ON r.id = s.room_id
    WHERE s.practitioner_id = $3 AND s.department_id = $1 AND s.day = $2 AND s.status <> 'stopped'
    AND r.state = 'paused' LIMIT 1
) r ON true
"""

# $1 department, $2 day, $3 reason or null, $4 until. Gives nothing when it is so already.
PAUSE_LINE = """
INSERT INTO queue_line AS l (department_id, day, pause_reason, paused_until) VALUES ($1, $2, $3, $4)
ON CONFLICT (department_id, day) DO UPDATE SET pause_reason = $3, paused_until = $4, version = l.version + 1
WHERE (l.pause_reason IS NULL) <> ($3 IS NULL) RETURNING pause_reason, paused_until, version
"""
