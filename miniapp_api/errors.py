"""Everything that can be refused here.

NotFound
Refused                    409
├─ PatientExists                this person is already on the account
├─ TooManyPatients              the account has as many people as it may have
├─ PatientHasBookings           a person with an open booking stays
├─ SessionStopped               停诊
├─ SlotOver                     the slot's time has passed
├─ NotYetOpen                   before 放号
├─ AlreadyBooked                one booking per person per session
├─ TooManyBookings              as many open bookings as a person may have
├─ SlotFull                     no place is left
├─ CancelTooLate                the time for giving back has passed
├─ SessionExists                the practitioner has a session that begins then
├─ ScheduleOverlap              the practitioner has another clinic at this time
└─ PlanChanged                  what was shown before a change of schedules is no longer so
"""

from typing import ClassVar

from server.errors import Refused

# ---- patients ------------------------------------------------------------------------------------------------------


class PatientExists(Refused):
    """The account has this person already: the same identity number, or a second «self»."""

    code, title = "patient_exists", "Patient exists"
    texts: ClassVar = {
        "zh-CN": "该就诊人已添加，无需重复添加。",
        "zh-TW": "該就診人已新增，無需重複新增。",
        "en": "This person has already been added.",
    }


class TooManyPatients(Refused):
    """The account has as many people as it may have."""

    code, title = "too_many_patients", "Too many patients"
    texts: ClassVar = {
        "zh-CN": "一个账号最多可添加 {limit} 位就诊人。",
        "zh-TW": "一個帳號最多可新增 {limit} 位就診人。",
        "en": "An account can hold at most {limit} people.",
    }


class PatientHasBookings(Refused):
    """A person with an open booking cannot be removed."""

    code, title = "patient_has_bookings", "Open bookings exist"
    texts: ClassVar = {
        "zh-CN": "该就诊人还有未完成的预约，请先取消预约后再删除。",
        "zh-TW": "該就診人還有未完成的預約，請先取消預約後再刪除。",
        "en": "This person has open bookings. Please cancel them first.",
    }


# ---- booking -------------------------------------------------------------------------------------------------------


class SessionStopped(Refused):
    """The clinic of this session does not take place."""

    code, title = "session_stopped", "Clinic stopped"
    texts: ClassVar = {
        "zh-CN": "很抱歉，该班次已停诊，请选择其他时间。",
        "zh-TW": "很抱歉，該班次已停診，請選擇其他時間。",
        "en": "This clinic has been cancelled. Please choose another time.",
    }


class SlotOver(Refused):
    """The time of the slot has passed, or its session takes no more bookings."""

    code, title = "slot_over", "Time has passed"
    texts: ClassVar = {
        "zh-CN": "该时段已结束，请选择其他时间。",
        "zh-TW": "該時段已結束，請選擇其他時間。",
        "en": "This time has passed. Please choose another.",
    }


class NotYetOpen(Refused):
    """Booking has not opened yet."""

    code, title = "not_yet_open", "Not yet open"
    texts: ClassVar = {
        "zh-CN": "尚未放号，{opens_at:%m-%d %H:%M} 开始预约。",
        "zh-TW": "尚未放號，{opens_at:%m-%d %H:%M} 開始預約。",
        "en": "Booking opens on {opens_at:%Y-%m-%d %H:%M}.",
    }


class AlreadyBooked(Refused):
    """This person has a place in this session."""

    code, title = "already_booked", "Already booked"
    texts: ClassVar = {
        "zh-CN": "该就诊人已预约此班次，请勿重复预约。",
        "zh-TW": "該就診人已預約此班次，請勿重複預約。",
        "en": "This person already has a booking in this session.",
    }


class TooManyBookings(Refused):
    """This person has as many open bookings as a person may have."""

    code, title = "too_many_bookings", "Too many open bookings"
    texts: ClassVar = {
        "zh-CN": "每位就诊人最多可有 {limit} 个未就诊的预约。",
        "zh-TW": "每位就診人最多可有 {limit} 個未就診的預約。",
        "en": "A person can have at most {limit} open bookings.",
    }


class SlotFull(Refused):
    """No place is left."""

    code, title = "slot_full", "Slot full"
    texts: ClassVar = {
        "zh-CN": "该时段已约满，请选择其他时间。",
        "zh-TW": "該時段已約滿，請選擇其他時間。",
        "en": "This time is fully booked. Please choose another.",
    }


class CancelTooLate(Refused):
    """The time for giving a booking back has passed."""

    code, title = "cancel_too_late", "Too late to change"
    texts: ClassVar = {
        "zh-CN": "已过可取消或改约的时间，如有需要请联系导诊台。",
        "zh-TW": "已過可取消或改約的時間，如有需要請聯絡導診台。",
        "en": "It is too late to change this booking. Please ask the guide desk.",
    }


class SessionExists(Refused):
    """The practitioner has a session that begins at this time."""

    code, title = "session_exists", "Session exists"
    texts: ClassVar = {
        "zh-CN": "该医生在此时间已有班次。",
        "zh-TW": "該醫師在此時間已有班次。",
        "en": "This practitioner already has a session at this time.",
    }


# ---- schedules -----------------------------------------------------------------------------------------------------


class ScheduleOverlap(Refused):
    """The practitioner has another clinic at this time."""

    code, title = "schedule_overlap", "Clinics overlap"
    texts: ClassVar = {
        "zh-CN": "该医生在此时间已有排班，请调整时间。",
        "zh-TW": "該醫師在此時間已有排班，請調整時間。",
        "en": "This practitioner already has a clinic at this time.",
    }


class PlanChanged(Refused):
    """Since the preview somebody booked, or changed a schedule: it has to be looked at again."""

    code, title = "plan_changed", "The preview is out of date"
    texts: ClassVar = {
        "zh-CN": "预览后号源有变化，请重新预览并确认。",
        "zh-TW": "預覽後號源有變化，請重新預覽並確認。",
        "en": "Something has changed since the preview. Please preview again.",
    }


# ---- check-in, queue, desk -----------------------------------------------------------------------------------------
