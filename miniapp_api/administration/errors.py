"""What can be refused about the catalogue.

Refused                    409
├─ InUse                        bookings, clinics or people still need it
├─ CodeTaken                    another one has this code
├─ PrefixTaken                  another department calls its patients with these letters
├─ DepartmentCircle             a department would stand above itself
└─ AboveInactive                what it belongs to is out of use
"""

from typing import ClassVar

from server.errors import Refused


class InUse(Refused):
    """Bookings, clinics, departments or waiting people still need it; the counts are members of the problem."""

    code, title = "in_use", "Still in use"
    texts: ClassVar = {
        "zh-CN": "还在使用中：未完成的预约 {bookings} 个，加开的班次 {sessions_by_hand} 个，排班 {schedules} 个，"
        "下级科室 {departments} 个，候诊患者 {tickets} 位。请先处理。",
        "zh-TW": "仍在使用中：未完成的預約 {bookings} 個，加開的班次 {sessions_by_hand} 個，排班 {schedules} 個，"
        "下級科別 {departments} 個，候診患者 {tickets} 位。請先處理。",
        "en": "Still in use: open bookings {bookings}, sessions opened by hand {sessions_by_hand}, clinics {schedules},"
        " departments below {departments}, people waiting {tickets}. Please settle these first.",
    }


class CodeTaken(Refused):
    """Another one of its kind has this code."""

    code, title = "code_taken", "Code taken"
    texts: ClassVar = {
        "zh-CN": "这个代码已经用过，请换一个。",
        "zh-TW": "這個代碼已經用過，請換一個。",
        "en": "This code is in use already. Please choose another.",
    }


class PrefixTaken(Refused):
    """Two departments with one prefix would call two people with one number."""

    code, title = "prefix_taken", "Ticket prefix taken"
    texts: ClassVar = {
        "zh-CN": "排队号前缀 {prefix} 已经属于其他科室，请换一个。",
        "zh-TW": "排隊號前綴 {prefix} 已經屬於其他科別，請換一個。",
        "en": "The ticket prefix {prefix} belongs to another department. Please choose another.",
    }


class DepartmentCircle(Refused):
    """A department would stand above itself."""

    code, title = "department_circle", "Departments in a circle"
    texts: ClassVar = {
        "zh-CN": "这样会让科室成为自己的上级，请重新选择上级科室。",
        "zh-TW": "這樣會讓科別成為自己的上級，請重新選擇上級科別。",
        "en": "The department would stand above itself. Please choose another one above it.",
    }


class AboveInactive(Refused):
    """What it belongs to is out of use itself."""

    code, title = "above_inactive", "Its department is out of use"
    texts: ClassVar = {
        "zh-CN": "所属科室已停用，请先启用科室。",
        "zh-TW": "所屬科別已停用，請先啟用科別。",
        "en": "Its department is out of use. Please bring that back first.",
    }
