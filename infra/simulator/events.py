"""The events that the platform pushes, in the JSON form with its ambiguities. Pure. Source: wechat.md 3.4."""

from typing import Any

from infra.simulator.settings import SimulatorSettings

POPUP = "subscribe_msg_popup_event"
CHANGE = "subscribe_msg_change_event"
SENT = "subscribe_msg_sent_event"
REVOKE = "user_authorization_revoke"
CANCELLATION = "user_authorization_cancellation"
MEDIA_CHECKED = "wxa_media_check"

_NESTED_NAMES = {POPUP: "SubscribeMsgPopupEvent", CHANGE: "SubscribeMsgChangeEvent", SENT: "SubscribeMsgSentEvent"}
_PLATFORM_OPENID = "oSimPlatformPushAccount00000"  # in data-right events the sender is the platform, not the person


def tapped(results: dict[str, str]) -> list[dict[str, str]]:
    """Give the items of a pop-up event: template id → accept or reject."""
    return [
        {"TemplateId": template_id, "SubscribeStatusString": result, "PopupScene": "0"}
        for template_id, result in results.items()
    ]


def rejected(template_id: str) -> list[dict[str, str]]:
    """Give the item of a change event from the "..." menu."""
    return [{"TemplateId": template_id, "SubscribeStatusString": "reject"}]


def sent(template_id: str, msgid: int) -> list[dict[str, str]]:
    """Give the item of a sent event."""
    return [{"TemplateId": template_id, "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success"}]


def subscribe_event(
    settings: SimulatorSettings, event: str, *, openid: str, at: float, items: list[dict[str, str]]
) -> dict[str, Any]:
    """Build a subscribe-message event; the switches of the settings decide its form."""
    single = len(items) == 1 and settings.json_list_single_as_object
    listed: Any = items[0] if single else items
    envelope = _envelope(settings, event, sender=openid, at=at)
    return envelope | ({_NESTED_NAMES[event]: {"List": listed}} if settings.json_event_nested else {"List": listed})


def data_right_event(
    settings: SimulatorSettings, event: str, *, openid: str, at: float, more: dict[str, str]
) -> dict[str, Any]:
    """Build an event by which a person withdraws data or closes the account; the subject is `OpenID`."""
    envelope = _envelope(settings, event, sender=_PLATFORM_OPENID, at=at)
    return envelope | {"OpenID": openid, "AppID": settings.appid} | more


def media_checked(
    settings: SimulatorSettings, *, openid: str, at: float, trace_id: str, errcode: int, suggest: str
) -> dict[str, Any]:
    """Build the event that tells what was found in a picture or a sound; errcode -1008: it could not be fetched."""
    label = 100 if suggest == "pass" else 20002
    found = {"strategy": "content_model", "errcode": errcode, "suggest": suggest, "label": label, "prob": 90}
    return _envelope(settings, MEDIA_CHECKED, sender=openid, at=at) | {
        "appid": settings.appid,
        "trace_id": trace_id,
        "version": 2,
        "errcode": errcode,
        "errmsg": "ok" if errcode == 0 else "download failed",
        "result": {"suggest": suggest, "label": label} if errcode == 0 else {},
        "detail": [found] if errcode == 0 else [],
    }


def _envelope(settings: SimulatorSettings, event: str, *, sender: str, at: float) -> dict[str, Any]:
    return {
        "ToUserName": settings.original_id,
        "FromUserName": sender,
        "CreateTime": str(int(at)) if settings.json_createtime_type == "string" else int(at),
        "MsgType": "event",
        "Event": event,
    }
