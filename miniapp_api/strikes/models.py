"""Strikes, appeals and outages, and the statements on them.

Whatever changes what counts locks the person first, so that two acts about one person are done one after the other.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from miniapp_api.strikes.rules import AppealState, StrikeKind, StrikeState
from server import clock, db
from server.db import Row

WORDS = "appeal.words_cipher"


class Strike(Row):
    """A visit that was missed, or given back too late; one for each appointment."""

    appointment_id = fields.UUIDField()
    person_id = fields.UUIDField()
    patient_id = fields.UUIDField()
    account_id = fields.UUIDField(null=True)
    department_id = fields.UUIDField()
    kind = fields.CharEnumField(StrikeKind, description="")
    at = fields.DatetimeField()
    state = fields.CharEnumField(StrikeState, description="", default=StrikeState.COUNTED)
    excuse = fields.TextField(null=True)
    reason = fields.TextField(default="")
    created_at = fields.DatetimeField(default=clock.now)
    version = fields.IntField(default=1)

    class Meta:
        table = "strike"


class Appeal(Row):
    """What a patient says against a strike; one for each strike."""

    strike_id = fields.UUIDField()
    account_id = fields.UUIDField()
    words_cipher = fields.BinaryField(null=True)
    state = fields.CharEnumField(AppealState, description="", default=AppealState.OPEN)
    due_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by = fields.UUIDField(null=True)
    reason = fields.TextField(default="")
    created_at = fields.DatetimeField(default=clock.now)
    version = fields.IntField(default=1)

    class Meta:
        table = "appeal"


class Outage(Row):
    """A time in which nobody could check in. department_id is null for the whole hospital."""

    department_id = fields.UUIDField(null=True)
    what = fields.TextField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    reason = fields.TextField()
    made_by = fields.UUIDField()
    created_at = fields.DatetimeField(default=clock.now)
    version = fields.IntField(default=1)

    class Meta:
        table = "outage"


# ---- marking -------------------------------------------------------------------------------------------------------

# Who was expected until after the session and its grace, and after check-in closed.
_IS_OVER = """a.status = 'booked' AND a.ends_at < app_now()
  AND greatest(a.ends_at + make_interval(mins => d.check_in_closes_minutes),
               se.ends_at + make_interval(mins => d.no_show_grace_minutes)) < app_now()"""
EXPECTED_IN_VAIN = f"""
SELECT a.id, a.person_id FROM appointment a JOIN department d ON d.id = a.department_id
JOIN session se ON se.id = a.session_id WHERE {_IS_OVER} ORDER BY a.ends_at, a.id LIMIT $1
"""
LOCK_PERSON = "SELECT id, suspended_until FROM person WHERE id = $1 FOR NO KEY UPDATE"
# What keeps a visit that is excused from being marked. A name of its own, so that a test can take it out.
GUARD = "no_show_excuse(appointment.id) IS NULL"
# $1 appointment, $2 transition, $3 channel
_MARK = """
WITH gone AS (
    UPDATE appointment SET status = 'no_show', version = version + 1
    WHERE id = $1 AND status = 'booked' AND {guard} RETURNING id
), history AS (
    INSERT INTO transition (id, machine, subject_id, from_state, to_state, by_kind, channel, at)
    SELECT $2::uuid, 'appointment', id, 'booked', 'no_show', 'system', $3, app_now() FROM gone
)
SELECT id FROM gone
"""


def mark_statement(guard: str = GUARD) -> str:
    """Give the statement that marks one visit as missed; a test runs it with another guard."""
    return _MARK.format(guard=guard)


MARK = mark_statement()
EXCUSE = "SELECT no_show_excuse($1) AS excuse"
# $1 id, $2 appointment, $3 kind, $4 at; no row when the appointment has its strike already
STRIKE = """
INSERT INTO strike (id, appointment_id, person_id, patient_id, account_id, department_id, kind, at, state, created_at)
SELECT $1, a.id, a.person_id, a.patient_id, a.account_id, a.department_id, $3, $4, 'counted', app_now()
FROM appointment a WHERE a.id = $2
ON CONFLICT (appointment_id) DO NOTHING RETURNING id
"""
EARLY = """
INSERT INTO early_cancel (appointment_id, person_id, patient_id, at)
SELECT a.id, a.person_id, a.patient_id, $2 FROM appointment a WHERE a.id = $1 ON CONFLICT DO NOTHING
"""
# How an appointment was given back: by whom, when, and since when it had been booked. A place that the clinic gave
# instead of a stopped one, or that stays in the same session, is none of this.
GIVEN_BACK = """
SELECT a.person_id, a.starts_at, t.at AS given_back_at, t.by_kind, t.from_state,
       coalesce((SELECT min(b.at) FROM transition b WHERE b.subject_id = a.id AND b.machine = 'appointment'
                 AND b.to_state = 'booked'), a.created_at) AS booked_at,
       is_of_stop(a.id) AS is_stopped,
       EXISTS (SELECT FROM appointment n WHERE n.id = a.rescheduled_to_id AND n.session_id = a.session_id) AS stays
