"""Entries, lines and offers, and the statements on them.

Rows are locked in this order: lines by session, entry; then what booking locks: people, slots, appointments.
"""

from tortoise import fields

from miniapp_api.waitlist.rules import WaitlistState
from server import clock
from server.db import Row


class WaitlistEntry(Row):
    """One wish: one person or two together, for named sessions or for any that fits; what fits is the statements'."""

    account_id = fields.UUIDField(null=True)
    state = fields.CharEnumField(WaitlistState, description="")
    seats = fields.IntField()
    priority = fields.IntField(default=0)
    priority_why = fields.TextField(default="")
    joined_at = fields.DatetimeField(default=clock.now)
    channel = fields.TextField()
    department_id = fields.UUIDField(null=True)
    first_day = fields.DateField(null=True)
    last_day = fields.DateField(null=True)
    closes_at = fields.DatetimeField()
    missed = fields.IntField(default=0)
    ended_at = fields.DatetimeField(null=True)
    end_reason = fields.TextField(default="")
    version = fields.IntField(default=1)

    class Meta:
        table = "waitlist_entry"


# ---- joining -------------------------------------------------------------------------------------------------------

# raises the version: a booking of this person that is under way is looked at anew
LOCK_PEOPLE = """
WITH people AS MATERIALIZED (
    SELECT id FROM person WHERE id IN (SELECT person_id FROM patient WHERE id = ANY($1::uuid[])) ORDER BY id
    FOR NO KEY UPDATE
)
UPDATE person SET version = version + 1 FROM people WHERE person.id = people.id
RETURNING person.id, person.suspended_until
"""
PEOPLE = """
SELECT id, person_id, name, account_id FROM patient WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
"""
OPEN_ENTRIES = """
SELECT count(DISTINCT e.id) AS n FROM patient p JOIN waitlist_person w ON w.patient_id = p.id
JOIN waitlist_entry e ON e.id = w.entry_id AND e.state IN ('waiting', 'offered') WHERE p.person_id = $1
"""
INSERT_ENTRY = """
INSERT INTO waitlist_entry (id, account_id, state, seats, priority, priority_why, joined_at, channel, department_id,
                            practitioner_ids, first_day, last_day, halves, visit_types, closes_at)
VALUES ($1, $2, 'waiting', $3, $4, $5, app_now(), $6, $7, $8::uuid[], $9, $10, $11::text[], $12::text[], $13)
"""
INSERT_PEOPLE = """
INSERT INTO waitlist_person (entry_id, seat, patient_id)
SELECT $1, t.seat, t.patient_id FROM unnest($2::uuid[]) WITH ORDINALITY AS t (patient_id, seat)
"""
# Sessions that were named: can anybody wait for them? $2 minutes from the line's end to the begin of the last band
NAMED_SESSIONS = """
SELECT se.id, se.status, se.opens_at, se.is_drawing,
       (SELECT max(s.starts_at) - make_interval(mins => $2) FROM slot s
        WHERE s.session_id = se.id AND s.pool = 'app' AND s.capacity > 0 AND NOT s.is_stopped) AS closes_at
FROM session se WHERE se.id = ANY($1::uuid[])
"""
# a place that anybody may take now, so that nobody needs to wait: $2 how many places together, $3 the people
LEFT = """
SELECT se.id AS session_id, min(s.id::text) AS slot_id FROM session se JOIN slot s ON s.session_id = se.id
WHERE se.id = ANY($1::uuid[]) AND se.status = 'open' AND NOT se.is_drawing AND se.opens_at <= app_now()
  AND s.pool = 'app' AND NOT s.is_stopped AND s.ends_at > app_now() AND s.taken + s.kept < s.capacity
  AND NOT EXISTS (SELECT FROM appointment a WHERE a.person_id = ANY($3::uuid[])
                  AND a.status IN ('held', 'booked', 'checked_in', 'in_service')
                  AND (a.session_id = se.id OR a.starts_at < s.ends_at AND a.ends_at > s.starts_at))
GROUP BY se.id HAVING sum(s.capacity - s.taken - s.kept) >= $2 LIMIT 1
"""
IN_SESSION = """
SELECT id FROM appointment WHERE person_id = ANY($1::uuid[]) AND session_id = ANY($2::uuid[])
AND status IN ('held', 'booked', 'checked_in', 'in_service') LIMIT 1
"""
# Sessions of a department that fit what somebody asked for; $2 zone of the hospital
_FITS = """
se.department_id = e.department_id AND se.day BETWEEN e.first_day AND e.last_day
AND se.status = 'open' AND NOT se.is_drawing AND se.opens_at <= app_now()
AND (cardinality(e.practitioner_ids) = 0 OR se.practitioner_id = ANY(e.practitioner_ids))
AND (cardinality(e.visit_types) = 0 OR se.visit_type = ANY(e.visit_types))
AND (cardinality(e.halves) = 0 OR CASE
    WHEN extract(hour FROM se.starts_at AT TIME ZONE $2) < 12 THEN 'morning'
    WHEN extract(hour FROM se.starts_at AT TIME ZONE $2) < 18 THEN 'afternoon' ELSE 'evening' END = ANY(e.halves))
"""
# Which sessions fit an entry ($1; null: all that wait), and have bands that are far enough away ($3: minutes), and in
# which none of its people stands or has stood: a place that was declined is not offered again.
FITTING = f"""
SELECT e.id AS entry_id, se.id AS session_id
FROM waitlist_entry e JOIN session se ON {_FITS}
WHERE e.state = 'waiting' AND e.first_day IS NOT NULL AND ($1::uuid IS NULL OR e.id = $1)
  AND EXISTS (SELECT FROM slot s WHERE s.session_id = se.id AND s.pool = 'app' AND s.capacity > 0 AND NOT s.is_stopped
              AND s.starts_at - make_interval(mins => $3) > app_now())
  AND NOT EXISTS (SELECT FROM waitlist_target t WHERE t.entry_id = e.id AND t.session_id = se.id)
  AND NOT EXISTS (SELECT FROM waitlist_person w JOIN patient p ON p.id = w.patient_id
                  JOIN waitlist_target t ON t.person_id = p.person_id AND t.session_id = se.id AND t.state <> 'done'
                  WHERE w.entry_id = e.id)
  AND NOT EXISTS (SELECT FROM waitlist_person w JOIN patient p ON p.id = w.patient_id
                  JOIN appointment a ON a.person_id = p.person_id AND a.session_id = se.id
                  AND a.status IN ('held', 'booked', 'checked_in', 'in_service') WHERE w.entry_id = e.id)
ORDER BY e.priority DESC, e.joined_at, e.id, se.starts_at LIMIT 500
"""
# $1 entry, $2 sessions, $3 minutes of the cut-off, $4 the bounds of the lead classes
INSERT_TARGETS = """
INSERT INTO waitlist_target (entry_id, session_id, seat, patient_id, person_id, state, priority, joined_at, seats,
                             closes_at, after_number, department_id, visit_type, lead, ahead)
SELECT e.id, se.id, w.seat, p.id, p.person_id, 'waiting', e.priority, e.joined_at, e.seats,
       (SELECT max(s.starts_at) - make_interval(mins => $3) FROM slot s
        WHERE s.session_id = se.id AND s.pool = 'app' AND s.capacity > 0 AND NOT s.is_stopped),
       (SELECT last_number FROM waitlist_line WHERE session_id = se.id), se.department_id, se.visit_type,
       (SELECT count(*) FROM unnest($4::interval[]) AS bound WHERE se.starts_at - app_now() >= bound),
       (SELECT count(*) FROM waitlist_target o WHERE o.session_id = se.id AND o.state = 'waiting' AND o.seat = 1
        AND (-o.priority, o.joined_at, o.entry_id) < (-e.priority, e.joined_at, e.id))
FROM waitlist_entry e JOIN waitlist_person w ON w.entry_id = e.id JOIN patient p ON p.id = w.patient_id
JOIN session se ON se.id = ANY($2::uuid[]) WHERE e.id = $1
"""

