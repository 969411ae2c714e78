"""What can be refused about stopped sessions.

Refused                    409
├─ AlreadySettled              the visit is settled: by the patient, by phone, or by the deadline
├─ PlaceTaken                   the practitioner or the room is not free at the new time
├─ NotReopened                  the session is open again already, or it takes place elsewhere now
└─ TooManySessions              one act takes only so many sessions
"""

from typing import ClassVar

from server.errors import Refused


class AlreadySettled(Refused):
    """Nothing is left to ask: the patient, a member of staff or the deadline has decided."""

    code, title = "already_settled", "Already settled"
    texts: ClassVar = {
        "zh-CN": "这次改约已经确认过了，请刷新查看最新安排。",
        "zh-TW": "這次改約已經確認過了，請重新整理查看最新安排。",
        "en": "This has been settled already. Please look at the newest arrangement.",
    }


class PlaceTaken(Refused):
    """The practitioner or the room has another session at that time. what: practitioner or room."""

    code, title = "place_taken", "Not free at that time"
    texts: ClassVar = {
        "zh-CN": "该时间医生或诊室已有其他班次，请换一个时间、医生或诊室。",
        "zh-TW": "該時間醫師或診室已有其他班次，請換一個時間、醫師或診室。",
        "en": "The practitioner or the room has another session at that time. Please choose another.",
    }


class NotReopened(Refused):
    """The session is open again already, or it takes place at another time or place now."""

    code, title = "not_reopened", "Cannot be opened again"
    texts: ClassVar = {
        "zh-CN": "该班次已恢复或已改到其他时间，不能恢复出诊。",
        "zh-TW": "該班次已恢復或已改到其他時間，無法恢復看診。",
        "en": "This session is open again already, or was moved to another time or place.",
    }


class TooManySessions(Refused):
    """One act takes only so many sessions."""

    code, title = "too_many_sessions", "Too many sessions"
    texts: ClassVar = {
        "zh-CN": "一次最多处理 {limit} 个班次，请分几次操作。",
        "zh-TW": "一次最多處理 {limit} 個班次，請分幾次操作。",
        "en": "At most {limit} sessions at a time. Please do it in several steps.",
    }