FROM appointment a
JOIN LATERAL (SELECT at, by_kind, from_state FROM transition WHERE subject_id = a.id AND machine = 'appointment'
              AND to_state = a.status ORDER BY id DESC LIMIT 1) t ON true
WHERE a.id = $1 AND a.status IN ('cancelled', 'rescheduled')
"""

# ---- what counts ---------------------------------------------------------------------------------------------------

MARKS = "SELECT id, kind, at FROM strike WHERE person_id = $1 AND state <> 'forgiven' ORDER BY at, id"
EARLY_CANCELS = "SELECT at FROM early_cancel WHERE person_id = $1 ORDER BY at"
SUSPEND = "UPDATE person SET suspended_until = $2, version = version + 1 WHERE id = $1"
SUSPENDED = (
    "SELECT id FROM person WHERE suspended_until > app_now() AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2"
)
# Strikes of the last days that something speaks against that came to be known later.
EXCUSABLE = """
SELECT st.id, found.excuse FROM strike st CROSS JOIN LATERAL (
    SELECT CASE WHEN st.kind = 'no_show' THEN no_show_excuse(st.appointment_id)
                WHEN is_of_stop(st.appointment_id) THEN 'stopped' END AS excuse
) found
WHERE st.state <> 'forgiven' AND st.at > app_now() - make_interval(days => $1) AND found.excuse IS NOT NULL
  AND ($2::uuid IS NULL OR st.appointment_id = $2) ORDER BY st.id LIMIT $3
"""
LATE_APPEALS = """
SELECT ap.id, st.person_id FROM appeal ap JOIN strike st ON st.id = ap.strike_id
WHERE ap.state = 'open' AND ap.due_at <= app_now() ORDER BY ap.due_at, ap.id LIMIT $1
"""

# ---- reading -------------------------------------------------------------------------------------------------------

# A strike with its visit, what is known of it, and its appeal.
_STRIKES = """
SELECT st.id, st.kind, st.at, st.state, st.excuse, st.reason, st.created_at, st.version, st.person_id, st.patient_id,
       st.account_id, st.department_id, st.appointment_id,
       pt.name AS patient_name, pt.file_number, pt.phone_tail,
       a.starts_at, a.ends_at, a.number, a.status, a.channel AS booked_channel,
       d.name AS department_name, CASE WHEN a.is_any THEN '' ELSE p.name END AS practitioner_name,
       a.starts_at - make_interval(mins => d.check_in_opens_minutes) AS check_in_opens_at,
       a.ends_at + make_interval(mins => d.check_in_closes_minutes) AS check_in_closes_at,
       (SELECT count(*)::integer FROM scan WHERE scan.appointment_id = a.id) AS scans,
       (SELECT count(*)::integer FROM scan WHERE scan.appointment_id = a.id AND scan.outcome = 'accepted') AS accepted,
       (SELECT count(*)::integer FROM message m WHERE m.subject_id = a.id
        AND m.event IN ('visit_day_before', 'visit_two_hours')) AS reminders,
       coalesce((SELECT min(t.at) FROM transition t WHERE t.subject_id = a.id AND t.machine = 'appointment'
                 AND t.to_state = 'booked'), a.created_at) AS booked_at,
       ap.id AS appeal_id, ap.state AS appeal_state, ap.due_at AS appeal_due_at, ap.decided_at AS appeal_decided_at,
       ap.reason AS appeal_reason, ap.words_cipher AS appeal_words, ap.created_at AS appealed_at,
       ap.version AS appeal_version, s.name AS decided_by_name
FROM strike st JOIN appointment a ON a.id = st.appointment_id JOIN patient pt ON pt.id = st.patient_id
JOIN department d ON d.id = st.department_id JOIN practitioner p ON p.id = a.practitioner_id
LEFT JOIN appeal ap ON ap.strike_id = st.id LEFT JOIN staff s ON s.id = ap.decided_by
"""
# what an account may see: the visits that it booked, and those of the files that are its own
_OWN = "(st.account_id IS NOT DISTINCT FROM $1 OR (pt.account_id IS NOT DISTINCT FROM $1 AND pt.deleted_at IS NULL))"
STRIKES_OF = _STRIKES + f"WHERE {_OWN} AND ($2::uuid IS NULL OR st.id < $2) ORDER BY st.id DESC LIMIT $3"
STRIKE_OF = _STRIKES + f"WHERE {_OWN} AND st.id = $2"
# $2 departments, null for all
_IN_SIGHT = "($2::uuid[] IS NULL OR st.department_id = ANY($2::uuid[]))"
STRIKE_SEEN = _STRIKES + f"WHERE st.id = $1 AND {_IN_SIGHT}"
STRIKES_OF_PERSON = _STRIKES + f"WHERE st.person_id = $1 AND {_IN_SIGHT} ORDER BY st.at DESC, st.id LIMIT 100"
APPEAL_SEEN = _STRIKES + f"WHERE ap.id = $1 AND {_IN_SIGHT}"
# $1 state, $2 departments, $3 words, $4 after, $5 limit; the open ones that are due first come first by their age
APPEALS = (
    _STRIKES
    + f"WHERE ap.state = $1 AND {_IN_SIGHT} AND ($4::uuid IS NULL OR ap.id > $4)"
    + " AND ($3 = '' OR pt.name LIKE $3 || '%' OR pt.file_number = $3 OR pt.phone_tail = $3 OR pt.initials = lower($3)"
    + " OR pt.pinyin LIKE lower($3) || '%') ORDER BY ap.id LIMIT $5"
)

# People against whom something counts, or who are suspended. $1 words, $2 departments, $3 suspended only, $4 after, $5
PEOPLE = """
SELECT pe.id, pe.suspended_until, pe.version, pt.name AS patient_name, pt.file_number, pt.phone_tail,
       (SELECT count(*)::integer FROM strike st WHERE st.person_id = pe.id AND st.state <> 'forgiven') AS strikes,
       (SELECT max(st.at) FROM strike st WHERE st.person_id = pe.id) AS last_at