# ---- the lines -----------------------------------------------------------------------------------------------------

# sessions with people who wait and places that might be theirs, and sessions with kept places
LINES = """
SELECT t.session_id FROM (SELECT DISTINCT session_id FROM waitlist_target WHERE state = 'waiting') t
WHERE EXISTS (SELECT FROM slot s WHERE s.session_id = t.session_id AND s.pool = 'app' AND s.taken < s.capacity
              AND NOT s.is_stopped AND s.starts_at > app_now())
UNION
SELECT session_id FROM slot WHERE kept > 0
"""
MAKE_LINES = """
INSERT INTO waitlist_line (session_id) SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id ON CONFLICT DO NOTHING
"""
LOCK_LINES = """
SELECT session_id FROM waitlist_line WHERE session_id = ANY($1::uuid[]) ORDER BY session_id FOR NO KEY UPDATE
"""
# $2 minutes after the release, during which free places belong to everybody
PLACES = """
SELECT s.id AS slot_id, s.starts_at, s.ends_at, CASE WHEN s.pool = 'app' THEN s.kept ELSE 0 END AS kept,
       CASE WHEN s.pool = 'app' AND se.opens_at + make_interval(mins => $2) <= app_now()
            THEN s.capacity - s.taken - s.kept ELSE 0 END AS free
FROM slot s JOIN session se ON se.id = s.session_id
WHERE s.session_id = $1 AND se.status = 'open' AND NOT se.is_drawing AND NOT s.is_stopped AND s.taken < s.capacity
ORDER BY s.starts_at, s.id
"""
# who waits, in order, also those whom a free place did not fit lately
WAITING = """
SELECT t.entry_id, t.priority, t.joined_at, t.seats, t.skip_reason,
       t.skip_until IS NOT NULL AND t.skip_until > app_now() AS is_skipped
FROM waitlist_target t WHERE t.session_id = $1 AND t.state = 'waiting' AND t.seat = 1 AND t.closes_at > app_now()
ORDER BY t.priority DESC, t.joined_at, t.entry_id LIMIT $2
"""
KEPT = "SELECT id, kept FROM slot WHERE session_id = $1 AND kept > 0"
# $1 slots with $2 how many places were kept when the line was looked at: one that has more now is looked at again
LET_GO = """
WITH seen AS MATERIALIZED (
    SELECT slot.id FROM slot JOIN unnest($1::uuid[], $2::integer[]) AS t (id, kept)
        ON t.id = slot.id AND t.kept = slot.kept ORDER BY slot.id FOR NO KEY UPDATE OF slot
)
UPDATE slot SET kept = 0, version = version + 1 FROM seen WHERE slot.id = seen.id RETURNING slot.id
"""
SKIP = """
UPDATE waitlist_target SET skip_until = app_now() + make_interval(mins => $3), skip_reason = $4
WHERE session_id = $1 AND entry_id = $2 AND state = 'waiting'
"""
# ---- offers --------------------------------------------------------------------------------------------------------

