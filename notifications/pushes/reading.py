"""Open a push: signature, encryption, JSON or XML, the platform's several forms of one event. Source: wechat.md 3."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import orjson
from wechatpy.exceptions import WeChatException

from notifications.errors import ForgedPush
from server.config import Wechat as WechatSettings
from server.errors import Unreadable
from server.wechat import push_crypto

FRESH_SECONDS = 600  # an older signature may be a copy
POPUP = "subscribe_msg_popup_event"
CHANGE = "subscribe_msg_change_event"
SENT = "subscribe_msg_sent_event"
NESTED_IN = {POPUP: "SubscribeMsgPopupEvent", CHANGE: "SubscribeMsgChangeEvent", SENT: "SubscribeMsgSentEvent"}


@dataclass(frozen=True)
class Pushed:
    """An event as the platform means it. items: its list, one mapping each, whatever form it came in."""

    event: str
    openid: str
    created: str
    items: tuple[Mapping[str, str], ...]
    payload: Mapping[str, Any]

    @property
    def dedup_key(self) -> str:
        """Give what is the same for every copy of one event. `CreateTime` alone has whole seconds."""
        said = "|".join(
            ":".join(item.get(name, "") for name in ("TemplateId", "SubscribeStatusString", "MsgID"))
            for item in self.items
        )
        said += str(self.payload.get("trace_id", ""))  # several files of one person are checked within a second
        return f"{self.event}|{self.openid}|{self.created}|{said}"


def check_signature(settings: WechatSettings, query: Mapping[str, str], *, now: float, encrypted: str = "") -> None:
    """Refuse what the platform did not sign, or signed long ago.

    encrypted: the cipher text, which `msg_signature` covers; empty for the check of the address.
    now: seconds since 1970 by this machine's own clock.
    Raises: ForgedPush.
    """
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    given = query.get("msg_signature" if encrypted else "signature", "")
    parts = sorted([str(settings.push_token), timestamp, nonce, *([encrypted] if encrypted else [])])
    computed = hashlib.sha1("".join(parts).encode()).hexdigest()
    if not hmac.compare_digest(computed.encode(), given.encode()):
        raise ForgedPush()
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp[:15])) > FRESH_SECONDS:
        raise ForgedPush()


def open_push(settings: WechatSettings, query: Mapping[str, str], body: bytes, *, now: float) -> dict[str, Any]:
    """Check and decrypt a push; give what the platform says in it.

    One that is not encrypted is refused, unless `WECHAT_PUSH_PLAIN` allows it: its signature covers the time and a
    nonce and nothing of what it says, so whoever has seen one address may say anything for ten minutes.
    Raises: ForgedPush, Unreadable.
    """
    said = _decoded(body)
    encrypted = said.get("Encrypt")
    if not isinstance(encrypted, str) or not encrypted:
        if not settings.push_plain or encrypted is not None:
            raise ForgedPush()
        check_signature(settings, query, now=now)
        return said
    check_signature(settings, query, now=now, encrypted=encrypted)
    try:
        plain = push_crypto(settings).decrypt_message(
            {"Encrypt": encrypted}, query["msg_signature"], query["timestamp"], query["nonce"]
        )
    except (WeChatException, ValueError, IndexError, AssertionError):  # another app's, or not a cipher text at all
        raise ForgedPush() from None
    return _decoded(plain if isinstance(plain, bytes) else plain.encode())


def read_event(said: Mapping[str, Any]) -> Pushed | None:
    """Read an event, flat or nested, one item or several, JSON or XML; None for what is no event."""
    event = said.get("Event")
    if said.get("MsgType", "event") != "event" or not isinstance(event, str) or not event:
        return None
    nested = said.get(NESTED_IN.get(event, ""))
    listed = (nested if isinstance(nested, Mapping) else said).get("List") or []
    items = [listed] if isinstance(listed, Mapping) else listed
    return Pushed(
        event=event,
        # in data-right events the sender is the platform and the person is `OpenID`
        openid=str(said.get("OpenID") or said.get("FromUserName") or ""),
        created=str(said.get("CreateTime", "")),
        items=tuple(_item(item) for item in items if isinstance(item, Mapping)),
        payload=dict(said),
    )


def _item(item: Mapping[str, Any]) -> dict[str, str]:
    known = {str(key): "" if value is None else str(value) for key, value in item.items()}
    for key in list(known):
        if key.lower() == "msgid":
            known["MsgID"] = known.pop(key)
    return known


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        said = _xml(raw) if raw.lstrip()[:1] == b"<" else orjson.loads(raw)
    except (orjson.JSONDecodeError, ElementTree.ParseError, ValueError):
        raise Unreadable() from None
    if not isinstance(said, dict):
        raise Unreadable()
    return said


def _xml(raw: bytes) -> dict[str, Any]:
    if b"<!DOCTYPE" in raw:  # the envelope is read before it is known to be the platform's: no entities
        raise ValueError("no DTD")
    found = _element(ElementTree.fromstring(raw))
    return found if isinstance(found, dict) else {}


def _element(element: ElementTree.Element) -> Any:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        value = _element(child)
        if child.tag in found:
            earlier = found[child.tag]
            found[child.tag] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            found[child.tag] = value
    return found
