"""Chains of ways: what they are, which ship with the product, which one a message takes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from notifications.rules import MessageClass, Purpose

URGENT, BULK = 0, 2  # priorities, as the catalogue of notices gives them
SEVERITY_LOW = "alert_low"


class When(StrEnum):
    """On what a later way of a chain depends."""

    ALWAYS = "always"
    NOT_DELIVERED = "not_delivered"  # no earlier way has reached the person
    NOT_READ = "not_read"  # the person has neither read nor answered


class Takes(StrEnum):
    """Which of its channels a step takes."""

    ALL = "all"
    FIRST = "first"  # the first that can carry the message to this person


@dataclass(frozen=True)
class Step:
    """One way of a chain. channels: in order of preference; a group (`sms`) stands for its first healthy provider.

    wait: how long the ways before it have, counted from the moment they were begun.
    """

    channels: tuple[str, ...]
    takes: Takes = Takes.FIRST
    when: When = When.ALWAYS
    wait: timedelta = timedelta(0)

    def as_data(self) -> dict[str, Any]:
        """Give it as the message and the table of routes keep it."""
        return {
            "channels": list(self.channels),
            "takes": str(self.takes),
            "when": str(self.when),
            "wait_seconds": int(self.wait.total_seconds()),
        }


Chain = tuple[Step, ...]

INBOX, LIVE, DIGEST, CALL = "inbox", "live", "digest", "call_task"
GROUPS: Mapping[str, tuple[str, ...]] = {"sms": ("sms_aliyun", "sms_tencent")}
GROUP_OF = {member: group for group, members in GROUPS.items() for member in members}
SILENT = frozenset({INBOX})  # a message is there, and nobody is told that it is


def chain_from(data: Iterable[Mapping[str, Any]]) -> Chain:
    """Read a chain as it is kept."""
    return tuple(
        Step(
            tuple(one["channels"]),
            Takes(one["takes"]),
            When(one["when"]),
            timedelta(seconds=one["wait_seconds"]),
        )
        for one in data
    )


def as_data(chain: Chain) -> list[dict[str, Any]]:
    """Give a chain as it is kept."""
    return [step.as_data() for step in chain]


def _step(*channels: str, takes: Takes = Takes.FIRST, when: When = When.ALWAYS, **wait: float) -> Step:
    return Step(channels, takes, when, timedelta(**wait))


_PHONE = _step(INBOX, "wechat_subscribe", takes=Takes.ALL)

# What ships with the product. A hospital's own versions are in the table `route` and win.
ROUTES: Mapping[str, Chain] = {
    "visit": (
        _PHONE,
        _step("wechat_official", when=When.NOT_READ, minutes=30),
        _step("sms", when=When.NOT_DELIVERED, minutes=10),
    ),
    "visit_urgent": (
        _PHONE,
        _step("wechat_official", when=When.NOT_DELIVERED, minutes=1),
        _step("sms", when=When.NOT_DELIVERED, minutes=1),
    ),
    "follow_up": (
        _PHONE,
        _step("wechat_official", "sms", when=When.NOT_READ, hours=24),
        _step("sms", when=When.NOT_READ, hours=24),
        _step(CALL, when=When.NOT_READ, hours=24),
    ),
    "news": (_PHONE, _step("wechat_official", when=When.NOT_READ, hours=2)),
    # the first reminder of an answer went as news do: this one is to be noticed
    "complaint_reminder": (_step(INBOX), _step("sms", "wechat_official", "email")),
    "survey": (_PHONE,),
    "survey_reminder": (_PHONE,),
    "alert": (
        _step(LIVE, "wecom_app", takes=Takes.ALL),
        _step("sms", "email", when=When.NOT_READ, minutes=5),
    ),
    SEVERITY_LOW: (_step(DIGEST),),
    "alert_chat": (_step("wecom_robot", "apprise_staff", takes=Takes.ALL),),
    "digest": (_step("wecom_app", "email"), _step("email", when=When.NOT_DELIVERED, minutes=30)),
}


def route_of(kind: MessageClass, priority: int, *, purpose: Purpose, is_planned: bool, named: str = "") -> str:
    """Give the name of the route that a message takes.

    named: what its writer asks for. is_planned: a plan of follow-ups made it.
    """
    if named:
        return named
    match kind:
        case MessageClass.VISIT:
            return "visit_urgent" if priority == URGENT else "visit"
        case MessageClass.FOLLOW_UP:
            return "follow_up" if is_planned or purpose is Purpose.RETURN_VISIT else "news"
        case MessageClass.SURVEY:
            return "survey"
        case _:
            return SEVERITY_LOW if priority == BULK else "alert"


@dataclass(frozen=True)
class Skip:
    """A channel that was left out, and why."""

    step: int
    channel: str
    reason: str

    def as_data(self) -> dict[str, Any]:
        """Give it as the message keeps it."""
        return {"step": self.step, "channel": self.channel, "reason": self.reason}


def is_joined(step: Step) -> bool:
    """Tell whether a step goes together with the one before it."""
    return step.when is When.ALWAYS and not step.wait


CATEGORIES = ("visit", "follow_up", "return_visit", "survey", "education")
CATEGORY_OF = {
    Purpose.SERVICE: "visit",
    Purpose.CLINICAL: "follow_up",
    Purpose.RETURN_VISIT: "return_visit",
    Purpose.SATISFACTION: "survey",
    Purpose.EDUCATION: "education",
}
LOCKED = frozenset({"visit"})  # who does not hear of a visit misses it
CHOSEN_CHANNELS = ("wechat_subscribe", "wechat_official", "sms", "email")
