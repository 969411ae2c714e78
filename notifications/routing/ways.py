"""Which channels the next steps of a chain mean for one person now, and why others are left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications.channels import CHANNELS
from notifications.channels.content import Content
from notifications.pools import pool_of
from notifications.routing.limits import Leaving, Load
from notifications.routing.reading import Situation
from notifications.routing.rules import (
    CATEGORY_OF,
    DIGEST,
    GROUP_OF,
    GROUPS,
    SILENT,
    Chain,
    Skip,
    Step,
    Takes,
    is_joined,
)
from notifications.rules import DeliveryState
from server.ids import new_id
from server.runtime import runtime

UNHEALTHY = "unhealthy"
PERSONAL = ("live", "wecom_app", "email", "sms_aliyun", "sms_tencent")  # that reach one member of staff
CHATS = frozenset({"wecom_robot", "apprise_staff"})  # that reach many: nobody's places are taken


@dataclass(frozen=True)
class Chosen:
    """One way that is taken. template_key: for channels with templates."""

    step: int
    channel: str
    address: str
    template_key: str = ""
    is_instant: bool = False


@dataclass(frozen=True)
class Ways:
    """What is begun now, what was left out and why, and which step may follow; None when none does."""

    chosen: tuple[Chosen, ...]
    skipped: tuple[Skip, ...]
    next_step: int | None

    @property
    def has_digest(self) -> bool:
        """Tell whether the message waits for a digest."""
        return any(one.channel == DIGEST for one in self.chosen)

    def next_at(self, chain: Chain, may: Leaving, *, deadline: datetime) -> datetime | None:
        """Give when the next way is looked at, or None when none can follow in time."""
        if self.next_step is None or not may.moments:
            return None
        at = may.moments[0] + chain[self.next_step].wait
        return at if at < deadline else None

    def rows(self, person_id: UUID | None, load: Load, may: Leaving) -> list[dict[str, Any]]:
        """Give the ways as rows of `WAY`; a digest is no delivery. Nobody is disturbed by what is instant."""
        stopped = (str(DeliveryState.EXPIRED), may.reason)
        planned = (str(DeliveryState.PLANNED), "") if may.moments else stopped
        found = []
        for way in self.chosen:
            state, reason = (str(DeliveryState.DELIVERED), "") if way.is_instant else planned
            row = {"id": new_id(), "channel": way.channel, "address": way.address, "template_key": way.template_key}
            row |= {"state": state, "reason": reason, "step": way.step, "priority": load.priority}
            row |= {
                "person_id": str(person_id) if person_id and way.channel not in CHATS else None,
                "pool": load.pool,
                "moments": may.moments,
                "caps": may.caps,
            }
            if way.channel != DIGEST:
                found.append(row)
        return found


def ways_from(
    start: int,
    content: Content,
    *,
    situation: Situation,
    taken: frozenset[str] = frozenset(),
    is_first: bool = True,
) -> Ways:
    """Choose the ways of a step and of those that go with it; at first also of those after it until somebody is told.

    taken: channels that the message has taken already, and groups of which one member may have told the person.
    """
    chain = situation.chain
    chosen: list[Chosen] = []
    skipped: list[Skip] = []
    number = start
    while number < len(chain):
        of_step = list(_of_step(number, chain[number], content, situation=situation, taken=taken))
        for one in of_step:
            if isinstance(one, Skip):
                skipped.append(one)
            elif any(one.channel == other.channel for other in chosen):
                skipped.append(Skip(number, one.channel, "taken_before"))
            else:
                chosen.append(one)
        number += 1
        if number < len(chain) and is_joined(chain[number]):
            continue
        if not is_first or any(one.channel not in SILENT for one in chosen):
            break
    return Ways(tuple(chosen), tuple(skipped), number if number < len(chain) else None)


def reaches_staff() -> bool:
    """Tell whether this installation has any way that reaches one member of staff."""
    return any(name in CHANNELS and CHANNELS[name].is_set_up() for name in PERSONAL)


def _of_step(
    number: int, step: Step, content: Content, *, situation: Situation, taken: frozenset[str]
) -> Iterator[Chosen | Skip]:
    for named in step.channels:
        members = GROUPS.get(named, (named,))
        why_not = {name: _why_not(name, content, situation=situation, taken=taken) for name in members}
        # an unhealthy provider is still better than none: its deliveries wait for it
        found = next((name for name in members if not why_not[name]), None) or next(
            (name for name in members if why_not[name] == UNHEALTHY), None
        )
        for name in members:
            if name == found:
                yield _chosen(number, name, content, situation)
                break
            yield Skip(number, name, why_not[name])
        if found is not None and step.takes is Takes.FIRST:
            return


def _why_not(name: str, content: Content, *, situation: Situation, taken: frozenset[str]) -> str:
    """Tell why a channel is left out; empty when it is taken."""
    if name in taken or GROUP_OF.get(name) in taken:
        return "taken_before"
    if name == DIGEST:
        return "" if situation.recipient.account_id or situation.recipient.staff_id else "no_address"
    channel = CHANNELS.get(name)
    if channel is None or not channel.is_set_up():
        return "not_set_up"
    if f"{CATEGORY_OF.get(situation.purpose, '')}:{GROUP_OF.get(name, name)}" in situation.unwanted:
        return "preference"
    if not channel.carries(content):
        return "cannot_carry"
    if channel.address(situation.recipient) is None:
        return "no_address"
    return UNHEALTHY if name in situation.unhealthy else ""


def _chosen(number: int, name: str, content: Content, situation: Situation) -> Chosen:
    if name == DIGEST:
        return Chosen(number, DIGEST, "", is_instant=True)
    channel = CHANNELS[name]
    can = channel.capabilities
    template_key = content.template_key if can.has_templates else ""
    if can.needs_consent:  # templates that share an id of the platform share their credits
        template_key = pool_of(content.template_key, runtime().wechat.template_ids)
    return Chosen(number, name, channel.address(situation.recipient) or "", template_key, can.is_instant)
