"""What is refused when staff book."""

from typing import ClassVar

from server.errors import Refused


class ExtrasUsed(Refused):
    """As many extra places were granted in this session as the hospital allows."""

    code, title = "extras_used", "No more extra places"
    texts: ClassVar = {
        "zh-CN": "该班次最多可加 {limit} 个号，已加满。",
        "zh-TW": "該班次最多可加 {limit} 個號，已加滿。",
        "en": "At most {limit} extra places can be granted in this session.",
    }
