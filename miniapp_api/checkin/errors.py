"""What can be refused around arrivals. A scan is never refused as an error: its outcome is its answer.

Refused                    409
└─ CheckInRefused               the desk asked to check somebody in, and a rule says no
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
