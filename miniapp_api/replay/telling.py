"""What a line of the log says to people: who did what, why, and by which rule the place changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from miniapp_api.queue.order import explanations
from miniapp_api.queue.order.explanations import Basis
from miniapp_api.queue.order.ordering import Rule, story_of
from server import clock
from server.web import moment

ZH_CN, ZH_TW, EN = "zh-CN", "zh-TW", "en"

_ACTS = {
    "arrived": {ZH_CN: "报到，进入队列", ZH_TW: "報到，進入佇列", EN: "arrived"},
    "confirmed": {ZH_CN: "离线报到已确认", ZH_TW: "離線報到已確認", EN: "the check-in made offline was confirmed"},
    "scanned_before": {
        ZH_CN: "更正报到时间：更早在另一导诊台扫码",
        ZH_TW: "更正報到時間：更早在另一導診台掃碼",
        EN: "was scanned earlier at another desk",
    },
    "triaged": {ZH_CN: "分诊情况有变化", ZH_TW: "分診情況有變化", EN: "needs were seen otherwise"},
    "greeted": {ZH_CN: "导诊台已接待", ZH_TW: "導診台已接待", EN: "was greeted by the desk"},
    "informed": {ZH_CN: "诊室已知道下一位", ZH_TW: "診間已知道下一位", EN: "the room knows who comes next"},
    "asked_forward": {ZH_CN: "请到{room}门口候诊", ZH_TW: "請到{room}門口候診", EN: "asked to the door of {room}"},
    "sent_back": {
        ZH_CN: "从诊室门口回到候诊区",
        ZH_TW: "從診間門口回到候診區",
        EN: "went back from the door into the line",
    },
    "called": {ZH_CN: "叫号，请到{room}", ZH_TW: "叫號，請到{room}", EN: "called into {room}"},
    "recalled": {ZH_CN: "再次叫号（{room}）", ZH_TW: "再次叫號（{room}）", EN: "called again into {room}"},
    "undone": {ZH_CN: "撤回上一步操作", ZH_TW: "撤回上一步操作", EN: "the last step was taken back"},
    "passed_over": {ZH_CN: "叫号未到，过号", ZH_TW: "叫號未到，過號", EN: "did not come when called"},
    "held": {ZH_CN: "暂缓，保留位置", ZH_TW: "暫緩，保留位置", EN: "stepped aside; the place is kept"},
    "returned": {ZH_CN: "回到队列", ZH_TW: "回到佇列", EN: "came back into the line"},
    "started": {ZH_CN: "进入诊室，开始就诊", ZH_TW: "進入診間，開始就診", EN: "the visit began"},
    "staged": {ZH_CN: "去检查或其他环节，稍后返回", ZH_TW: "去檢查或其他環節，稍後返回", EN: "sent to a station"},
    "finished": {ZH_CN: "就诊结束", ZH_TW: "就診結束", EN: "the visit ended"},
    "left": {ZH_CN: "离开，未完成就诊", ZH_TW: "離開，未完成就診", EN: "left"},
    "transferred": {ZH_CN: "转到其他科室或医生", ZH_TW: "轉到其他科室或醫師", EN: "handed on"},
    "annulled": {ZH_CN: "撤销报到", ZH_TW: "撤銷報到", EN: "the check-in was taken back"},
    "renamed": {ZH_CN: "更正姓名", ZH_TW: "更正姓名", EN: "the name was corrected"},
    "plan": {ZH_CN: "出诊安排（诊室与医生）有更新", ZH_TW: "出診安排（診間與醫師）有更新", EN: "the rooms of the day"},
    "room/paused": {ZH_CN: "暂停叫号", ZH_TW: "暫停叫號", EN: "stopped calling"},
    "room/opened": {ZH_CN: "恢复叫号", ZH_TW: "恢復叫號", EN: "calls again"},
    "queue/paused": {ZH_CN: "全科室暂停叫号", ZH_TW: "全科室暫停叫號", EN: "the whole queue stopped"},
    "queue/resumed": {ZH_CN: "全科室恢复叫号", ZH_TW: "全科室恢復叫號", EN: "the whole queue goes on"},
    "notice/posted": {ZH_CN: "发布候诊通知", ZH_TW: "發布候診通知", EN: "a notice was put up"},
    "notice/ended": {ZH_CN: "撤下候诊通知", ZH_TW: "撤下候診通知", EN: "a notice was taken down"},
}
_OTHER = {
    "ticket": {ZH_CN: "信息有变化", ZH_TW: "資訊有變化", EN: "changed"},
    "room": {ZH_CN: "诊室状态有变化", ZH_TW: "診間狀態有變化", EN: "the room changed"},
    "queue": {ZH_CN: "队列有变化", ZH_TW: "佇列有變化", EN: "the queue changed"},
    "notice": {ZH_CN: "候诊通知有变化", ZH_TW: "候診通知有變化", EN: "a notice changed"},
}
_REORDERED = {
    ZH_CN: "位置由 {before} 调整为 {after}",
    ZH_TW: "位置由 {before} 調整為 {after}",
    EN: "the place moved from {before} to {after}",
}


def event(row: dict[str, Any], rules: Mapping[int, Rule], language: str) -> dict[str, Any]:
    """Show one line of the log, as `models.EVENTS` reads it. rules: of the department, by version."""
    state = orjson.loads(row["state"]) if isinstance(row["state"], str) else row["state"]
    is_ticket = row["kind"] == "ticket"
    basis = basis_of(state) if is_ticket else {"rule": None, "rule_version": None, "sort_at": None}
    return {
        "seq": row["seq"],
        "at": clock.local(row["at"]).isoformat(timespec="milliseconds"),
        "kind": row["kind"],
        "act": row["act"],
        "subject_id": str(row["subject_id"]),
        "number": state["number"] if is_ticket else None,
        "name": state["patient"]["name"] if is_ticket else state.get("name"),
        "room": (state.get("room") or {}).get("name") if is_ticket else None,
        "from_state": row["from_state"],
        "to_state": row["to_state"],
        "by": {"kind": row["by_kind"], "name": row["by_name"] or "", "channel": row["channel"]},
        "why": row["why"],
        "sort_before": moment(row["sort_before"]),
        "sort_after": moment(row["sort_after"]),
        **basis,
        "text": sentence(row, state, language),
        "rule_text": rule_text(state, rules, language) if is_ticket else "",
    }


def sentence(row: dict[str, Any], state: dict[str, Any], language: str) -> str:
    """Say what happened, in one line."""
    words = (
        _ACTS.get(row["act"]) or _ACTS.get(f"{row['kind']}/{row['act']}") or _OTHER.get(row["kind"], _OTHER["queue"])
    )
    room = (state.get("room") or {}).get("name") or row["why"] if row["kind"] == "ticket" else ""
    subject = state["number"] if row["kind"] == "ticket" else state.get("name", "")
    said = f"{subject} {words[language].format(room=room)}".strip()
    before, after = row["sort_before"], row["sort_after"]
    if before is not None and after is not None and before != after:
        change = {"before": f"{clock.local(before):%H:%M:%S}", "after": f"{clock.local(after):%H:%M:%S}"}
        said += ("；" if language != EN else "; ") + _REORDERED[language].format(**change)
    return said


def rule_text(state: dict[str, Any], rules: Mapping[int, Rule], language: str) -> str:
    """Say what a logged ticket's place rests on. rules: of the department, by version."""
    return explanations.why(basis(state, rules), language)


