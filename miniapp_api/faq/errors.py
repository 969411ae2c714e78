"""What can be refused about answers.

Refused                    409
├─ OwnText                      nobody approves what they wrote
└─ ReviewDayPassed              the day of the next review must be to come
"""

from typing import ClassVar

from server.errors import Refused


class OwnText(Refused):
    """Who wrote the present text wants to approve it."""

    code, title = "own_text", "Own text"
    texts: ClassVar = {
        "zh-CN": "这段内容是您自己写的，请另一位同事来批准。",
        "zh-TW": "這段內容是您自己寫的，請另一位同事來核准。",
        "en": "You wrote this text yourself. Please ask a colleague to approve it.",
    }


class ReviewDayPassed(Refused):
    """The day of the next review has passed."""

    code, title = "review_day_passed", "Review day passed"
    texts: ClassVar = {
        "zh-CN": "复核日期要在今天之后。",
        "zh-TW": "複核日期要在今天之後。",
        "en": "The day of the next review must be after today.",
    }
