"""What can be refused about offline scans. A scan is never refused as an error: its outcome is its answer.

Refused                    409
└─ ConflictResolved             somebody else has decided meanwhile
"""

from typing import ClassVar

from server.errors import Refused


class ConflictResolved(Refused):
    """Somebody else has decided about this scan meanwhile; `act` says how."""

    code, title = "conflict_resolved", "Already decided"
    texts: ClassVar = {
        "zh-CN": "这条离线记录已经有人处理了。",
        "zh-TW": "這條離線記錄已經有人處理了。",
        "en": "Somebody has decided about this offline scan already.",
    }
