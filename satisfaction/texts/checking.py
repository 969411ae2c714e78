"""Asking the platform about texts: outside of every transaction, again when it did not answer."""

import asyncio
from typing import Any

import structlog

from satisfaction.texts import actions, models, rules
from satisfaction.texts.actions import PLACE
from satisfaction.texts.rules import CheckState, Verdict
from server import clock, privacy
from server.runtime import runtime
from server.wechat import WechatRefused, WechatTrouble

log = structlog.get_logger("texts")

BATCH = 20
AT_ONCE = 5


async def look() -> None:
    """Ask about every text that waits; two workers never ask about the same one, unless one of them has died."""
    is_more = True
    while is_more:
        due = await models.claim(BATCH, rules.LEASE_SECONDS)
        turns = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(_look_at(row, turns) for row in due))
        is_more = len(due) == BATCH


async def _look_at(row: dict[str, Any], turns: asyncio.Semaphore) -> None:
    text = privacy.unseal(row["text_cipher"], place=PLACE, row_id=row["id"])
    waited = clock.now() - row["made_at"]
    try:
        async with turns:
            answers = [await runtime().wechat.check_text(row["openid"], piece) for piece in rules.pieces(text)]
    except WechatRefused as refusal:
        log.info("text_check_refused", errcode=refusal.errcode)
        step = rules.after_refusal(refusal.errcode, tries=row["tries"], waited=waited)
    except WechatTrouble as trouble:
        log.warning("text_check_failed", error=type(trouble).__name__)
        step = rules.after_trouble(tries=row["tries"], waited=waited)
    else:
        await actions.settle(
            row["id"], rules.worst([rules.verdict_of(answer) for answer in answers]), made_at=row["made_at"]
        )
        return
    if isinstance(step, str):
        await actions.settle(row["id"], Verdict(CheckState.TO_BE_READ, reason=step), made_at=row["made_at"])
    else:
        await models.put_off(row["id"], step)