PEOPLE_OF_ENTRY = """
SELECT w.seat, w.patient_id, p.name, p.account_id FROM waitlist_person w JOIN patient p ON p.id = w.patient_id
WHERE w.entry_id = $1 ORDER BY w.seat
"""
STANDS_WHOLE = """
SELECT count(*) AS n FROM waitlist_target WHERE entry_id = $1 AND session_id = $2 AND state = 'waiting'
"""
# $1 offer, $2 session, $3 entry, $4 passed, $5 deadline, $6 seats, $7 appointments
INSERT_OFFER = """
WITH line AS (
    UPDATE waitlist_line SET last_number = last_number + 1 WHERE session_id = $2 RETURNING last_number
), made AS (
    INSERT INTO waitlist_offer (id, session_id, number, entry_id, state, priority, joined_at, passed, made_at, deadline)
    SELECT $1, $2, line.last_number, e.id, 'live', e.priority, e.joined_at, $4::jsonb, app_now(), $5
    FROM line, waitlist_entry e WHERE e.id = $3 RETURNING id
)
INSERT INTO waitlist_seat (offer_id, seat, appointment_id)
SELECT made.id, t.seat, t.appointment_id FROM made, unnest($6::integer[], $7::uuid[]) AS t (seat, appointment_id)
"""
MARK_OFFERED = """
UPDATE waitlist_target SET state = CASE WHEN session_id = $2 THEN 'offered' ELSE 'paused' END,
    outcome = CASE WHEN session_id = $2 THEN 'offered' ELSE outcome END
WHERE entry_id = $1 AND state = 'waiting'
"""
LIVE_OFFER = """
SELECT o.id, o.session_id, o.deadline, a.id AS appointment_id, a.status, a.starts_at, a.ends_at, a.patient_id,
       pt.name AS patient_name, d.name AS department_name, se.status = 'stopped' AS is_stopped,
       o.deadline <= app_now() AS is_over
FROM waitlist_offer o JOIN waitlist_seat w ON w.offer_id = o.id JOIN appointment a ON a.id = w.appointment_id
JOIN patient pt ON pt.id = a.patient_id JOIN department d ON d.id = a.department_id
JOIN session se ON se.id = o.session_id
WHERE o.entry_id = $1 AND o.state = 'live' ORDER BY w.seat
"""
END_OFFER = "UPDATE waitlist_offer SET state = $2, ended_at = app_now() WHERE id = $1 AND state = 'live' RETURNING id"
# the session of the offer is over for this entry; the others go on, or end with it
END_TARGETS = """
UPDATE waitlist_target SET state = 'done', ended_at = app_now(), outcome = coalesce(outcome, $3)
WHERE entry_id = $1 AND state <> 'done' AND ($2::uuid IS NULL OR session_id = $2)
"""
RESUME_TARGETS = "UPDATE waitlist_target SET state = 'waiting' WHERE entry_id = $1 AND state = 'paused'"
HAS_TARGETS = """
SELECT EXISTS (SELECT FROM waitlist_target t JOIN session se ON se.id = t.session_id AND se.status = 'open'
               WHERE t.entry_id = $1 AND t.state <> 'done' AND t.session_id IS DISTINCT FROM $2
               AND t.closes_at > app_now()) AS yes
"""
# offers that somebody must look at: over, or no longer held
UNSETTLED = """
SELECT o.entry_id FROM waitlist_offer o WHERE o.state = 'live' AND (o.deadline <= app_now() OR EXISTS (
    SELECT FROM waitlist_seat w JOIN appointment a ON a.id = w.appointment_id
    WHERE w.offer_id = o.id AND a.status <> 'held'))
ORDER BY o.deadline LIMIT 200
"""

