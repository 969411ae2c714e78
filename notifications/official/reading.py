"""What the official account pushes, as the product means it. Pure. Source: wechat.md 6.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifications.pushes.reading import Pushed

PREFIX = "official."  # names of its events among those of the mini-app
SUBSCRIBE, UNSUBSCRIBE, FINISHED = "subscribe", "unsubscribe", "TEMPLATESENDJOBFINISH"


@dataclass(frozen=True)
class Finished:
    """What became of a template message. msgid: empty when the platform gave none. code: why not."""

    msgid: str
    is_good: bool
    code: str


def read_official(said: Mapping[str, Any]) -> Pushed | None:
    """Read an event; None for what is no event of ours: people also write to the account."""
    event, openid = said.get("Event"), said.get("FromUserName")
    if said.get("MsgType") != "event" or event not in (SUBSCRIBE, UNSUBSCRIBE, FINISHED) or not openid:
        return None
    return Pushed(
        event=PREFIX + event,
        openid=str(openid),
        created=str(said.get("CreateTime", "")),
        items=({"MsgID": _msgid(said)},),  # two messages may end in one second
        payload=dict(said),
    )


def finished(said: Mapping[str, Any]) -> Finished:
    """Read what became of a message: `success`, `failed:user block`, `failed: system failed`."""
    status = str(said.get("Status", "")).strip()
    is_good = status == "success"
    return Finished(_msgid(said), is_good, "" if is_good else status.removeprefix("failed:").strip()[:100] or "failed")


def _msgid(said: Mapping[str, Any]) -> str:
    found = str(said.get("MsgID") or said.get("MsgId") or "")
    return "" if found == "0" else found  # zero, when our own key was given
