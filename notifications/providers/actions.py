"""Let a channel call its provider or not; note what its answers tell; pause it; show how all of them stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import structlog

from notifications.channels import sending
from notifications.channels.content import Channel, Receipt
from notifications.providers import models
from notifications.providers.rules import (
    MINUTE,
    PROBE,
    Admission,
    Breaker,
    Rooms,
    Standing,
    admission,
    heard,
    turned,
)
from server import clock, db
from server.events import publish
from server.facts import ProviderBack, ProviderDown, ProviderTrouble

log = structlog.get_logger("providers")

TOLD_AGAIN = timedelta(days=1)
_LENGTHS = {"second": timedelta(seconds=1), "minute": MINUTE, "day": timedelta(days=1)}
UNTROUBLED = Standing()


@dataclass(frozen=True)
class Noted:
    """What was written down about a channel. is_shut: its provider is not called from now on."""

    is_shut: bool = False


async def admit(channel: Channel, rooms: Rooms, *, owner: str) -> tuple[Admission, Standing]:
    """Say how many messages may be taken now, in the transaction of the claim.

    Whoever may probe has the probe by this. Raises nothing of its own.
    """
    limits = channel.capabilities
    row = await db.fetch_one(models.STANDING, channel.name, limits.zone)
    standing = Standing(**{**row, "breaker": Breaker(row["breaker"])}) if row else UNTROUBLED
    found = admission(standing, limits, rooms)
    if found.empty:
        length = _LENGTHS[found.empty]
        await db.fetch(models.EMPTY, channel.name, length, limits.zone, found.empty == "day")
    elif found.is_probe and not await db.fetch(models.PROBE, channel.name, owner, PROBE):
        return Admission((0, 0, 0)), standing
    return found, standing


async def taken(channel: Channel, count: int) -> None:
    """Take the tokens of what was claimed, in the transaction of the claim."""
    limits = channel.capabilities
    if limits.per_second or limits.per_minute or limits.per_day:
        await db.fetch(models.TAKE_TOKENS, channel.name, count, limits.zone)


async def nothing_to_probe_with(channel: Channel, *, owner: str) -> None:
    """Give the probe back: what was claimed for it did not leave."""
    await db.fetch(models.UNPROBE, channel.name, owner)


async def note(channel: Channel, answers: Sequence[tuple[Receipt, str]], *, standing: Standing) -> Noted:
    """Note what some answers tell about their provider, in the transaction that records them.

    answers: receipts in the order in which they came, each with the key of its template. standing: as it was last seen;
    what is in order and stays so is not written.
    """
    await _note_causes(channel, answers)
    if not channel.capabilities.is_one_provider:
        return Noted()
    told = heard([receipt for receipt, _ in answers])
    was_in_order = standing.breaker is Breaker.CLOSED and standing.troubles == 0
    if not told.is_news and (was_in_order or not told.is_alive):
        return Noted()
    row = await db.fetch_one(models.LOCK, channel.name)
    assert row is not None  # it was made if it was not there
    before = Breaker(row["breaker"])
    turn = turned(before, row["troubles"], row["openings"], told)
    await db.fetch(
        models.TURN,
        channel.name,
        str(turn.breaker),
        turn.troubles,
        turn.openings,
        turn.rest,
        str(told.window or ""),
        channel.capabilities.zone,
        told.code,
    )
    if turn.openings == 1 and before is Breaker.CLOSED:
        await publish(
            ProviderDown(
                channel=channel.name,
                channel_id=channel_id(channel.name),
                code=told.code,
                staff_ids=await _operators(),
                at=clock.now(),
            )
        )
    elif turn.breaker is Breaker.CLOSED and before is not Breaker.CLOSED:
        await publish(ProviderBack(channel=channel.name, channel_id=channel_id(channel.name), at=clock.now()))
    return Noted(is_shut=turn.breaker is not Breaker.CLOSED or told.window is not None)


async def _note_causes(channel: Channel, answers: Sequence[tuple[Receipt, str]]) -> None:
    """Tell the operators what they have to mend, once for each cause."""
    counted: dict[tuple[str, str, str], tuple[int, str]] = {}
    for receipt, template_key in answers:
        if receipt.cause is not None:
            key = (str(receipt.cause), receipt.code[:100], template_key)
            counted[key] = (counted.get(key, (0, ""))[0] + 1, receipt.detail[:300])
    for (cause, code, template_key), (count, detail) in sorted(counted.items()):
        row = await db.fetch_one(
            models.NOTE_TROUBLE, channel.name, cause, code, template_key, detail, count, TOLD_AGAIN
        )
        if row is not None and row["is_told"]:
            log.error("provider_refuses", channel=channel.name, cause=cause, code=code, template=template_key)
            await publish(
                ProviderTrouble(
                    channel=channel.name,
                    trouble_id=uuid5(NAMESPACE_OID, f"trouble:{channel.name}:{cause}:{code}:{template_key}"),
                    cause=cause,
                    code=code,
                    template_key=template_key,
                    staff_ids=await _operators(),
                    at=clock.now(),
                )
            )


async def _operators() -> tuple[UUID, ...]:
    return tuple(row["id"] for row in await db.fetch(models.OPERATORS))


def channel_id(name: str) -> UUID:
    """Give the id that stands for a channel where one is asked for."""
    return uuid5(NAMESPACE_OID, f"channel:{name}")


async def pause(channel: str, *, is_paused: bool, by: UUID | None) -> None:
    """Stop a channel, or let it go on: then what rests is tried at once. What is due waits in the table."""
    await db.fetch(models.PAUSE, channel, is_paused, by)


async def channel_health() -> list[dict[str, Any]]:
    """Give how each sending channel stands: one row for each, with its limits."""
    rows = {row["channel"]: row for row in await db.fetch(models.HEALTH)}
    found = []
    for channel in sending():
        limits = channel.capabilities
        untroubled = {
            "is_paused": False,
            "paused_at": None,
            "breaker": str(Breaker.CLOSED),
            "troubles": 0,
            "opened_at": None,
            "cause": "",
            "rests_until": None,
            "rests_why": "",
            "used_day": 0,
            "used_minute": 0,
        }
        found.append(
            {
                **untroubled,
                **rows.get(channel.name, {}),
                "channel": channel.name,
                "per_second": limits.per_second,
                "per_minute": limits.per_minute,
                "per_day": limits.per_day,
            }
        )
    return found


async def troubles() -> list[dict[str, Any]]:
    """List what somebody has to mend, the latest first: channel, cause, code, template, how often and since when."""
    return await db.fetch(models.TROUBLES)