def basis_of(state: dict[str, Any]) -> dict[str, Any]:
    """Give the rule of a logged ticket's place, for programs."""
    return {
        "rule": state["rule"],
        "rule_version": state["rule_version"],
        "sort_at": clock.local(datetime.fromisoformat(state["sort_at"])).isoformat(timespec="seconds"),
    }


def basis(state: dict[str, Any], rules: Mapping[int, Rule]) -> Basis:
    """Give what a logged ticket's place rests on, as the explanations want it."""
    row = as_row(state)
    return explanations.basis_of(row, story_of(row, rules))


def as_row(state: dict[str, Any]) -> dict[str, Any]:
    """Give a logged ticket as `queue.models.TICKET` reads it, as far as its place goes."""
    band = state["band"] or (None, None)
    arrived_at = datetime.fromisoformat(state["arrived_at"])
    return {
        "label": state["number"],
        "number": state["sort_number"],
        "state": state["state"],
        "day": clock.local(arrived_at).date(),
        "rule": state["rule"],
        "rule_version": state["rule_version"],
        "sort_class": state["sort_class"],
        "sort_at": datetime.fromisoformat(state["sort_at"]),
        "checked_in_at": arrived_at,
        "called_at": datetime.fromisoformat(state["called_at"]) if state["called_at"] else None,
        "practitioner_id": state["practitioner"]["id"] if state["practitioner"] else None,
        "band_starts_at": datetime.fromisoformat(band[0]) if band[0] else None,
        "band_ends_at": datetime.fromisoformat(band[1]) if band[1] else None,
        "triage": state["triage"],
        "flags": state["flags"],
        "reorderings": state["reorderings"],
    }