# ---- who comes first ------------------------------------------------------------------------------------------------

SESSIONS_OF_ENTRY = "SELECT DISTINCT session_id FROM waitlist_target WHERE entry_id = $1 AND state <> 'done'"
# $2 priority: the place in each line is a new one, after the line's last offer
MOVE_IN_LINES = """
UPDATE waitlist_target t SET priority = $2, after_number = line.last_number
FROM waitlist_line line WHERE t.entry_id = $1 AND t.state <> 'done' AND line.session_id = t.session_id
"""

# ---- the end of waiting --------------------------------------------------------------------------------------------

# places in lines that have closed, or whose session does not take place; an offered one ends with its offer
OVER_TARGETS = """
SELECT t.entry_id, t.session_id, se.status <> 'open' AS is_stopped
FROM waitlist_target t JOIN session se ON se.id = t.session_id
WHERE t.state IN ('waiting', 'paused') AND t.seat = 1 AND (t.closes_at <= app_now() OR se.status <> 'open')
ORDER BY t.entry_id LIMIT 500
"""
# entries that stand nowhere and to which nothing can come any more
OVER_ENTRIES = """
SELECT e.id FROM waitlist_entry e WHERE e.state = 'waiting' AND (e.first_day IS NULL OR e.closes_at <= app_now())
AND NOT EXISTS (SELECT FROM waitlist_target t WHERE t.entry_id = e.id AND t.state <> 'done') LIMIT 500
"""
# entries whose person has booked ($1), beside the waitlist, what it waited for
BOOKED_ELSEWHERE = """
SELECT DISTINCT t.entry_id FROM appointment a
JOIN waitlist_target t ON t.person_id = a.person_id AND t.session_id = a.session_id
WHERE a.id = $1 AND a.status IN ('booked', 'checked_in', 'in_service') AND t.state IN ('waiting', 'paused')
"""
DEPARTMENT_OF_ENTRY = """
SELECT d.name FROM department d WHERE d.id = coalesce(
    (SELECT department_id FROM waitlist_entry WHERE id = $1),
    (SELECT department_id FROM waitlist_target WHERE entry_id = $1 LIMIT 1))
"""

# ---- what is shown -------------------------------------------------------------------------------------------------

