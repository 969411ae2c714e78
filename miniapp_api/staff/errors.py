"""What can be refused to whoever keeps the accounts of staff.

Refused                      409
├─ UsernameTaken
├─ LastAdministrator         nobody would be left who gives rights
└─ OfOneself                 one's own account is not switched off, one's own password not given
"""

from typing import ClassVar

from server.errors import Refused


class UsernameTaken(Refused):
    """Somebody signs in with this name already, perhaps somebody who left."""

    code, title = "username_taken", "User name taken"
    texts: ClassVar = {
        "zh-CN": "这个用户名已经有人使用，请换一个。",
        "zh-TW": "這個使用者名稱已經有人使用，請換一個。",
        "en": "Somebody has this user name already. Please choose another one.",
    }


class LastAdministrator(Refused):
    """Nobody would be left who gives rights."""

    code, title = "last_administrator", "The last administrator"
    texts: ClassVar = {
        "zh-CN": "这是最后一位全院管理员，请先让另一位同事成为管理员。",
        "zh-TW": "這是最後一位全院管理員，請先讓另一位同事成為管理員。",
        "en": "This is the last administrator of the hospital. Please give somebody else that role first.",
    }


class OfOneself(Refused):
    """An administrator would shut themselves out by a slip of the hand."""

    code, title = "of_oneself", "One's own account"
    texts: ClassVar = {
        "zh-CN": "不能对自己的账号这样做，请由另一位管理员操作。",
        "zh-TW": "不能對自己的帳號這樣做，請由另一位管理員操作。",
        "en": "This cannot be done to one's own account. Please ask another administrator.",
    }
