"""What can be refused around arrivals. A scan is never refused as an error: its outcome is its answer.

Refused                    409
├─ CheckInRefused               the desk asked to check somebody in, and a rule says no
├─ ScanSettled                  somebody else has done something about this scan already
├─ ScanNotSettled               nothing of the kind can be done about this scan
└─ OtherDesk                    the check-in was made at another desk
"""

from typing import Any, ClassVar

from miniapp_api.checkin.answers import Answer
from server.errors import Refused


class CheckInRefused(Refused):
    """The desk asked to check somebody in by name, and a rule says no; `reason` is that of a scan."""

    code, title = "check_in_refused", "Check-in refused"
    texts: ClassVar = {
        "zh-CN": "目前不能为该预约报到。",
        "zh-TW": "目前不能為該預約報到。",
        "en": "This appointment cannot be checked in now.",
    }

    def __init__(self, answers: dict[str, Answer], **data: Any) -> None:
        super().__init__(**data)
        self._answers = answers

    def detail(self, language: str) -> str:
        """Say it as a scan would, with what the guide can do next."""
        answer = self._answers[language]
        return f"{answer.message}{answer.next_step}"


class ScanSettled(Refused):
    """Somebody has done something about this refused scan already; `settled`, `at` and `by` say what."""

    code, title = "scan_settled", "Scan settled"
    texts: ClassVar = {
        "zh-CN": "这次扫码已经处理过了，请以最新结果为准；如有需要，请重新扫码。",
        "zh-TW": "這次掃碼已經處理過了，請以最新結果為準；如有需要，請重新掃碼。",
        "en": "Somebody has dealt with this scan already. Scan again if needed.",
    }


class ScanNotSettled(Refused):
    """This cannot be done about such a scan; `reason` is that of the scan."""

    code, title = "scan_not_settled", "Not for this scan"
    texts: ClassVar = {
        "zh-CN": "这次扫码的结果不能这样处理。",
        "zh-TW": "這次掃碼的結果不能這樣處理。",
        "en": "This cannot be done about the result of this scan.",
    }


class OtherDesk(Refused):
    """The check-in was made at another desk; `desk` names it."""

    code, title = "other_desk", "Another desk"
    texts: ClassVar = {
        "zh-CN": "这次报到是在别的导诊台办的，请在原导诊台撤销，或请主管撤销。",
        "zh-TW": "這次報到是在別的導診台辦的，請在原導診台撤銷，或請主管撤銷。",
        "en": "This check-in was made at another desk. Undo it there, or ask a supervisor.",
    }
