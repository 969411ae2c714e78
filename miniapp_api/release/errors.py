"""What can be refused of draws.

Refused                    409
├─ DrawNotOpen                  nobody may enter yet
├─ DrawClosed                   the time to enter, or to withdraw, is over
├─ AlreadyEntered               this person is in the draw, from another account or file
└─ DrawNotDone                  its record is not there yet
"""

from typing import ClassVar

from server.errors import Refused


class DrawNotOpen(Refused):
    """Nobody may enter yet."""

    code, title = "draw_not_open", "The draw is not open yet"
    texts: ClassVar = {
        "zh-CN": "摇号登记 {opens_at:%m-%d %H:%M:%S} 开始，请到时再来。",
        "zh-TW": "抽籤登記 {opens_at:%m-%d %H:%M:%S} 開始，請到時再來。",
        "en": "The draw opens on {opens_at:%Y-%m-%d %H:%M:%S}. Please come back then.",
    }


class DrawClosed(Refused):
    """The time to enter, or to withdraw, is over."""

    code, title = "draw_closed", "The draw is closed"
    texts: ClassVar = {
        "zh-CN": "摇号登记已结束，剩余的号源会在摇号后开放预约。",
        "zh-TW": "抽籤登記已結束，剩餘的名額會在抽籤後開放預約。",
        "en": "The time to enter is over. Places that are left can be booked after the draw.",
    }


class AlreadyEntered(Refused):
    """This person is in the draw, from another account or as another file."""

    code, title = "already_entered", "Already in the draw"
    texts: ClassVar = {
        "zh-CN": "该就诊人已登记本次摇号，每人只有一份，多次登记不会增加机会。",
        "zh-TW": "該就診人已登記本次抽籤，每人只有一份，重複登記不會增加機會。",
        "en": "This person is in the draw already. Everybody has one entry; more would not help.",
    }


class DrawNotDone(Refused):
    """The draw is not done, so its record is not there yet."""

    code, title = "draw_not_done", "The draw is not done yet"
    texts: ClassVar = {
        "zh-CN": "摇号尚未完成，完成后会公布全部记录。",
        "zh-TW": "抽籤尚未完成，完成後會公布全部紀錄。",
        "en": "The draw is not done yet. Its whole record is published afterwards.",
    }
