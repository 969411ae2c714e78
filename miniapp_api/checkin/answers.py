"""What the desk and the phone read after a scan: a sentence, and what can be done next. In three languages. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server import clock
from server.privacy import mask_name

# What only the line knows when the ticket is born; the statement fills it in.
NUMBER, AHEAD, ABOUT, WITHIN = "{{number}}", "{{ahead}}", "{{about}}", "{{within}}"

ZH_CN, ZH_TW, EN = "zh-CN", "zh-TW", "en"


@dataclass(frozen=True)
class Answer:
    """Two sentences: what happened, and what to do next."""

    message: str
    next_step: str


_TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    "accepted": {
        ZH_CN: (
            "{name}，{department}报到成功，{number} 号，前面 {ahead} 人，约 {about} 分钟，多数在 {within} 分钟内。",
            "请患者到{place}候诊，留意叫号。",
        ),
        ZH_TW: (
            "{name}，{department}報到成功，{number} 號，前面 {ahead} 人，約 {about} 分鐘，多數在 {within} 分鐘內。",
            "請病患到{place}候診，留意叫號。",
        ),
        EN: (
            "{name} is checked in for {department}: number {number}, {ahead} ahead, about {about} minutes,"
            " most within {within}.",
            "Please wait at {place} and watch for the call.",
        ),
    },
    "accepted_paused": {
        ZH_CN: (
            "{name}，{department}报到成功，{number} 号，前面 {ahead} 人，诊室暂停叫号，恢复后按顺序叫号。",
            "请患者到{place}候诊，留意叫号。",
        ),
        ZH_TW: (
            "{name}，{department}報到成功，{number} 號，前面 {ahead} 人，診室暫停叫號，恢復後按順序叫號。",
            "請病患到{place}候診，留意叫號。",
        ),
        EN: (
            "{name} is checked in for {department}: number {number}, {ahead} ahead; calling is paused and goes on in"
            " the same order.",
            "Please wait at {place} and watch for the call.",
        ),
    },
    "back_in_line": {
        ZH_CN: ("{name} 已回到队列，{ticket_department} {number} 号。", "请到{place}候诊，会按返回的规则尽快叫号。"),
        ZH_TW: ("{name} 已回到隊列，{ticket_department} {number} 號。", "請到{place}候診，會按返回的規則儘快叫號。"),
        EN: (
            "{name} is back in the line of {ticket_department}, number {number}.",
            "Please wait at {place}; returning patients are called soon.",
        ),
    },
    "already_checked_in": {
        ZH_CN: (
            "{name} 已于 {first_at} 在{first_desk}报到，{ticket_department} {number} 号。",
            "无需再次扫码，请到{place}候诊；如已过号，请在队列中为患者重新排队。",
        ),
        ZH_TW: (
            "{name} 已於 {first_at} 在{first_desk}報到，{ticket_department} {number} 號。",
            "無需再次掃碼，請到{place}候診；如已過號，請在隊列中為病患重新排隊。",
        ),
        EN: (
            "{name} checked in at {first_at} at {first_desk}: {ticket_department}, number {number}.",
            "No second scan is needed; please wait at {place}. If the call was missed, return the ticket to the queue.",
        ),
    },
    "unknown_code": {
        ZH_CN: ("无法识别的二维码。", "请让患者打开小程序的「就诊码」再扫，或按姓名、手机尾号查找。"),
        ZH_TW: ("無法識別的二維碼。", "請讓病患開啟小程式的「就診碼」再掃，或按姓名、手機末碼查找。"),
        EN: (
            "This code is not one of ours.",
            "Ask the patient to open the visit code in the mini-app, or find by name.",
        ),
    },
    "forged": {
        ZH_CN: ("二维码未通过验证，不是本院签发的就诊码。", "请勿放行，请按姓名和证件核对患者预约。"),
        ZH_TW: ("二維碼未通過驗證，不是本院簽發的就診碼。", "請勿放行，請按姓名和證件核對病患預約。"),
        EN: (
            "The code is not signed by this hospital.",
            "Do not accept it; check the booking by name and identity card.",
        ),
    },
    "code_expired": {
        ZH_CN: ("二维码已过期，可能是较早的截图。", "请让患者在小程序中刷新就诊码后再扫。"),
        ZH_TW: ("二維碼已過期，可能是較早的截圖。", "請讓病患在小程式中重新整理就診碼後再掃。"),
        EN: (
            "The code has expired; it may be an old screenshot.",
            "Ask the patient to refresh the code in the mini-app.",
        ),
    },
    "wrong_day": {
        ZH_CN: ("{name} 的预约不在今天，是 {day} {starts_at}。", "请患者当天再来；如需今天就诊，可办理现场登记。"),
        ZH_TW: ("{name} 的預約不在今天，是 {day} {starts_at}。", "請病患當天再來；如需今天就診，可辦理現場登記。"),
        EN: (
            "{name}'s appointment is not today but on {day} at {starts_at}.",
            "Ask the patient to come that day, or register a walk-in for today.",
        ),
    },
    "wrong_department": {
        ZH_CN: (
            "{name} 预约的是{department}，应在{right_desk}报到。",
            "可以在这里直接转报到，或指引患者前往{right_place}。",
        ),
        ZH_TW: (
            "{name} 預約的是{department}，應在{right_desk}報到。",
            "可以在這裡直接轉報到，或指引病患前往{right_place}。",
        ),
        EN: (
            "{name} is booked for {department} and checks in at {right_desk}.",
            "Check in there from here, or show the way to {right_place}.",
        ),
    },
    "wrong_department_alone": {
        ZH_CN: ("您预约的是{department}，应在{right_desk}报到。", "请前往{right_place}。"),
        ZH_TW: ("您預約的是{department}，應在{right_desk}報到。", "請前往{right_place}。"),
        EN: ("You are booked for {department}; please check in at {right_desk}.", "Please go to {right_place}."),
    },
    "ask_at_desk": {
        ZH_CN: ("这张海报只指路，不能用来报到。", "请到{desk}（{desk_place}）扫屏幕上的二维码，或请导医扫您的就诊码。"),
        ZH_TW: (
            "這張海報只指路，不能用來報到。",
            "請到{desk}（{desk_place}）掃螢幕上的二維碼，或請服務人員掃您的就診碼。",
        ),
        EN: (
            "This poster shows the way; it does not check in.",
            "Go to {desk}, {desk_place}, and scan the code on its screen, or show your visit code to the guide.",
        ),
    },
    "old_poster": {
        ZH_CN: ("这张海报已经停用。", "请到导诊台扫新的二维码，或请导医扫您的就诊码。"),
        ZH_TW: ("這張海報已經停用。", "請到導診台掃新的二維碼，或請服務人員掃您的就診碼。"),
        EN: (
            "This poster is no longer in use.",
            "Scan the new code at the desk, or show your visit code to the guide.",
        ),
    },
    "desk_code_unknown": {
        ZH_CN: ("这不是本院导诊台的二维码。", "请扫导诊台屏幕或海报上的二维码，或请导医扫您的就诊码。"),
        ZH_TW: ("這不是本院導診台的二維碼。", "請掃導診台螢幕或海報上的二維碼，或請服務人員掃您的就診碼。"),
        EN: (
            "This is not the code of one of our desks.",
            "Scan the code on the desk's screen or poster, or show your visit code to the guide.",
        ),
    },
    "desk_code_expired": {
        ZH_CN: ("这个二维码已经更新。", "请再扫一次导诊台屏幕上的二维码。"),
        ZH_TW: ("這個二維碼已經更新。", "請再掃一次導診台螢幕上的二維碼。"),
        EN: ("This code has been replaced.", "Please scan the code on the desk's screen again."),
    },
    "too_early": {
        ZH_CN: (
            "还未到报到时间，{name} 的预约 {opens_at} 起可以报到。",
            "请患者 {opens_at} 后再来；有特殊情况可说明原因办理。",
        ),
        ZH_TW: (
            "還未到報到時間，{name} 的預約 {opens_at} 起可以報到。",
            "請病患 {opens_at} 後再來；有特殊情況可說明原因辦理。",
        ),
        EN: (
            "Too early: check-in for {name} opens at {opens_at}.",
            "Ask the patient to come back then; the desk can check in with a reason.",
        ),
    },
    "too_late": {
        ZH_CN: ("已过报到时间，{name} 的预约 {closes_at} 截止报到。", "可说明原因补办报到，或办理现场登记、改约。"),
        ZH_TW: ("已過報到時間，{name} 的預約 {closes_at} 截止報到。", "可說明原因補辦報到，或辦理現場登記、改約。"),
        EN: (
            "Too late: check-in for {name} closed at {closes_at}.",
            "Check in with a reason, register a walk-in, or book another time.",
        ),
    },
    "cancelled": {
        ZH_CN: ("{name} 的这个预约已取消、改约或失效。", "请查看患者是否有其他预约，或办理现场登记。"),
        ZH_TW: ("{name} 的這個預約已取消、改約或失效。", "請查看病患是否有其他預約，或辦理現場登記。"),
        EN: (
            "This appointment of {name} was cancelled, moved or has lapsed.",
            "Look for another booking of the patient, or register a walk-in.",
        ),
    },
    "session_stopped": {
        ZH_CN: ("{name} 预约的{department}班次已停诊。", "请向患者致歉，协助改约或改挂其他医生。"),
        ZH_TW: ("{name} 預約的{department}班次已停診。", "請向病患致歉，協助改約或改掛其他醫師。"),
        EN: (
            "The clinic of {department} that {name} booked does not take place.",
            "Apologise, and help to book another time or practitioner.",
        ),
    },
    "none_today": {
        ZH_CN: ("您今天没有可以在这里报到的预约。", "请核对预约时间，或到导诊台咨询。"),
        ZH_TW: ("您今天沒有可以在這裡報到的預約。", "請核對預約時間，或到導診台諮詢。"),
        EN: (
            "You have no appointment to check in for here today.",
            "Check the time of your booking, or ask at the desk.",
        ),
    },
}
_THE_DESK = {ZH_CN: "导诊台", ZH_TW: "導診台", EN: "the desk"}


def answer(key: str, language: str, row: Mapping[str, Any] | None = None, **more: Any) -> Answer:
    """Say what a scan means. key: an outcome, or the reason of a refusal. row: as `models.LOOK` gives it."""
    message, next_step = _TEXTS[key][language]
    values = {**_values(row, language), **more} if row else more
    return Answer(message.format(**values), next_step.format(**values))


def waiting_place(row: Mapping[str, Any]) -> str:
    """Say where to wait: at the room of the session, or where the department is."""
    room = " ".join(part for part in (row["room_location"], row["room_name"]) if part)
    return room or row["department_location"] or row["department_name"]


def _values(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    starts_at = clock.local(row["starts_at"])
    return {
        "name": mask_name(row["patient_name"]),
        "department": row["department_name"],
        "location": row["department_location"] or row["department_name"],
        "place": waiting_place(row),
        "day": f"{starts_at:%m-%d}",
        "starts_at": f"{starts_at:%H:%M}",
        "number": row["ticket_label"] or NUMBER,
        "ahead": AHEAD,
        "about": ABOUT,
        "within": WITHIN,
        "first_at": f"{clock.local(row['checked_in_at']):%H:%M}" if row["checked_in_at"] else "",
        "first_desk": row["first_desk_name"] or _THE_DESK[language],
        "right_desk": row.get("right_desk_name") or row["department_name"],
        "right_place": row.get("right_desk_location") or row["department_location"] or row["department_name"],
        "ticket_department": row["ticket_department_name"] or row["department_name"],
    }