_ENTRIES = """
SELECT e.id, e.account_id, e.state, e.seats, e.priority, e.priority_why, e.joined_at, e.channel, e.department_id,
       e.practitioner_ids, e.first_day, e.last_day, e.halves, e.visit_types, e.closes_at, e.ended_at, e.end_reason,
       e.version, d.name AS department_name
FROM waitlist_entry e LEFT JOIN department d ON d.id = e.department_id
"""
ENTRIES_OF = f"{_ENTRIES} WHERE e.account_id = $1 AND ($2::uuid IS NULL OR e.id < $2) ORDER BY e.id DESC LIMIT $3"
ENTRY_OF = f"{_ENTRIES} WHERE e.id = $1 AND e.account_id = $2"
ENTRY = f"{_ENTRIES} WHERE e.id = $1"
ENTRIES = f"{_ENTRIES} WHERE e.id = ANY($1::uuid[])"
PEOPLE_OF = """
SELECT w.entry_id, w.seat, p.id, p.name, p.phone_tail FROM waitlist_person w JOIN patient p ON p.id = w.patient_id
WHERE w.entry_id = ANY($1::uuid[]) ORDER BY w.entry_id, w.seat
"""
TARGETS_OF = """
SELECT t.entry_id, t.session_id, t.state, t.closes_at, t.skip_reason, t.department_id, t.visit_type,
       se.starts_at, se.ends_at, se.day, se.practitioner_id, d.name AS department_name, p.name AS practitioner_name,
       p.title AS practitioner_title,
       (SELECT count(*) FROM waitlist_target o WHERE o.session_id = t.session_id AND o.state = 'waiting' AND o.seat = 1
        AND (-o.priority, o.joined_at, o.entry_id) < (-t.priority, t.joined_at, t.entry_id)) AS ahead
FROM waitlist_target t JOIN session se ON se.id = t.session_id JOIN department d ON d.id = t.department_id
JOIN practitioner p ON p.id = se.practitioner_id
WHERE t.entry_id = ANY($1::uuid[]) AND t.seat = 1 ORDER BY t.entry_id, se.starts_at
"""
OFFERS_OF = """
SELECT o.entry_id, o.id, o.deadline, o.session_id, w.seat, a.id AS appointment_id, a.number, a.starts_at, a.ends_at,
       pt.id AS patient_id, pt.name AS patient_name, d.name AS department_name, p.name AS practitioner_name,
       p.title AS practitioner_title, coalesce(nullif(concat_ws(' ', r.location, r.name), ''), d.location) AS location
FROM waitlist_offer o JOIN waitlist_seat w ON w.offer_id = o.id JOIN appointment a ON a.id = w.appointment_id
JOIN patient pt ON pt.id = a.patient_id JOIN session se ON se.id = o.session_id
JOIN department d ON d.id = se.department_id JOIN practitioner p ON p.id = se.practitioner_id
LEFT JOIN room r ON r.id = se.room_id
WHERE o.entry_id = ANY($1::uuid[]) AND o.state = 'live' ORDER BY o.entry_id, w.seat
"""
BOOKED_OF = """
SELECT o.entry_id, w.appointment_id FROM waitlist_offer o JOIN waitlist_seat w ON w.offer_id = o.id
WHERE o.entry_id = ANY($1::uuid[]) AND o.state = 'accepted' ORDER BY w.seat
"""
# $1 departments (null: all), $2 a session, $3 only who has an offer, $4 how many
LINE = """
SELECT e.id FROM waitlist_entry e
WHERE e.state IN ('waiting', 'offered') AND (NOT $3::boolean OR e.state = 'offered')
  AND ($2::uuid IS NULL OR EXISTS (SELECT FROM waitlist_target t
                                   WHERE t.entry_id = e.id AND t.session_id = $2 AND t.state <> 'done'))
  AND ($1::uuid[] IS NULL OR e.department_id = ANY($1)
       OR EXISTS (SELECT FROM waitlist_target t WHERE t.entry_id = e.id AND t.department_id = ANY($1)))
ORDER BY e.priority DESC, e.joined_at, e.id LIMIT $4
"""
SESSIONS_WAITED_FOR = """
SELECT se.id, se.day, se.starts_at, se.ends_at, se.visit_type, se.department_id, d.name AS department_name,
       p.name AS practitioner_name, p.title AS practitioner_title, w.waiting, w.offered,
       (SELECT coalesce(sum(s.kept), 0) FROM slot s WHERE s.session_id = se.id) AS kept
FROM (SELECT session_id, count(*) FILTER (WHERE state = 'waiting') AS waiting,
             count(*) FILTER (WHERE state = 'offered') AS offered
      FROM waitlist_target WHERE state <> 'done' AND seat = 1 GROUP BY session_id) w
JOIN session se ON se.id = w.session_id JOIN department d ON d.id = se.department_id
JOIN practitioner p ON p.id = se.practitioner_id
WHERE $1::uuid[] IS NULL OR se.department_id = ANY($1) ORDER BY se.starts_at, se.id LIMIT 300
"""
# what became of those who waited alike, at this place or further back
PAST = """
SELECT count(*) AS waited, count(*) FILTER (WHERE outcome = 'offered') AS offered FROM waitlist_target
WHERE state = 'done' AND seat = 1 AND outcome IS NOT NULL AND department_id = $1 AND visit_type = $2 AND lead = $3
  AND ahead >= $4 AND ended_at > app_now() - make_interval(days => $5)
"""
