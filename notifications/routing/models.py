"""What routing keeps, and the statement that tells all that a message's ways depend on."""

from typing import Any

from tortoise import fields

from server import clock
from server.db import Row


class Route(Row):
    """One version of a chain of ways; never changed."""

    name = fields.TextField()
    version = fields.IntField()
    chain: Any = fields.JSONField()
    author_id = fields.UUIDField(null=True)
    at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "route"


class RoutingSetting(Row):
    """One version of quiet hours, caps, or times of digests; never changed."""

    name = fields.TextField()
    version = fields.IntField()
    value: Any = fields.JSONField()
    author_id = fields.UUIDField(null=True)
    at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "routing_setting"


class MessagePreference(Row):
    """Whether an account wants a kind of message over a channel."""

    account_id = fields.UUIDField()
    category = fields.TextField()
    channel = fields.TextField()
    is_on = fields.BooleanField()
    changed_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "message_preference"


class Digest(Row):
    """What could wait, told together to one person."""

    account_id = fields.UUIDField(null=True)
    staff_id = fields.UUIDField(null=True)
    due_at = fields.DatetimeField()
    message_id = fields.UUIDField(null=True)
    round = fields.IntField(default=1)
    is_done = fields.BooleanField(default=False)
    created_at = fields.DatetimeField(default=clock.now)

    class Meta:
        table = "digest"


SETTINGS = """SELECT jsonb_object_agg(one.name, one.value) FROM (
           SELECT DISTINCT ON (t.name) t.name, t.value FROM routing_setting t ORDER BY t.name, t.version DESC
       ) one"""
SETTINGS_NOW = f"SELECT ({SETTINGS}) AS settings"

# Everything that the ways of some messages depend on: who is reached how, what they want, what the hospital has set.
# $1 accounts, $2 patients, $3 staff, $4 purposes, $5 names of routes, $6 channels of groups
SITUATION = f"""
SELECT who.n, app_now() AS at, who.account_id,
       coalesce(a.openid, '') AS openid, coalesce(a.official_openid, '') AS official_openid,
       p.id AS patient_id, who.staff_id, coalesce(s.wecom_userid, '') AS wecom_userid,
       coalesce(p.phone_cipher IS NOT NULL OR s.phone_cipher IS NOT NULL, false) AS has_phone,
       coalesce(p.email_cipher IS NOT NULL OR s.email <> '', false) AS has_email,
       consent_is_withdrawn(who.account_id, who.patient_id, who.purpose) AS is_withdrawn,
       ARRAY(SELECT f.category || ':' || f.channel FROM message_preference f
             WHERE f.account_id = who.account_id AND NOT f.is_on) AS unwanted,
       r.version, r.chain,
       ({SETTINGS}) AS settings,
       ARRAY(SELECT c.name FROM unnest($6::text[]) AS c (name) WHERE NOT channel_is_healthy(c.name)) AS unhealthy
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY
     AS who (account_id, patient_id, staff_id, purpose, route, n)
LEFT JOIN account a ON a.id = who.account_id
LEFT JOIN patient p ON p.id = who.patient_id AND p.deleted_at IS NULL
LEFT JOIN staff s ON s.id = who.staff_id
LEFT JOIN LATERAL (
    SELECT t.version, t.chain FROM route t WHERE t.name = who.route ORDER BY t.version DESC LIMIT 1
) r ON true
ORDER BY who.n
"""

# Ways as rows of JSON, so that those of one message and those of a batch are written by the same words.
WAY = """
AS way (id uuid, message_id uuid, channel text, address text, template_key text, state text, reason text, step integer,
        person_id uuid, pool text, moments timestamptz[], caps integer[], priority integer, deadline timestamptz)
"""

# What becomes of a way when it is written down. `told` is the row of its message, `slot.at` its moment.
PLACED = """
    CASE WHEN way.state <> 'planned' THEN way.state
         WHEN told.is_duplicate OR slot.at IS NULL THEN 'suppressed'
         WHEN slot.at > app_now() THEN 'held' ELSE 'planned' END,
    CASE WHEN way.state <> 'planned' THEN way.reason
         WHEN told.is_duplicate THEN 'duplicate'
         WHEN slot.at IS NULL THEN 'cap' ELSE '' END
"""
SLOT = """
CROSS JOIN LATERAL (
    SELECT CASE WHEN way.state = 'planned' AND NOT told.is_duplicate
                THEN take_slot(way.id, way.person_id, way.pool, way.moments, way.caps, {zone}) END AS at OFFSET 0
) slot
"""
