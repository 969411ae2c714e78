"""What can be refused around tickets and rooms.

Refused                    409
├─ QueueEmpty                   nobody waits for this room
├─ RoomBusy                     somebody is called or in the room
├─ RoomPaused                   the room does not call, or nobody is called from the whole queue
├─ NotSoPaused                  a queue is paused already, or is not
├─ RecallTooSoon                the patient was called a moment ago
├─ UndoTooLate                  the act is older than a minute
├─ CannotUndo                   the person has gone another way since
├─ NoReadyPlaces                the department has no second waiting area
├─ NobodyToAsk                  all places at the door are taken, or nobody waits
└─ HasPlace                     the person stands in this queue already

OutsideTrouble             503
└─ PlacesFull                   as many phones read from this server as it takes
"""

from datetime import datetime
from typing import ClassVar

from server import clock
from server.errors import OutsideTrouble, Refused


class QueueEmpty(Refused):
    """Nobody waits for this room."""

    code, title = "queue_empty", "Nobody waits"
    texts: ClassVar = {
        "zh-CN": "当前没有候诊患者。",
        "zh-TW": "目前沒有候診病患。",
        "en": "Nobody is waiting.",
    }


class RoomBusy(Refused):
    """Somebody is called or in the room: finish, pass over or undo first."""

    code, title = "room_busy", "Room busy"
    texts: ClassVar = {
        "zh-CN": "本诊室还有正在叫号或就诊的患者，请先处理。",
        "zh-TW": "本診室還有正在叫號或就診的病患，請先處理。",
        "en": "A patient is called or in the room. Please finish with them first.",
    }


class RoomPaused(Refused):
    """The room, or the whole queue, does not call at the moment. scope: room or queue. until: when it may go on."""

    code, title = "paused", "Calling is paused"
    texts: ClassVar = {
        "zh-CN": "本诊室已暂停叫号，请先恢复。",
        "zh-TW": "本診室已暫停叫號，請先恢復。",
        "en": "This room is paused. Please resume it first.",
    }
    _of_queue: ClassVar = {
        "zh-CN": "本科室已暂停叫号{until}，候诊患者的位置都保留。",
        "zh-TW": "本科已暫停叫號{until}，候診病患的位置都保留。",
        "en": "This department has paused calling{until}. Everybody keeps their place.",
    }
    _untils: ClassVar = {"zh-CN": "，预计 {} 恢复", "zh-TW": "，預計 {} 恢復", "en": ", most likely until {}"}

    def __init__(self, scope: str = "room", until: datetime | None = None) -> None:
        self._until = until
        super().__init__(scope=scope, until=clock.local(until).isoformat(timespec="seconds") if until else None)

    def detail(self, language: str) -> str:
        """Say which of the two it is, and until when."""
        if self.data["scope"] == "room":
            return super().detail(language)
        language = language if language in self._of_queue else "zh-CN"
        until = self._untils[language].format(f"{clock.local(self._until):%H:%M}") if self._until else ""
        return self._of_queue[language].format(until=until)


class NotSoPaused(Refused):
    """A queue is paused already, or is not paused."""

    code, title = "not_so_paused", "Nothing to change"
    texts: ClassVar = {
        "zh-CN": "叫号状态已经改变，请查看最新状态。",
        "zh-TW": "叫號狀態已經改變，請查看最新狀態。",
        "en": "This was changed meanwhile. Please look at how it stands now.",
    }


class RecallTooSoon(Refused):
    """A patient needs some seconds to get up before being called again."""

    code, title = "recall_too_soon", "Called a moment ago"
    texts: ClassVar = {
        "zh-CN": "刚刚已经叫过，请给患者一点时间，{seconds} 秒后可再次呼叫。",
        "zh-TW": "剛剛已經叫過，請給病患一點時間，{seconds} 秒後可再次呼叫。",
        "en": "The patient was called a moment ago. Please give them {seconds} more seconds.",
    }


class UndoTooLate(Refused):
    """An act can be taken back for a minute."""

    code, title = "undo_too_late", "Too late to undo"
    texts: ClassVar = {
        "zh-CN": "已超过 {seconds} 秒，不能撤回，请按实际情况继续操作。",
        "zh-TW": "已超過 {seconds} 秒，不能撤回，請按實際情況繼續操作。",
        "en": "This can be undone for {seconds} seconds only. Please go on from here.",
    }


class CannotUndo(Refused):
    """The person has a place or a booking elsewhere since."""

    code, title = "cannot_undo", "Cannot be undone"
    texts: ClassVar = {
        "zh-CN": "该患者之后已重新取号或预约，不能撤回。",
        "zh-TW": "該病患之後已重新取號或預約，不能撤回。",
        "en": "This person has taken another number or booking since. It cannot be undone.",
    }


class NoReadyPlaces(Refused):
    """The department has no second waiting area."""

    code, title = "no_ready_places", "No second waiting area"
    texts: ClassVar = {
        "zh-CN": "本科室没有开启诊室门口候诊。",
        "zh-TW": "本科沒有開啟診室門口候診。",
        "en": "This department does not ask patients to wait at the door.",
    }


class NobodyToAsk(Refused):
    """All places at the door are taken, or nobody waits."""

    code, title = "nobody_to_ask", "Nobody to ask forward"
    texts: ClassVar = {
        "zh-CN": "诊室门口已经候满，或没有候诊患者。",
        "zh-TW": "診室門口已經候滿，或沒有候診病患。",
        "en": "All places at the door are taken, or nobody is waiting.",
    }


class HasPlace(Refused):
    """A person has one place in a department's queue."""

    code, title = "has_place", "Already in the queue"
    texts: ClassVar = {
        "zh-CN": "该患者今天已在本科室候诊，无需重复取号。",
        "zh-TW": "該病患今天已在本科候診，無需重複取號。",
        "en": "This person already stands in this department's queue today.",
    }


class PlacesFull(OutsideTrouble):
    """As many phones read from this server as it takes; one that comes back later may find a place."""

    code, title = "places_full", "Too many phones"
    texts: ClassVar = {
        "zh-CN": "当前查看排队的人较多，请稍后再试。",
        "zh-TW": "目前查看排隊的人較多，請稍後再試。",
        "en": "Many people are looking at their queue just now. Please try again shortly.",
    }

    def headers(self) -> dict[str, str]:
        """Say when to come back."""
        return {"Retry-After": "15"}
