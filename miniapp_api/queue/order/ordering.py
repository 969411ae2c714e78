"""The order of a department's queue as it holds now, and every change of a place, with what it was reckoned from.

A place is given at entry and stays when the department decides on another rule; who enters or moves later stands by
the new one. `ticket.reorderings` tells how a place changed since: empty for who stands as they entered, else the
entry and every step after it, each with its numbers, so that anybody can reckon it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.queue import models
from miniapp_api.queue.models import Ticket
from miniapp_api.queue.policies import DEFAULT, POLICIES
from miniapp_api.queue.policies.basis import Claim, Own, Place, Policy, Reckoning, Settings
from miniapp_api.queue.policies.turns import Turn
from miniapp_api.queue.rules import TicketState
from server import clock, db

RULE_COLUMNS = "rule_now.version AS order_version, rule_now.policy AS order_policy, rule_now.settings AS order_settings"
_RULE = "SELECT version AS order_version, policy AS order_policy, settings AS order_settings FROM queue_rule"
RULE_NOW = _RULE + " WHERE department_id = $1 ORDER BY version DESC LIMIT 1"
RULES_OF = _RULE + " WHERE department_id = $1 AND version = ANY($2::integer[])"
# $1 department, $2 day: what the tickets of a day stand by
VERSIONS_OF_DAY = "SELECT DISTINCT rule_version FROM ticket WHERE department_id = $1 AND day = $2"


def rule_join(department: str) -> str:
    """Join to a statement the rule that holds now in a department, for `rule_of`. department: as SQL."""
    return f"""LEFT JOIN LATERAL (
    SELECT version, policy, settings FROM queue_rule WHERE department_id = {department} ORDER BY version DESC LIMIT 1
) rule_now ON true"""


@dataclass(frozen=True)
class Rule:
    """What a department decided about its order. version 0: nothing yet, this is the default."""

    version: int
    policy: Policy
    settings: Settings

    def place_of(self, claim: Claim) -> Place:
        """Give a new arrival its place."""
        return self.policy.place_of(claim, self.settings)

    @property
    def bound(self) -> timedelta | None:
        """Give what is promised on the wall; see `Policy.bound`."""
        return self.policy.bound(self.settings)

    @property
    def turn(self) -> Turn:
        """Give how returns and others take turns."""
        return Turn(self.settings.others_per_return, self.policy.window(self.settings))


DEFAULT_RULE = Rule(0, POLICIES[DEFAULT], Settings())


def rule_of(row: Mapping[str, Any] | None) -> Rule:
    """Read the rule that a statement found: order_version, order_policy, order_settings; all null: the default."""
    if row is None or row["order_version"] is None:
        return DEFAULT_RULE
    return _read(row["order_version"], row["order_policy"], row["order_settings"])


@lru_cache(maxsize=2000)
def _read(version: int, policy: str, settings: str) -> Rule:
    return Rule(version, POLICIES[policy], Settings.from_json(orjson.loads(settings)))


async def rule_now(department_id: UUID) -> Rule:
    """Give the rule that holds now in a department."""
    return rule_of(await db.fetch_one(RULE_NOW, department_id))


async def rules_at(department_id: UUID, versions: set[int]) -> dict[int, Rule]:
    """Give the rules that had these versions."""
    rows = await db.fetch(RULES_OF, department_id, sorted(versions - {0}))
    return {0: DEFAULT_RULE} | {row["order_version"]: rule_of(row) for row in rows}


async def bound_today(department_id: UUID) -> timedelta | None:
    """Give what may be promised on the wall today, where some may still stand by an older rule; None: nothing."""
    row = await db.fetch(VERSIONS_OF_DAY, department_id, clock.today())
    now = await rule_now(department_id)
    rules = await rules_at(department_id, {one["rule_version"] for one in row})
    return bound_of([now, *(rules[one["rule_version"]] for one in row)])


def bound_of(rules: list[Rule]) -> timedelta | None:
    """Give what holds between tickets that stand by different rules; None when one of them promises nothing."""
    ahead = [rule.policy.ahead(rule.settings) for rule in rules]
    limited = [one for one in ahead if one is not None]
    if len(limited) < len(ahead):
        return None
    back = [rule.settings.return_minutes for rule in rules]
    # a return yields within the window of now, but may stand as far ahead as the rule of its time gave
    spread = timedelta(minutes=max(back) - min(back))
    return max(rule.policy.behind(rule.settings) for rule in rules) + max(limited) + spread


# ---- moving --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reordering:
    """A change of a place. changes: the columns of the ticket; empty when it keeps its place. why: for the log."""

    changes: dict[str, Any]
    why: str = ""


KEPT = Reordering({})


async def back_in_line(ticket: Ticket, now: datetime) -> Reordering:
    """Say where somebody stands who missed the call, stepped aside or was away, and is here again."""
    if ticket.state not in (TicketState.MISSED, TicketState.AWAY):
        return KEPT
    rule = await rule_now(ticket.department_id)
    story = await _story(ticket)
    if ticket.state == TicketState.AWAY:
        return _reordered(ticket, rule, rule.policy.place_of_return(now, _claim(ticket), rule.settings), story, now)
    waiting = await db.fetch(
        models.FIRST_WAITING,
        ticket.department_id,
        ticket.day,
        ticket.sort_class,
        ticket.practitioner_id,
        rule.settings.missed_places,
    )
    place = rule.policy.place_of_recall(
        _own(ticket, story),
        [row["sort_at"] for row in waiting],
        now=now,
        times_missed=ticket.miss_count,
        settings=rule.settings,
    )
    return _reordered(ticket, rule, place, story, now, places=len(waiting))


async def after_triage(ticket: Ticket, triage: str, flags: list[str]) -> Reordering:
    """Say where somebody stands whose needs are seen otherwise now. triage, flags: as they shall be."""
    rule = await rule_now(ticket.department_id)
    story = await _story(ticket)
    claim = Claim(_came(ticket, story), None, triage, frozenset(flags))
    place = rule.policy.place_after_triage(_own(ticket, story), claim, rule.settings)
    if (place.sort_class, place.sort_at) == (ticket.sort_class, ticket.sort_at):
        return KEPT
    return _reordered(ticket, rule, place, story, clock.now(), step="triage")


async def handed_on(ticket: Ticket, department_id: UUID, *, wished: bool = False) -> Reordering:
    """Say where somebody stands in the queue that they are handed on to: the columns of the new ticket.

    wished: the patient asked for it; else the clinic did, and the place is kept.
    """
    now = clock.now()
    rule = await rule_now(department_id)
    story = await _story(ticket)
    row = await db.fetch_one(models.ONE_TICKET, ticket.id)
    assert row is not None  # the caller holds it
    claim, own = claim_of(row), _own(ticket, story)
    if wished:
        place = rule.policy.place_of_wish(own, claim, now=now, settings=rule.settings)
    else:
        place = rule.policy.place_of_transfer(own, claim, now=now, settings=rule.settings)
    return _reordered(ticket, rule, place, [], now)


def _reordered(
    ticket: Ticket,
    rule: Rule,
    place: Place,
    story: list[dict[str, Any]],
    now: datetime,
    *,
    step: str = "",
    places: int | None = None,
) -> Reordering:
    told = _step(rule, place, now, step or place.rule) | {"before": ticket.sort_at.isoformat()}
    if places is not None:
        told["places"] = places
    changes = {
        "sort_class": place.sort_class,
        "sort_at": place.sort_at,
        "rule": place.rule,
        "rule_version": rule.version,
        "reorderings": [*story, told],
    }
    moved = f"{ticket.sort_at.isoformat()} -> {place.sort_at.isoformat()}"
    return Reordering(changes, f"{told['rule']}: {moved} (rule {rule.version}: {said(place.reckoning)})")


def said(reckoning: Reckoning) -> str:
    """Say in a line how an instant was reckoned, for the log."""
    parts = [reckoning.start.isoformat()]
    if reckoning.shift:
        parts.append(f"{_minutes(reckoning.shift):+d} min")
    if reckoning.not_after is not None:
        parts.append(f"not after {reckoning.not_after.isoformat()}")
    if reckoning.not_before is not None:
        parts.append(f"not before {reckoning.not_before.isoformat()}")
    if reckoning.help:
        parts.append(f"-{_minutes(reckoning.help)} min help")
    return ", ".join(parts)


# ---- what a place rests on -----------------------------------------------------------------------------------------


def claim_of(row: Mapping[str, Any]) -> Claim:
    """Give what a ticket's first place was asked with; `models.TICKET` reads the row."""
    flags = orjson.loads(row["flags"]) if isinstance(row["flags"], str) else row["flags"]
    band = (row["band_starts_at"], row["band_ends_at"]) if row["band_starts_at"] else None
    if band is not None and clock.local(band[0]).date() != row["day"]:
        band = (row["checked_in_at"], row["checked_in_at"])  # let in on another day: due at once
    return Claim(row["checked_in_at"], band, row["triage"], frozenset(flags))


