"""Everything that can be refused here.

NotFound
Refused                    409
├─ PatientExists                this person is already on the account
├─ TooManyPatients              the account has as many people as it may have
├─ PatientHasBookings           a person with an open booking stays
├─ BookingsClash                the person has bookings elsewhere that exclude those of this file
├─ SessionStopped               停诊
├─ SlotOver                     the slot's time has passed
├─ NotYetOpen                   before 放号
├─ AlreadyBooked                one booking per person per session
├─ TimeConflict                 the person has another booking at this time
├─ TooManyBookings              as many open bookings as a person may have
├─ TooManyThisMonth             as many bookings as a person may have in a month
├─ SamePractitioner             as many visits to one practitioner as a day may have
├─ Suspended                    爽约: no booking by phone for a while
├─ SlotFull                     no place is left
├─ DrawOpen                     the places of this session are drawn
├─ RevisitOver                  a visit is too long ago to come again on its account
├─ RevisitBooked                the return to this visit is booked already
├─ HoldExpired                  the place was kept until a moment that has passed
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


class BookingsClash(Refused):
    """With these data the file is about a person whose other bookings exclude those of this file."""

    code, title = "bookings_clash", "Bookings exclude each other"
    texts: ClassVar = {
        "zh-CN": "该就诊人在其他账号已有相同时间或班次的预约，请先取消其中一个。",
        "zh-TW": "該就診人在其他帳號已有相同時間或班次的預約，請先取消其中一個。",
        "en": "This person has a booking at the same time on another account. Please cancel one of them first.",
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


class TimeConflict(Refused):
    """This person has another booking at this time. appointment_id: which."""

    code, title = "time_conflict", "Another booking at this time"
    texts: ClassVar = {
        "zh-CN": "该就诊人在此时间已有其他预约，请选择其他时间。",
        "zh-TW": "該就診人在此時間已有其他預約，請選擇其他時間。",
        "en": "This person has another booking at this time. Please choose another.",
    }


class TooManyThisMonth(Refused):
    """This person has as many bookings as a person may have in one month."""

    code, title = "too_many_this_month", "Too many bookings this month"
    texts: ClassVar = {
        "zh-CN": "每位就诊人每月最多可预约 {limit} 次。",
        "zh-TW": "每位就診人每月最多可預約 {limit} 次。",
        "en": "A person can book at most {limit} times a month.",
    }


class SamePractitioner(Refused):
    """This person visits this practitioner as often as one day may have."""

    code, title = "same_practitioner", "Same practitioner on that day"
    texts: ClassVar = {
        "zh-CN": "该就诊人当天已预约这位医生，请选择其他日期或医生。",
        "zh-TW": "該就診人當天已預約這位醫師，請選擇其他日期或醫師。",
        "en": "This person already sees this practitioner on that day. Please choose another day or practitioner.",
    }


class Suspended(Refused):
    """This person may not book by phone for a while. until: when that ends."""

    code, title = "suspended", "Booking suspended"
    texts: ClassVar = {
        "zh-CN": "因多次预约后未到，{until:%Y-%m-%d %H:%M} 前暂不能线上预约。如有特殊情况可申诉，也可到导诊台预约。",
        "zh-TW": "因多次預約後未到，{until:%Y-%m-%d %H:%M} 前暫不能線上預約。如有特殊情況可申訴，也可到導診台預約。",
        "en": "After several missed visits, online booking is paused until {until:%Y-%m-%d %H:%M}. "
        "You can appeal, or book at the guide desk.",
    }


class DrawOpen(Refused):
    """The places of this session are drawn; after the draw what is left can be booked.

    draw_id, closes_at: which draw and until when one can enter, once it is made.
    """

    code, title = "draw_open", "Places are being drawn"
    texts: ClassVar = {
        "zh-CN": "该班次正在摇号，请登记摇号或等待摇号结束。",
        "zh-TW": "該班次正在抽籤，請登記抽籤或等待抽籤結束。",
        "en": "The places of this session are being drawn. Please enter the draw or wait until it is over.",
    }


class RevisitOver(Refused):
    """The visit is too long ago; an ordinary booking is possible."""

    code, title = "revisit_over", "Too long ago"
    texts: ClassVar = {
        "zh-CN": "距上次就诊已超过 {days} 天，请按普通号预约。",
        "zh-TW": "距上次就診已超過 {days} 天，請按普通號預約。",
        "en": "That visit was more than {days} days ago. Please book an ordinary appointment.",
    }


class RevisitBooked(Refused):
    """The return to this visit is booked already."""

    code, title = "revisit_booked", "Return visit already booked"
    texts: ClassVar = {
        "zh-CN": "该次就诊的复诊已预约，请勿重复预约。",
        "zh-TW": "該次就診的複診已預約，請勿重複預約。",
        "en": "The return to this visit has already been booked.",
    }


class HoldExpired(Refused):
    """The place was kept until a moment that has passed."""

    code, title = "hold_expired", "The place is no longer kept"
    texts: ClassVar = {
        "zh-CN": "为您保留的号源已过期，请重新选择。",
        "zh-TW": "為您保留的號源已過期，請重新選擇。",
        "en": "The place was kept for you for a while and is no longer. Please choose again.",
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