FROM person pe JOIN LATERAL (
    SELECT name, file_number, phone_tail FROM patient pt WHERE pt.person_id = pe.id
    AND ($1 = '' OR pt.name LIKE $1 || '%' OR pt.file_number = $1 OR pt.phone_tail = $1 OR pt.initials = lower($1)
         OR pt.pinyin LIKE lower($1) || '%') ORDER BY pt.id LIMIT 1
) pt ON true
WHERE pe.id IN (SELECT st.person_id FROM strike st
                WHERE $2::uuid[] IS NULL OR st.department_id = ANY($2::uuid[]))
  AND (NOT $3 OR pe.suspended_until > app_now()) AND ($4::uuid IS NULL OR pe.id > $4)
ORDER BY pe.id LIMIT $5
"""
PERSON = """
SELECT pe.id, pe.suspended_until, pe.version, pt.name AS patient_name, pt.file_number, pt.phone_tail
FROM person pe JOIN LATERAL (SELECT name, file_number, phone_tail FROM patient
                             WHERE patient.person_id = pe.id ORDER BY id LIMIT 1) pt ON true
WHERE pe.id = $1 AND EXISTS (SELECT FROM strike st WHERE st.person_id = pe.id
                             AND ($2::uuid[] IS NULL OR st.department_id = ANY($2::uuid[])))
"""
# the people of an account about whom there is something to say
PEOPLE_OF_ACCOUNT = """
SELECT pt.id AS patient_id, pt.name AS patient_name, pt.person_id, pe.suspended_until
FROM patient pt JOIN person pe ON pe.id = pt.person_id
WHERE pt.account_id = $1 AND pt.deleted_at IS NULL
  AND (pe.suspended_until > app_now() OR EXISTS (SELECT FROM strike st WHERE st.person_id = pe.id)) ORDER BY pt.id
"""
# what counts against a person that this account does not see
HIDDEN = f"""
SELECT count(*)::integer AS count FROM strike st JOIN patient pt ON pt.id = st.patient_id
WHERE st.person_id = $2 AND st.state <> 'forgiven' AND NOT {_OWN}
"""
_OUTAGES = """
SELECT o.id, o.department_id, d.name AS department_name, o.what, o.starts_at, o.ends_at, o.reason, o.created_at,
       o.version, s.name AS made_by_name,
       (SELECT count(*)::integer FROM strike st JOIN appointment a ON a.id = st.appointment_id
        WHERE st.excuse = 'outage' AND a.starts_at BETWEEN o.starts_at - interval '1 day'
        AND coalesce(o.ends_at, app_now())
        AND (o.department_id IS NULL OR o.department_id = st.department_id)) AS forgiven
FROM outage o JOIN staff s ON s.id = o.made_by LEFT JOIN department d ON d.id = o.department_id
"""
OUTAGE = _OUTAGES + "WHERE o.id = $1"
OUTAGES = (
    _OUTAGES
    + "WHERE ($1::uuid[] IS NULL OR o.department_id IS NULL OR o.department_id = ANY($1::uuid[]))"
    + " AND ($2::uuid IS NULL OR o.id < $2) ORDER BY o.id DESC LIMIT $3"
)


async def marks_of(person_id: UUID) -> tuple[list[dict[str, Any]], list[datetime]]:
    """Give what counts against a person, and when visits were given back early."""
    marks = await db.fetch(MARKS, person_id)
    return marks, [row["at"] for row in await db.fetch(EARLY_CANCELS, person_id)]


INVARIANTS = (
    (
        "An appeal waits where its strike says so, and nowhere else",
        "SELECT st.id, st.state, ap.state AS appeal FROM strike st LEFT JOIN appeal ap ON ap.strike_id = st.id"
        " WHERE (st.state = 'appealed') <> (coalesce(ap.state, '') = 'open')",
    ),
    (
        "Nobody waits longer for a decision about an appeal than was promised",
        "SELECT id, due_at FROM appeal WHERE state = 'open' AND due_at < app_now() - interval '10 minutes'",
    ),
)
