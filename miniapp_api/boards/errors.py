"""What can be refused around boards.

Refused                    409
├─ BroadcastRuns                a broadcast fills these boards already
└─ MessageOver                  it has ended already

OutsideTrouble             503
└─ BoardsFull                   as many boards read from this server as it takes
"""

from typing import ClassVar

from server.errors import OutsideTrouble, Refused


class BroadcastRuns(Refused):
    """One broadcast at a time: two would hide each other."""

    code, title = "broadcast_runs", "A broadcast runs already"
    texts: ClassVar = {
        "zh-CN": "这里已有一条紧急广播正在播放，请先结束它。",
        "zh-TW": "這裡已有一則緊急廣播正在播放，請先結束它。",
        "en": "A broadcast is running here already. Please end it first.",
    }


class MessageOver(Refused):
    """The notice or broadcast has ended already."""

    code, title = "message_over", "Over already"
    texts: ClassVar = {
        "zh-CN": "这条内容已经结束。",
        "zh-TW": "這則內容已經結束。",
        "en": "This is over already.",
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
