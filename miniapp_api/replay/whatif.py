"""A day of a queue with other rules: the waits of each class as they were and as they would have been."""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from miniapp_api.queue.order.ordering import DEFAULT_RULE, Rule, rules_at
from miniapp_api.queue.policies import POLICIES
from miniapp_api.queue.policies.basis import LATE_AS_ARRIVAL, LATE_LADDER, LIMITS, Settings
from miniapp_api.replay import looking
from miniapp_api.replay.comparing import same_order, waited
from miniapp_api.replay.days import Played, read_day
from miniapp_api.replay.reenacting import Call, Reenactment
from server import clock
from server.errors import NotFound, wrong_field

# the letters of booking-queue.md 4.1, for whoever types
LETTERS = {
    "G": "early_minutes",
    "W": "walk_in_minutes",
    "H": "help_minutes",
    "R": "return_minutes",
    "K": "missed_places",
    "N": "others_per_return",
}


@dataclass(frozen=True)
class Asked:
    """Another rule. policy: None is the day's own. settings: what differs from the day's own, as typed."""

    policy: str | None
    settings: dict[str, str]
    seed: int = 1


def rule_asked(asked: Asked, own: Rule) -> Rule:
    """Give the rule that somebody asks about. own: that of the day.

    Raises: Malformed, naming the field.
    """
    name = asked.policy or own.policy.name
    if name not in POLICIES:
        raise wrong_field("/policy", "unknown_policy", f"one of {', '.join(POLICIES)}")
    known = {field.name for field in fields(Settings)}
    values: dict[str, Any] = {}
    for typed, text in asked.settings.items():
        key = LETTERS.get(typed, typed)
        if key not in known:
            raise wrong_field(f"/{typed}", "unknown_setting", f"one of {', '.join([*LETTERS, *sorted(known)])}")
        values[key] = _late(typed, text) if key == "late" else _number(typed, key, text)
    return Rule(own.version, POLICIES[name], replace(own.settings, **values))


def _late(typed: str, text: str) -> str:
    if text not in (LATE_AS_ARRIVAL, LATE_LADDER):
        raise wrong_field(f"/{typed}", "unknown_setting", f"{LATE_AS_ARRIVAL} or {LATE_LADDER}")
    return text


def _number(typed: str, key: str, text: str) -> int:
    least, most = LIMITS[key]
    digits = text.strip().lower().removesuffix("min").removesuffix("m").strip()
    if not digits.isdecimal() or len(digits) > 4 or not least <= int(digits) <= most:
        raise wrong_field(f"/{typed}", "out_of_limits", f"{least} to {most}")
    return int(digits)


async def what_if(department: dict[str, Any], day: date, asked: Asked) -> dict[str, Any]:
    """Play a day again by another rule and compare.

    Raises: NotFound when nothing of that day is kept, Malformed.
    """
    lines = await looking.lines_of(department["id"], day, clock.at(day + timedelta(days=2), 0))
    played = read_day(lines)
    if not played.visitors:
        raise NotFound()
    own = await rule_of_day(department["id"], played)
    rule = rule_asked(asked, own)
    again = play(played, own, asked.seed)
    other = play(played, rule, asked.seed)
    same, calls = same_order(played.calls, again)
    return {
        "department": {"id": str(department["id"]), "name": department["name"]},
        "day": day.isoformat(),
        "visits": len(played.visitors),
        "own": show_rule(own),
        "asked": show_rule(rule),
        "happened": [one.to_json() for one in waited(played.visitors, played.calls)],
        "with_own": [one.to_json() for one in waited(played.visitors, again)],
        "with_asked": [one.to_json() for one in waited(played.visitors, other)],
        "not_called": {
            "happened": _not_called(played, played.calls),
            "with_own": _not_called(played, again),
            "with_asked": _not_called(played, other),
        },
        "same_calls": same,
        "calls": calls,
        "seed": asked.seed,
    }


def play(played: Played, rule: Rule, seed: int) -> list[Call]:
    """Play a day by a rule; give the calls."""
    return Reenactment(rule.policy, rule.settings, played.visitors, played.rooms, seed).play()


async def rule_of_day(department_id: UUID, played: Played) -> Rule:
    """Give the rule that the last places of a day were given by."""
    rules = await rules_at(department_id, set(played.rule_versions))
    return rules[max(played.rule_versions, default=DEFAULT_RULE.version)]


def show_rule(rule: Rule) -> dict[str, Any]:
    """Show a rule: {policy, settings, bound_minutes}; the bound is null where nothing is promised."""
    bound = rule.bound
    minutes = None if bound is None else int(bound.total_seconds() // 60)
    return {"policy": rule.policy.name, "settings": rule.settings.to_json(), "bound_minutes": minutes}


def _not_called(played: Played, calls: list[Call] | tuple[Call, ...]) -> int:
    return len({one.id for one in played.visitors} - {call.visitor for call in calls})
