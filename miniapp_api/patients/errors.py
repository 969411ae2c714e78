"""What can be refused when a file is made at a desk.

Refused                    409
└─ LooksLike                    there are files that may be about the same person
"""

from typing import ClassVar

from server.errors import Refused


class LooksLike(Refused):
    """There are files that may be about the same person.

    candidates: the files, masked, the likeliest first. is_certain: one has the same identity number, so that there can
    be no second one.
    """

    code, title = "looks_like", "There is a file that looks the same"
    texts: ClassVar = {
        "zh-CN": "已有相似的就诊档案，请核对是不是同一个人。",
        "zh-TW": "已有相似的就診檔案，請核對是不是同一個人。",
        "en": "There is a file that looks the same. Please check whether it is the same person.",
    }
