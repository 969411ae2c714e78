"""The statements of signals."""

from typing import Any

from tortoise import fields

from satisfaction.signals.rules import SignalState
from server.db import Row


class Signal(Row):
    """A unit that got worse in one dimension, as its chart says. evidence: bad answers of so many."""

    department_id = fields.UUIDField()
    dimension = fields.TextField()
    state = fields.CharEnumField(SignalState, description="")
    peak = fields.FloatField()
    h = fields.FloatField()
    p0 = fields.FloatField()
    evidence = fields.IntField()
    answers = fields.IntField()
    again = fields.IntField(default=0)
    raised_at = fields.DatetimeField()
    acknowledged_by: Any = fields.UUIDField(null=True)
    acknowledged_at: Any = fields.DatetimeField(null=True)
    closed_by: Any = fields.UUIDField(null=True)
    closed_at: Any = fields.DatetimeField(null=True)
    note = fields.TextField(default="")
    version = fields.IntField(default=1)

    class Meta:
        table = "signal"


# Takes answers that nobody has looked at, for the open transaction; those that another one took are left out. Its own
# text, so that a test can take it out. $1 how many
TAKE = """
SELECT response_id FROM signal_todo WHERE done_at IS NULL ORDER BY response_id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
# One step for each response and dimension, in their order. The bottom two categories are bad; of 0 to 10 it is 0 to 3.
# $1 responses
STEPS = """
SELECT r.department_id, a.dimension, r.id,
    bool_or(a.value <= CASE a.scale WHEN 'R11' THEN 3 ELSE 2 END) AS is_bad
FROM answer a JOIN response r ON r.id = a.response_id
WHERE a.response_id = ANY($1::uuid[]) AND a.value IS NOT NULL AND a.scale <> 'yes_no' AND r.department_id IS NOT NULL
GROUP BY r.department_id, a.dimension, r.id ORDER BY r.department_id, a.dimension, r.id
"""
# $1 departments, $2 dimensions, $3 p0, $4 h
MAKE = """
INSERT INTO signal_state (department_id, dimension, p0, h, tuned_on)
SELECT d, x, $3, $4, '2000-01-01' FROM unnest($1::uuid[], $2::text[]) AS u (d, x) ORDER BY d, x
ON CONFLICT ON CONSTRAINT signal_state_pkey DO NOTHING
"""
LOCK = """
SELECT s.department_id, s.dimension, s.value, s.p0, s.h, s.n FROM signal_state s
JOIN unnest($1::uuid[], $2::text[]) AS u (d, x) ON s.department_id = u.d AND s.dimension = u.x
ORDER BY s.department_id, s.dimension FOR NO KEY UPDATE OF s
"""
# $1 departments, $2 dimensions, $3 values, $4 answers since the beginning
KEEP = """
UPDATE signal_state s SET value = u.value, n = u.n
FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::integer[]) AS u (d, x, value, n)
WHERE s.department_id = u.d AND s.dimension = u.x
"""
DONE = "UPDATE signal_todo SET done_at = app_now() WHERE response_id = ANY($1::uuid[])"

# Raises a signal, or adds to the one that is open. Its own text, so that a test can take it out.
ONE_OPEN = "ON CONFLICT (department_id, dimension) WHERE state <> 'closed'"
# $1 id, $2 department, $3 dimension, $4 value, $5 h, $6 p0, $7 bad answers, $8 answers
RAISE = f"""
INSERT INTO signal AS s (id, department_id, dimension, state, peak, h, p0, evidence, answers, raised_at)
VALUES ($1, $2, $3, 'raised', $4, $5, $6, $7, $8, app_now())
{ONE_OPEN} DO UPDATE SET peak = greatest(s.peak, excluded.peak),
    evidence = CASE s.state WHEN 'raised' THEN greatest(s.evidence, excluded.evidence)
        ELSE s.evidence + excluded.evidence END,
    answers = CASE s.state WHEN 'raised' THEN greatest(s.answers, excluded.answers)
        ELSE s.answers + excluded.answers END,
    again = s.again + (s.state = 'acknowledged')::integer, version = s.version + 1
RETURNING id, state, (xmax = 0) AS is_new
"""
RESET = "UPDATE signal_state SET value = 0, n = 0 WHERE department_id = $1 AND dimension = $2"

# ---- whom it is told ---------------------------------------------------------------------------------------------

TELLING_LOCK = "SELECT pg_advisory_xact_lock(7402040)"
# Who leads a department; and how many signals each was told today. $1 department, $2 day
LEADERS = """
SELECT DISTINCT s.id, s.username,
    (SELECT count(*) FROM signal_told t WHERE t.staff_id = s.id AND t.day = $2 AND t.n IS NOT NULL) AS told
FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role IN ('department_head', 'supervisor') AND (r.department_id IS NULL OR r.department_id = $1)
ORDER BY s.username
"""
# $1 signal, $2 staff, $3 day, $4 which of the day, null: later
TELL = "INSERT INTO signal_told (signal_id, staff_id, day, n) VALUES ($1, $2, $3, $4)"
# $1 first day that is not in it
DIGEST = """
WITH told AS (
    UPDATE signal_told SET digest_at = app_now() WHERE n IS NULL AND digest_at IS NULL AND day < $1
    RETURNING signal_id, staff_id
)
SELECT t.staff_id, json_agg(json_build_array(d.name, s.dimension) ORDER BY s.peak / s.h DESC, s.id)::text AS signals
FROM told t JOIN signal s ON s.id = t.signal_id JOIN department d ON d.id = s.department_id
GROUP BY t.staff_id ORDER BY t.staff_id
"""

# ---- how high it must climb --------------------------------------------------------------------------------------

# What was answered to each dimension of each department since $1
HISTORY = """
SELECT department_id, dimension, count(*)::integer AS n, count(*) FILTER (WHERE is_bad)::integer AS bad
FROM (
    SELECT r.department_id, a.dimension, a.response_id,
        bool_or(a.value <= CASE a.scale WHEN 'R11' THEN 3 ELSE 2 END) AS is_bad
    FROM response r JOIN answer a ON a.response_id = r.id
    WHERE r.answered_on >= $1 AND r.department_id IS NOT NULL AND a.value IS NOT NULL AND a.scale <> 'yes_no'
    GROUP BY r.department_id, a.dimension, a.response_id
) said GROUP BY department_id, dimension ORDER BY department_id, dimension
"""
# A chart that stands above what is now its h raises with its next bad answer, not by the change alone.
# $1 departments, $2 dimensions, $3 p0, $4 answers a week, $5 h, $6 day
TUNE = """
INSERT INTO signal_state AS s (department_id, dimension, p0, h, a_week, tuned_on)
SELECT d, x, p0, $5, a, $6 FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::float8[]) AS u (d, x, p0, a)
ORDER BY d, x
ON CONFLICT ON CONSTRAINT signal_state_pkey DO UPDATE SET p0 = excluded.p0, h = excluded.h, a_week = excluded.a_week,
    tuned_on = excluded.tuned_on, value = least(s.value, excluded.h * 0.99),
    n = CASE WHEN s.p0 = excluded.p0 THEN s.n ELSE 0 END
"""
TUNED = "SELECT max(tuned_on) AS day, count(*)::integer AS n FROM signal_state"
STREAMS = "SELECT p0, a_week, h FROM signal_state WHERE a_week > 0"
BUDGETS = """
SELECT b.version, b.false_alarms_a_week::float8 AS false_alarms_a_week, b.at, b.why, s.name AS by_name
FROM signal_budget b JOIN staff s ON s.id = b.by_id ORDER BY b.version DESC LIMIT $1
"""
DECIDE = """
INSERT INTO signal_budget (version, false_alarms_a_week, at, by_id, why) VALUES ($1, $2, app_now(), $3, $4)
ON CONFLICT ON CONSTRAINT signal_budget_pkey DO NOTHING RETURNING version
"""

# ---- what the screen shows ---------------------------------------------------------------------------------------

SHOWN = """
SELECT s.*, d.name AS department_name, a.name AS acknowledged_by_name, c.name AS closed_by_name
FROM signal s JOIN department d ON d.id = s.department_id
LEFT JOIN staff a ON a.id = s.acknowledged_by LEFT JOIN staff c ON c.id = s.closed_by
WHERE ($1::uuid[] IS NULL OR s.department_id = ANY($1))
"""
# $1 departments, null: all; $2 open, closed or empty; $3 after which id; $4 how many
LIST = f"""
{SHOWN} AND CASE $2 WHEN 'open' THEN s.state <> 'closed' WHEN 'closed' THEN s.state = 'closed' ELSE true END
    AND ($3::uuid IS NULL OR s.id < $3) ORDER BY s.id DESC LIMIT $4
"""
ONE = f"{SHOWN} AND s.id = $2"
