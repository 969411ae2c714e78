"""The platform looks at what patients send: it is asked outside of any transaction and answers by an event.

Whoever handles the complaint sees every file in any case; the verdict only decides whether it is veiled at first.
Source: wechat.md 5.2.
"""

import hmac
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog

from satisfaction.attachments import models, rules
from satisfaction.attachments.models import Attachment
from satisfaction.attachments.rules import ATTACHMENT, CHECKED, AttachmentState
from server import clock, db, privacy
from server.facts import PlatformEventReceived
from server.history import SYSTEM, move
from server.jobs import each, ring
from server.runtime import runtime
from server.wechat import WechatRefused, WechatTrouble

log = structlog.get_logger("attachments")

JOB = "check_attachments"
BATCH = 50
ADDRESS_LASTS = timedelta(minutes=35)  # the platform fetches a file within the half hour that it takes
ASK_LATER = frozenset({-1, 40001, 44991, 45009})  # busy, token, the minute's or the day's limit


def address_of(attachment_id: UUID) -> str:
    """Give an address under which the platform can fetch a file for a while; empty when nobody can reach us."""
    base = runtime().settings.web.public_url
    until = int((_wall() + ADDRESS_LASTS).timestamp())
    query = f"until={until}&sig={_mark(attachment_id, until)}"
    return f"{base}/api/v1/attachments/{attachment_id}/content?{query}" if base else ""


def may_fetch(attachment_id: UUID, until: int, mark: str) -> bool:
    """Tell whether an address was given out by us and still holds."""
    return hmac.compare_digest(_mark(attachment_id, until).encode(), mark.encode()) and _wall().timestamp() < until


def _mark(attachment_id: UUID, until: int) -> str:
    return privacy.blind_index(f"{attachment_id}:{until}", kind="attachment_address").hex()


def _wall() -> datetime:
    return clock.now() - clock.shift()  # the platform goes by the wall, also when a test has moved our time


async def look(fact: PlatformEventReceived) -> None:
    """Wake the check when the platform has said something; the job finds out what."""
    ring(JOB)


async def check() -> None:
    """Take the verdicts that have come, ask about files that are due, and give up what nobody answered."""
    await each(JOB, await db.fetch(models.ANSWERED, BATCH), _hear)
    await each(JOB, await db.fetch(models.DUE, BATCH), _ask)


async def _hear(row: dict[str, Any]) -> None:
    said = orjson.loads(row["payload"])
    result = said.get("result") or {}
    state = rules.verdict(int(said.get("errcode") or 0), str(result.get("suggest", "")))
    await _settle(row["id"], AttachmentState.CHECKING, state, label=_label(result))


def _label(result: dict[str, object]) -> int | None:
    label = result.get("label")
    return int(label) if isinstance(label, int | str) and str(label).isdigit() else None


async def _ask(row: dict[str, Any]) -> None:
    attachment_id = row["id"]
    taken = await db.fetch_one(models.TAKE, attachment_id, rules.ASK_AGAIN)
    if taken is None:  # asked long ago and never answered; or another worker has it
        await _give_up(attachment_id)
        return
    kind, address = CHECKED.get(taken["media_type"]), address_of(attachment_id)
    waited_too_long = clock.now() - taken["bound_at"] > rules.VERDICT_WITHIN
    if kind is None or not address or not taken["openid"] or waited_too_long:
        await _settle(attachment_id, AttachmentState.RECEIVED, AttachmentState.TO_BE_READ)
        return
    try:
        trace_id = await runtime().wechat.check_media(address, kind, openid=taken["openid"])
    except WechatRefused as refusal:
        if refusal.errcode not in ASK_LATER:  # 61010: the patient has not been here for two hours, and so on
            log.info("attachment_not_checked", attachment=str(attachment_id), errcode=refusal.errcode)
            await _settle(attachment_id, AttachmentState.RECEIVED, AttachmentState.TO_BE_READ)
    except WechatTrouble as trouble:
        log.info("attachment_check_later", attachment=str(attachment_id), error=type(trouble).__name__)
    else:
        until = clock.now() + rules.VERDICT_WITHIN
        await _settle(
            attachment_id, AttachmentState.RECEIVED, AttachmentState.CHECKING, trace_id=trace_id, check_due_at=until
        )


async def _give_up(attachment_id: UUID) -> None:
    async with db.transaction():
        found = await db.lock(Attachment, attachment_id)
        due_at = found.check_due_at
        if found.state == AttachmentState.CHECKING and due_at is not None and due_at <= clock.now():
            await move(ATTACHMENT, found, AttachmentState.TO_BE_READ, by=SYSTEM, check_due_at=None)


async def _settle(attachment_id: UUID, before: AttachmentState, after: AttachmentState, **changes: Any) -> None:
    async with db.transaction():
        found = await db.lock(Attachment, attachment_id)
        if found.state == before:  # a person may have decided in between
            await move(ATTACHMENT, found, after, by=SYSTEM, **{"check_due_at": None, **changes})