def story_of(row: Mapping[str, Any], rules: Mapping[int, Rule]) -> list[dict[str, Any]]:
    """Tell how a ticket came to its place: the entry and every step since; `models.TICKET` reads the row.

    rules: with the version of the ticket.
    """
    kept = orjson.loads(row["reorderings"]) if isinstance(row["reorderings"], str) else row["reorderings"]
    if kept:
        return kept
    rule = rules[row["rule_version"]]
    place = rule.place_of(claim_of(row))
    return [_step(rule, place, row["checked_in_at"], place.rule)]


async def _story(ticket: Ticket) -> list[dict[str, Any]]:
    if ticket.reorderings:
        return ticket.reorderings
    row = await db.fetch_one(models.ONE_TICKET, ticket.id)
    assert row is not None  # the caller holds it
    return story_of(row, await rules_at(ticket.department_id, {ticket.rule_version}))


def _step(rule: Rule, place: Place, at: datetime, name: str) -> dict[str, Any]:
    reckoning = place.reckoning
    return {
        "rule": name,
        "at": at.isoformat(),
        "policy": rule.policy.name,
        "version": rule.version,
        "sort_class": place.sort_class,
        "start": reckoning.start.isoformat(),
        "shift_minutes": _minutes(reckoning.shift),
        "not_before": reckoning.not_before.isoformat() if reckoning.not_before else None,
        "not_after": reckoning.not_after.isoformat() if reckoning.not_after else None,
        "help_minutes": _minutes(reckoning.help),
        "given_minutes": _minutes(place.given),
        "sort_at": place.sort_at.isoformat(),
    }


def _own(ticket: Ticket, story: list[dict[str, Any]]) -> Own:
    given = timedelta(minutes=story[-1]["given_minutes"])
    return Own(ticket.sort_class, ticket.sort_at, ticket.rule, given)


def _came(ticket: Ticket, story: list[dict[str, Any]]) -> datetime:
    """Give when somebody came last: the check-in, a return, or a wish to stand elsewhere."""
    again = [step["at"] for step in story if step["rule"] in ("return", "wish")]
    return datetime.fromisoformat(again[-1]) if again else ticket.checked_in_at


def _claim(ticket: Ticket) -> Claim:
    return Claim(ticket.checked_in_at, None, ticket.triage, frozenset(ticket.flags))


def _minutes(amount: timedelta) -> int:
    return round(amount.total_seconds() / 60)
