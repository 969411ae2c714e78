"""Keep who follows the official account, ask the platform who they are, and settle its messages by their receipts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import structlog

from notifications.channels.accounts import official
from notifications.official.reading import FINISHED, PREFIX, SUBSCRIBE, UNSUBSCRIBE, finished
from server import db
from server.facts import PlatformEventReceived
from server.jobs import ring
from server.runtime import runtime
from server.wechat import Call, WechatTrouble

log = structlog.get_logger("official")

ASKED_AT_ONCE = 100  # the platform takes so many in one call
ASK_AGAIN = timedelta(minutes=5)
SETTLED_AT_ONCE = 500

# $1 openid, $2 following, $3 the platform's moment. An older word than the latest changes nothing.
SAY = """
INSERT INTO official_follower AS f (openid, is_following, said_at, due_at, changed_at)
VALUES ($1, $2, $3, CASE WHEN $2 THEN app_now() END, app_now())
ON CONFLICT (openid) DO UPDATE SET is_following = excluded.is_following, said_at = excluded.said_at,
    due_at = CASE WHEN excluded.is_following AND f.unionid IS NULL THEN app_now() END, changed_at = app_now()
WHERE f.said_at <= excluded.said_at
"""
# Who is to be asked for; pushed into the future first, so that a failing call is not made again at once.
TAKE = """
UPDATE official_follower SET due_at = app_now() + $2::interval
WHERE openid IN (SELECT openid FROM official_follower WHERE due_at <= app_now() ORDER BY due_at LIMIT $1
                 FOR UPDATE SKIP LOCKED)
RETURNING openid
"""
# $1 openids, $2 union ids. In the order of the persons whose turns are taken.
KNOW = """
UPDATE official_follower f SET unionid = told.unionid, due_at = NULL, changed_at = app_now()
FROM (SELECT * FROM unnest($1::text[], $2::text[]) AS t (openid, unionid) ORDER BY unionid) told
WHERE f.openid = told.openid AND f.unionid IS NULL
"""
KEEP_RECEIPT = """
INSERT INTO official_receipt (platform_event_id, openid, msgid, is_good, code, received_at)
SELECT id, openid, $2, $3, $4, received_at FROM platform_event WHERE id = $1 ON CONFLICT DO NOTHING
"""
# By the platform's id; without one by the person: the latest message that began before the receipt came. A receipt
# whose message has not been recorded yet waits for it.
SETTLE = """
WITH open AS (
    SELECT r.platform_event_id, r.is_good, r.code, found.id FROM official_receipt r CROSS JOIN LATERAL (
        SELECT d.id FROM delivery d
        WHERE d.channel = 'wechat_official' AND d.state = 'accepted' AND d.address = r.openid
          AND (d.provider_id = r.msgid
               OR (r.msgid = '' OR coalesce(d.provider_id, '') IN ('', '0')) AND d.created_at <= r.received_at)
        ORDER BY d.provider_id IS NOT DISTINCT FROM r.msgid DESC, d.created_at DESC LIMIT 1
    ) found
    WHERE r.delivery_id IS NULL AND r.received_at > app_now() - interval '1 day'
    ORDER BY r.received_at LIMIT $1
), firsts AS (
    SELECT DISTINCT ON (id) * FROM open ORDER BY id, platform_event_id
), taken AS (
    UPDATE official_receipt r SET delivery_id = firsts.id FROM firsts
    WHERE r.platform_event_id = firsts.platform_event_id AND r.delivery_id IS NULL
    RETURNING firsts.id, firsts.is_good, firsts.code
)
UPDATE delivery d SET state = CASE WHEN taken.is_good THEN 'delivered' ELSE 'undelivered' END,
                      reason = CASE WHEN taken.is_good THEN '' ELSE 'receipt:' || taken.code END, changed_at = app_now()
FROM taken WHERE d.id = taken.id AND d.state = 'accepted'
RETURNING d.id
"""


async def act_upon(fact: PlatformEventReceived) -> None:
    """Take what an event of the official account says; events of others are not for us."""
    row = await db.fetch_one("SELECT event, openid, payload FROM platform_event WHERE id = $1", fact.platform_event_id)
    if row is None or not row["event"].startswith(PREFIX):
        return
    event, said = row["event"].removeprefix(PREFIX), orjson.loads(row["payload"])
    if event in (SUBSCRIBE, UNSUBSCRIBE):
        await db.fetch(SAY, row["openid"], event == SUBSCRIBE, _said_at(said))
        ring("know_followers")
    elif event == FINISHED:
        told = finished(said)
        await db.fetch(KEEP_RECEIPT, fact.platform_event_id, told.msgid, told.is_good, told.code)
        ring("settle_official")


async def know_followers() -> None:
    """Ask the platform who has begun to follow: its event tells no more than an openid of its own."""
    if not runtime().settings.official.app_id:
        return
    while openids := [row["openid"] for row in await db.fetch(TAKE, ASKED_AT_ONCE, ASK_AGAIN)]:
        form = {"user_list": [{"openid": openid, "lang": "zh_CN"} for openid in openids]}
        try:
            answer = await official().call(Call("POST", "/cgi-bin/user/info/batchget", {}, orjson.dumps(form)))
        except WechatTrouble as trouble:
            log.warning("followers_not_told", trouble=str(trouble), followers=len(openids))
            return
        told = [one for one in answer.get("user_info_list", []) if one.get("openid") in openids]
        unionids = [str(one.get("unionid") or "") for one in told]
        await db.fetch(KNOW, [one["openid"] for one in told], unionids)


async def settle_official() -> None:
    """Match receipts with the messages that they are about."""
    while len(await db.fetch(SETTLE, SETTLED_AT_ONCE)) == SETTLED_AT_ONCE:
        pass


def _said_at(said: Mapping[str, Any]) -> datetime:
    created = str(said.get("CreateTime", ""))
    return datetime.fromtimestamp(int(created[:12]) if created.isdigit() else 0, UTC)
