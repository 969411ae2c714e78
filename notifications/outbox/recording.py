"""Write down what calls came to, many at a time: the deliveries, what it tells about the provider, all or nothing."""

import asyncio
import random
from collections import Counter as Counting
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog
from prometheus_client import Counter

from notifications.channels.content import Channel, Receipt
from notifications.outbox.parcels import Parcel
from notifications.outbox.statements import RECORD
from notifications.providers.actions import Noted, note
from notifications.providers.rules import Standing
from notifications.rules import SETTLE, Outcome, verdict
from server import db, kill_points

log = structlog.get_logger("outbox")
calls = Counter("hospital_deliveries_total", "Calls to providers", ["channel", "outcome"])

RECORD_PAUSES = (0.1, 0.5, 2.0)  # seconds; an answer is worth some patience with the database
SOON = timedelta(seconds=1)  # what waits for its channel need not wait for itself


class Answer(NamedTuple):
    """What became of a parcel."""

    parcel: Parcel
    receipt: Receipt


async def record(channel: Channel, answers: Sequence[Answer], standing: Standing) -> Noted:
    """Write down what became of some parcels, as one statement."""
    kill_points.reach("K6")
    columns = _columns(answers)
    _count(channel, answers)
    told = [(answer.receipt, answer.parcel.content.template_key) for answer in answers]
    noted = Noted()
    for pause in (*RECORD_PAUSES, None):
        try:
            async with db.transaction():
                await db.fetch(RECORD, *columns, SETTLE)
                noted = await note(channel, told, standing=standing)
                kill_points.reach("K7")
            break
        except Exception as error:
            if pause is None and len(answers) > 1 and not db.is_away(error):
                return await _record_each(channel, answers, standing)
            if pause is None:
                raise
            log.warning("not_recorded", channel=channel.name, deliveries=len(answers))
            await asyncio.sleep(pause)
    kill_points.reach("K8")
    return noted


async def _record_each(channel: Channel, answers: Sequence[Answer], standing: Standing) -> Noted:
    """Write down one by one what could not be written together. Raises: the last trouble, when all else is kept."""
    noted, trouble = Noted(), None
    for answer in answers:
        try:
            noted = await record(channel, [answer], standing)
        except Exception as error:  # raised below: what became of this one stays unknown
            log.exception("answer_lost", channel=channel.name, delivery=str(answer.parcel.id))
            trouble = error
    if trouble is not None:
        raise trouble
    return noted


def _columns(answers: Sequence[Answer]) -> list[list[object]]:
    """Give the arguments of RECORD. Most answers of a batch come to the same, so that is said once."""
    kinds: dict[tuple[object, ...], int] = {}
    rows = [
        (parcel.id, parcel.fence, receipt.provider_id, kinds.setdefault(_kind(parcel, receipt), len(kinds) + 1))
        for parcel, receipt in answers
    ]
    return [list(column) for column in (*zip(*rows, strict=True), *zip(*kinds, strict=True))]


def _kind(parcel: Parcel, receipt: Receipt) -> tuple[object, ...]:
    pause = SOON if receipt.window is not None else receipt.pause
    found = verdict(receipt.outcome, tries=parcel.tries, pause=pause, dice=random.random())
    return (
        str(found.state),
        _reason(receipt),
        found.pause.total_seconds(),
        found.attempt,
        receipt.code[:100],
        receipt.detail[:300],
        str(found.credit),
        int(receipt.outcome is Outcome.TROUBLE),  # the provider's trouble is not the message's
    )


def _count(channel: Channel, answers: Sequence[Answer]) -> None:
    for outcome, count in Counting(answer.receipt.outcome for answer in answers).items():
        calls.labels(channel.name, str(outcome)).inc(count)
    for answer in answers:
        if answer.receipt.outcome not in (Outcome.ACCEPTED, Outcome.NO_CONSENT):
            reason = _reason(answer.receipt)
            log.warning("not_sent", channel=channel.name, delivery=str(answer.parcel.id), outcome=reason)


def _reason(receipt: Receipt) -> str:
    match receipt.outcome:
        case Outcome.ACCEPTED:
            return ""
        case Outcome.NO_CONSENT:
            return "no_consent"
        case _:
            return f"{receipt.outcome}:{receipt.code}"
