"""What invented patients answered in the last fourteen months, so that scores can be seen from the first minute on.

Nobody stands behind an answer: they are anonymous, without a visit. They are drawn from the seed of their own place and
are the same every time.
"""

from infra.seed.cases import IMPROVED
from satisfaction.scores import actions as scores
from satisfaction.scores.models import FIGURES
from satisfaction.surveys.versions import ship_bank
from server import clock, db

MONTHS = 14
# Larger departments are answered more often; a few too seldom to be shown. One has got worse at waiting of late.
WORSE = "orthopedics"
BETTER, BETTER_AT, BETTER_DAYS = IMPROVED  # where an improvement has had its effect
# of a text a number from 0 to 1, the same every time
_DRAW = """
CREATE OR REPLACE FUNCTION pg_temp.drawn(text) RETURNS double precision LANGUAGE sql IMMUTABLE AS
$$ SELECT ('x' || substr(md5($1), 1, 8))::bit(32)::bigint::double precision / 4294967296 $$
"""
_RESPONSES = """
INSERT INTO response (id, answers, is_low, low_reasons, submitted_at, is_anonymous, department_id, kind, mode,
    answered_on)
SELECT md5(key)::uuid, '{}', false, '[]', day::timestamp AT TIME ZONE 'Asia/Shanghai', true, department_id,
    way.kind, way.mode, day
FROM (
    SELECT d.id AS department_id, key,
        ($2::date - 4 - floor(pg_temp.drawn(key || 'day') * 30 * $1)::integer) AS day
    FROM department d
    CROSS JOIN LATERAL generate_series(1, (6 + 110 * pow(pg_temp.drawn(d.code || 'size'), 2))::integer * $1 / 5) n
    CROSS JOIN LATERAL (SELECT d.code || ':' || n AS key) k WHERE d.active
) r CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.drawn(key || 'way') < 0.85 THEN 'outpatient' ELSE 'poster' END AS kind,
        CASE WHEN pg_temp.drawn(key || 'way') < 0.7 THEN 'miniapp' WHEN pg_temp.drawn(key || 'way') < 0.85 THEN 'phone'
            ELSE 'poster' END AS mode
) way
"""
_ANSWERS = """
INSERT INTO answer (response_id, item, dimension, scale, value)
SELECT r.id, i.item, i.dimension, i.scale, CASE WHEN pg_temp.drawn(r.id::text || i.item) < 0.04 THEN NULL ELSE
    i.most - least(i.most - i.least, floor(-ln(1 - pg_temp.drawn(r.id::text || i.item || 'v')) * i.spread
        * (0.75 + 0.5 * pg_temp.drawn(d.code || i.item))
        * CASE WHEN d.code = $1 AND i.item = 'waiting' AND r.answered_on > $5::date - 75 THEN 2.6
            WHEN d.code = $2 AND i.item = $3 AND r.answered_on > $5::date - $4::integer THEN 0.2 ELSE 1 END
    )::integer) END
FROM response r JOIN department d ON d.id = r.department_id
CROSS JOIN (VALUES
    ('overall', 'overall', 'FFT5', 1, 5, 0.75), ('reception', 'reception', 'L5', 1, 5, 0.7),
    ('doctor_attitude', 'doctor', 'F4', 1, 4, 0.45), ('doctor_communication', 'communication', 'F4', 1, 4, 0.6),
    ('waiting', 'process', 'L5', 1, 5, 1.1), ('recommend', 'recommendation', 'R11', 0, 10, 1.5),
    ('cleanliness', 'environment', 'L5', 1, 5, 0.9), ('fees', 'fees', 'L5', 1, 5, 1.0)
) AS i (item, dimension, scale, least, most, spread)
WHERE i.item NOT IN ('recommend', 'cleanliness', 'fees') OR pg_temp.drawn(r.id::text || i.item || 'asked') < 0.5
"""
_RECOUNT = f"""
INSERT INTO score_cell (day, department_id, kind, mode, item, dimension, scale, {FIGURES})
SELECT day, department_id, kind, mode, item, dimension, scale, {FIGURES} FROM score_recount
"""


async def seed_opinions() -> None:
    """Invent the answers of a demonstration that has none, count and publish them; elsewhere change nothing."""
    if not await db.fetch("SELECT FROM hospital WHERE is_demo AND NOT EXISTS (SELECT FROM response)"):
        return
    async with db.transaction():
        await ship_bank()  # so that items have their names
        await db.fetch(_DRAW)
        await db.fetch(_RESPONSES, MONTHS, clock.today())
        await db.fetch(_ANSWERS, WORSE, BETTER, BETTER_AT, BETTER_DAYS, clock.today())
        await db.fetch("ANALYZE response, answer")  # they were empty a moment ago: joined blindly, it takes for ever
        await db.fetch(_RECOUNT)
    await scores.publish_due()
