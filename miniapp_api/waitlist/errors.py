"""What can be refused to whoever waits.

Refused                    409
├─ PlacesLeft                   nobody needs to wait: there are places
├─ AlreadyWaiting               one place in the line of a session for a person
├─ TooManyWaiting               as many open entries as a person may have
├─ LineClosed                   too near to the visit, or nothing that fits can come
└─ OfferOver                    the place was kept until a moment that has passed, or was answered already
"""

from typing import ClassVar

from server.errors import Refused


class PlacesLeft(Refused):
    """Nobody needs to wait. slot_id: a band that has places."""

    code, title = "places_left", "Places are left"
    texts: ClassVar = {
        "zh-CN": "还有可约的号，不用候补，请直接预约。",
        "zh-TW": "還有可預約的名額，不必候補，請直接預約。",
        "en": "There are places left, so there is no need to wait. Please book one.",
    }


class AlreadyWaiting(Refused):
    """This person stands in the line of this session already."""

    code, title = "already_waiting", "Already waiting"
    texts: ClassVar = {
        "zh-CN": "该就诊人已在候补，请勿重复登记。",
        "zh-TW": "該就診人已在候補，請勿重複登記。",
        "en": "This person is already on the waitlist.",
    }


class TooManyWaiting(Refused):
    """This person waits for as many things as a person may."""

    code, title = "too_many_waiting", "Too many open waitlist entries"
    texts: ClassVar = {
        "zh-CN": "每位就诊人最多可同时登记 {limit} 个候补，请先取消不需要的。",
        "zh-TW": "每位就診人最多可同時登記 {limit} 個候補，請先取消不需要的。",
        "en": "A person can wait for at most {limit} things at a time. Please withdraw one first.",
    }


class LineClosed(Refused):
    """Too near to the visit, or the clinic is over or stopped."""

    code, title = "line_closed", "The waitlist is closed"
    texts: ClassVar = {
        "zh-CN": "该班次的候补已截止，请选择其他时间。",
        "zh-TW": "該班次的候補已截止，請選擇其他時間。",
        "en": "The waitlist of this session is closed. Please choose another time.",
    }


class OfferOver(Refused):
    """The place is no longer kept for this entry, or was answered already."""

    code, title = "offer_over", "The place is no longer kept"
    texts: ClassVar = {
        "zh-CN": "这个号的保留时间已过，已让给下一位。",
        "zh-TW": "這個號的保留時間已過，已讓給下一位。",
        "en": "The place is no longer kept for you. It has gone to the next in line.",
    }
