"""The statements of the channels' tables. The claim's transaction holds the channel's advisory lock."""

# $1 channel, $2 zone of the provider. Without a row nothing has happened yet.
STANDING = """
SELECT s.is_paused, coalesce(s.rests_until > app_now(), false) AS is_resting, s.breaker, s.troubles,
       coalesce(s.probe_until > app_now(), false) AS probe_is_out,
       CASE WHEN s.day = (app_now() AT TIME ZONE $2)::date THEN s.day_used ELSE 0 END AS used_day,
       (SELECT coalesce(sum(u.taken), 0) FROM channel_use u
        WHERE u.channel = s.channel AND u.moment > app_now() - interval '1.1 seconds') AS used_second,
       (SELECT coalesce(sum(u.taken), 0) FROM channel_use u
        WHERE u.channel = s.channel AND u.moment > app_now() - interval '60.1 seconds') AS used_minute
FROM channel_state s WHERE s.channel = $1
"""

# $1 channel, $2 who, $3 how long before another may
PROBE = """
UPDATE channel_state SET breaker = 'probing', probe_of = $2, probe_until = app_now() + $3::interval,
                         changed_at = app_now()
WHERE channel = $1 AND breaker <> 'closed' AND (probe_until IS NULL OR probe_until <= app_now())
RETURNING channel
"""

# $1 channel, $2 who. Nothing was there to probe with: whoever comes next may.
UNPROBE = """
UPDATE channel_state SET breaker = 'open', probe_of = NULL, probe_until = NULL, changed_at = app_now()
WHERE channel = $1 AND breaker = 'probing' AND probe_of = $2
"""

# $1 channel, $2 length of the window that is used up, $3 zone, $4 whether it is the day. The bucket is empty until its
# oldest token comes back.
EMPTY = """
UPDATE channel_state SET rests_why = 'bucket', changed_at = app_now(), rests_until =
    CASE WHEN $4 THEN ((app_now() AT TIME ZONE $3)::date + 1)::timestamp AT TIME ZONE $3
         ELSE (SELECT min(u.moment) + $2::interval + interval '0.1 seconds' FROM channel_use u
               WHERE u.channel = $1 AND u.moment > app_now() - $2::interval - interval '0.1 seconds') END
WHERE channel = $1 AND (rests_until IS NULL OR rests_until <= app_now())
"""

# $1 channel, $2 how many, $3 zone
TAKE_TOKENS = """
WITH old AS (
    DELETE FROM channel_use WHERE channel = $1 AND moment < app_now() - interval '2 minutes'
), used AS (
    INSERT INTO channel_use AS u (channel, moment, taken)
    VALUES ($1, date_bin('0.1 seconds', app_now(), 'epoch'), $2)
    ON CONFLICT (channel, moment) DO UPDATE SET taken = u.taken + excluded.taken
)
INSERT INTO channel_state AS s (channel, day, day_used) VALUES ($1, (app_now() AT TIME ZONE $3)::date, $2)
ON CONFLICT (channel) DO UPDATE SET
    day_used = CASE WHEN s.day = excluded.day THEN s.day_used ELSE 0 END + excluded.day_used, day = excluded.day
"""

LOCK = """
INSERT INTO channel_state AS s (channel) VALUES ($1)
ON CONFLICT (channel) DO UPDATE SET changed_at = app_now()
RETURNING s.breaker, s.troubles, s.openings
"""

# $1 channel, $2 breaker, $3 troubles, $4 openings, $5 rest of the breaker or null, $6 window or empty, $7 zone, $8 code
TURN = """
UPDATE channel_state SET
    breaker = $2, troubles = $3, openings = $4,
    opened_at = CASE WHEN $5::interval IS NOT NULL THEN app_now() WHEN $2 = 'closed' THEN NULL ELSE opened_at END,
    probe_of = CASE WHEN $2 = 'probing' THEN probe_of END,
    probe_until = CASE WHEN $2 = 'probing' THEN probe_until END,
    cause = CASE WHEN $8 <> '' THEN $8 ELSE cause END,
    rests_until = CASE WHEN $5::interval IS NOT NULL THEN app_now() + $5::interval
                       WHEN $6 = 'minute' THEN app_now() + interval '60 seconds'
                       WHEN $6 = 'day' THEN ((app_now() AT TIME ZONE $7)::date + 1)::timestamp AT TIME ZONE $7
                       WHEN $2 = 'closed' AND rests_why = 'breaker' THEN NULL ELSE rests_until END,
    rests_why = CASE WHEN $5::interval IS NOT NULL THEN 'breaker' WHEN $6 <> '' THEN $6
                     WHEN $2 = 'closed' AND rests_why = 'breaker' THEN '' ELSE rests_why END,
    changed_at = app_now()
WHERE channel = $1
"""

# $1 channel, $2 cause, $3 code, $4 template, $5 detail, $6 how many, $7 time after which it is told again.
# Gives the row when somebody has to be told: the first time, and again when it goes on.
NOTE_TROUBLE = """
INSERT INTO channel_trouble AS t (channel, cause, code, template_key, detail, count, first_at, last_at, told_at)
VALUES ($1, $2, $3, $4, $5, $6, app_now(), app_now(), app_now())
ON CONFLICT (channel, cause, code, template_key) DO UPDATE SET
    count = t.count + excluded.count, last_at = app_now(), detail = excluded.detail,
    told_at = CASE WHEN t.told_at <= app_now() - $7::interval THEN app_now() ELSE t.told_at END
RETURNING (told_at = app_now()) AS is_told, first_at
"""

# $1 channel, $2 whether it is paused, $3 by whom. To let it go on is also to try at once what rests.
PAUSE = """
INSERT INTO channel_state AS s (channel, is_paused, paused_by, paused_at)
VALUES ($1, $2, CASE WHEN $2 THEN $3::uuid END, CASE WHEN $2 THEN app_now() END)
ON CONFLICT (channel) DO UPDATE SET
    is_paused = excluded.is_paused, changed_at = app_now(),
    paused_by = CASE WHEN s.is_paused AND excluded.is_paused THEN s.paused_by ELSE excluded.paused_by END,
    paused_at = CASE WHEN s.is_paused AND excluded.is_paused THEN s.paused_at ELSE excluded.paused_at END,
    rests_until = CASE WHEN excluded.is_paused OR s.rests_why = 'bucket' THEN s.rests_until
                       WHEN s.breaker = 'open' THEN app_now() END,
    rests_why = CASE WHEN excluded.is_paused OR s.rests_why = 'bucket' OR s.breaker = 'open' THEN s.rests_why
                     ELSE '' END
"""

HEALTH = """
SELECT s.channel, s.is_paused, s.paused_at, s.breaker, s.troubles, s.opened_at, s.cause,
       CASE WHEN s.rests_until > app_now() THEN s.rests_until END AS rests_until,
       CASE WHEN s.rests_until > app_now() THEN s.rests_why ELSE '' END AS rests_why,
       CASE WHEN s.day = (app_now() AT TIME ZONE 'Asia/Shanghai')::date THEN s.day_used ELSE 0 END AS used_day,
       (SELECT coalesce(sum(u.taken), 0)::int FROM channel_use u
        WHERE u.channel = s.channel AND u.moment > app_now() - interval '60 seconds') AS used_minute
FROM channel_state s
"""

TROUBLES = """
SELECT channel, cause, code, template_key, detail, count, first_at, last_at FROM channel_trouble
WHERE last_at > app_now() - interval '7 days' ORDER BY last_at DESC, channel, code LIMIT 200
"""

OPERATORS = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role IN ('admin', 'operations') ORDER BY s.id
"""
