"""What is refused in the call list.

Refused
├─ CallTaken             somebody else is calling this patient just now
├─ CallNotYours          a result without having taken the task
├─ CallSealed            whom the call is to is opened by two people, at the complaint
└─ NoNumber              no phone number is on file
"""

from typing import ClassVar

from server.errors import Refused


class CallTaken(Refused):
    """Somebody else is calling this patient just now, or the task is over."""

    code, title = "call_taken", "Somebody else has it"
    texts: ClassVar = {
        "zh-CN": "同事正在联系这位患者，或任务已结束，请看下一位。",
        "zh-TW": "同事正在聯絡這位患者，或任務已結束，請看下一位。",
        "en": "A colleague is calling this patient, or the task is over. Please take the next one.",
    }


class CallNotYours(Refused):
    """Only who has taken a task may write down what came of it."""

    code, title = "call_not_yours", "Not your call"
    texts: ClassVar = {
        "zh-CN": "请先领取这个回访任务，再记录结果。",
        "zh-TW": "請先領取這個回訪任務，再記錄結果。",
        "en": "Please take this call first, then record what came of it.",
    }


class CallSealed(Refused):
    """Whom a sealed complaint is from is opened by two people, and the list of calls is no way around them."""

    code, title = "call_sealed", "The identity is sealed"
    texts: ClassVar = {
        "zh-CN": "这件投诉的患者身份已密封。请在投诉页面申请查看，经另一人同意后，在那里联系患者并登记通话。",
        "zh-TW": "這件投訴的患者身分已密封。請在投訴頁面申請查看，經另一人同意後，在那裡聯絡患者並登記通話。",
        "en": "The patient of this complaint is sealed. Ask to open it at the complaint, then call from there.",
    }


class NoNumber(Refused):
    """The patient has left no phone number."""

    code, title = "no_number", "No phone number"
    texts: ClassVar = {
        "zh-CN": "这位患者没有留电话号码。",
        "zh-TW": "這位患者沒有留電話號碼。",
        "en": "This patient has left no phone number.",
    }
