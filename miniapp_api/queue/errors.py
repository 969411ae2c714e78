"""What can be refused around tickets and rooms.

Refused                    409
├─ QueueEmpty                   nobody waits for this room
├─ RoomBusy                     somebody is called or in the room
├─ RoomPaused                   the room does not call
├─ UndoTooLate                  the call is older than a minute
└─ HasPlace                     the person stands in this queue already

OutsideTrouble             503
└─ BoardsFull                   as many boards read from this server as it takes
"""

from typing import ClassVar

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
    """The room does not call at the moment."""

    code, title = "paused", "Room paused"
    texts: ClassVar = {
        "zh-CN": "本诊室已暂停叫号，请先恢复。",
        "zh-TW": "本診室已暫停叫號，請先恢復。",
        "en": "This room is paused. Please resume it first.",
    }


class UndoTooLate(Refused):
    """A call can be taken back for a minute."""

    code, title = "undo_too_late", "Too late to undo"
    texts: ClassVar = {
        "zh-CN": "叫号已超过 {seconds} 秒，不能撤回，请使用过号或暂缓。",
        "zh-TW": "叫號已超過 {seconds} 秒，不能撤回，請使用過號或暫緩。",
        "en": "A call can be undone for {seconds} seconds only. Please pass over or hold.",
    }


class HasPlace(Refused):
    """A person has one place in a department's queue."""

    code, title = "has_place", "Already in the queue"
    texts: ClassVar = {
        "zh-CN": "该患者今天已在本科室候诊，无需重复取号。",
        "zh-TW": "該病患今天已在本科候診，無需重複取號。",
        "en": "This person already stands in this department's queue today.",
    }


class BoardsFull(OutsideTrouble):
    """As many boards read from this server as it takes; one that comes back later may find a place."""

    code, title = "boards_full", "Too many boards"
    texts: ClassVar = {
        "zh-CN": "候诊屏连接过多，请稍后再试。",
        "zh-TW": "候診螢幕連線過多，請稍後再試。",
        "en": "Too many boards are connected. Please try again shortly.",
    }

    def headers(self) -> dict[str, str]:
        """Say when to come back."""
        return {"Retry-After": "15"}
