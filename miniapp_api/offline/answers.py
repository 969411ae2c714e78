"""What a desk reads about a scan that came later: what became of it, and what to do. In three languages. Pure."""

from typing import Any

from miniapp_api.checkin.answers import EN, ZH_CN, ZH_TW, Answer, waiting_place
from server import clock
from server.privacy import mask_name

_TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    "first": {
        ZH_CN: (
            "{name} 报到成功，{department} {number} 号。{at} 离线扫码，早于{first_desk}的 {first_at}，按 {at} 排队。",
            "请患者到{place}候诊，留意叫号。",
        ),
        ZH_TW: (
            "{name} 報到成功，{department} {number} 號。{at} 離線掃碼，早於{first_desk}的 {first_at}，按 {at} 排隊。",
            "請病患到{place}候診，留意叫號。",
        ),
        EN: (
            "{name} is checked in for {department}: number {number}. Scanned offline at {at}, before {first_at} at"
            " {first_desk}; the place counts from {at}.",
            "Please wait at {place} and watch for the call.",
        ),
    },
    "later": {
        ZH_CN: ("{name} 已于 {first_at} 在{first_desk}{how}报到，{department} {number} 号。", "请到{place}候诊。"),
        ZH_TW: ("{name} 已於 {first_at} 在{first_desk}{how}報到，{department} {number} 號。", "請到{place}候診。"),
        EN: (
            "{name} was checked in{how} at {first_at} at {first_desk}: {department}, number {number}.",
            "Please wait at {place}.",
        ),
    },
    "known": {
        ZH_CN: ("扫码时患者已经报到。", "无需处理。"),
        ZH_TW: ("掃碼時病患已經報到。", "無需處理。"),
        EN: ("The patient was checked in already when scanned.", "There is nothing to do."),
    },
    "refused": {
        ZH_CN: ("离线时未予报到，已记录。", "患者如仍在现场，请重新扫码。"),
        ZH_TW: ("離線時未予報到，已記錄。", "病患如仍在現場，請重新掃碼。"),
        EN: ("The desk did not check in while offline; it is on record.", "Scan again if the patient is still here."),
    },
    "day_over": {
        ZH_CN: ("{name} 是 {day} {at} 离线报到的，那天的队列已经结束。", "请核实当天是否已就诊，再确认。"),
        ZH_TW: ("{name} 是 {day} {at} 離線報到的，那天的隊列已經結束。", "請核實當天是否已就診，再確認。"),
        EN: (
            "{name} was let in offline on {day} at {at}; the queue of that day is over.",
            "Find out whether the visit took place, then confirm.",
        ),
    },
    "annulled": {
        ZH_CN: ("{name} {at} 离线报到，但该报到后来被撤销。", "请确认患者是否仍要就诊。"),
        ZH_TW: ("{name} {at} 離線報到，但該報到後來被撤銷。", "請確認病患是否仍要就診。"),
        EN: (
            "{name} was let in offline at {at}, and the check-in was taken back afterwards.",
            "Find out whether the patient still wants to be seen.",
        ),
    },
    "has_place": {
        ZH_CN: ("{name} 在{department}已有 {number} 号，同一科室不再另给号。", "请确认用哪一个预约就诊。"),
        ZH_TW: ("{name} 在{department}已有 {number} 號，同一科室不再另給號。", "請確認用哪一個預約就診。"),
        EN: (
            "{name} has number {number} in {department} already; there is one place a person.",
            "Find out for which booking the visit is.",
        ),
    },
    "clock_unknown": {
        ZH_CN: ("{name} 离线报到时设备时钟有误，无法判断二维码当时是否有效。", "请核对患者本人后报到。"),
        ZH_TW: ("{name} 離線報到時設備時鐘有誤，無法判斷二維碼當時是否有效。", "請核對病患本人後報到。"),
        EN: (
            "The device's clock was wrong when {name} was let in, so the code cannot be judged.",
            "Make sure of the person, then check in.",
        ),
    },
}
_OFFLINE = {ZH_CN: "离线", ZH_TW: "離線", EN: " offline"}
_ELSEWHERE = {ZH_CN: "其他地方", ZH_TW: "其他地方", EN: "another place"}


def answer(key: str, language: str, row: dict[str, Any] | None = None, **more: Any) -> Answer:
    """Say what became of a scan. row: as `checkin.models.LOOK` gives it. more: see the texts; moments are moments."""
    message, next_step = _TEXTS[key][language]
    values: dict[str, Any] = {"first_desk": _ELSEWHERE[language], "how": "", **_of(row), **more}
    values["first_desk"] = values["first_desk"] or _ELSEWHERE[language]
    if values.pop("is_offline", False):
        values["how"] = _OFFLINE[language]
    for name in ("at", "first_at"):
        if values.get(name):
            local = clock.local(values[name])
            values[name] = f"{local:%H:%M}"
            if name == "at":
                values["day"] = f"{local:%m-%d}"
    return Answer(message.format(**values), next_step.format(**values))


def _of(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None or row["id"] is None:
        return {}
    return {
        "name": mask_name(row["patient_name"]),
        "department": row["ticket_department_name"] or row["department_name"],
        "number": row["ticket_label"],
        "place": waiting_place(row),
    }
