"""The words of deciding about the order: what another rule would change today. Data and one sentence."""

from miniapp_api.queue.order.explanation_texts import EN, ZH_CN, ZH_TW
from miniapp_api.queue.order.settings import Look

NOBODY = {
    ZH_CN: "现在没有人候诊。新规则对之后报到的人生效。",
    ZH_TW: "現在沒有人候診。新規則對之後報到的人生效。",
    EN: "Nobody waits now. The rule holds for whoever comes from now on.",
}
SAME = {
    ZH_CN: "现在候诊的 {waiting} 人若按这个规则报到，先后完全一样。新规则只对之后报到的人生效。",
    ZH_TW: "現在候診的 {waiting} 人若按這個規則報到，先後完全一樣。新規則只對之後報到的人生效。",
    EN: "The {waiting} who wait now would stand as they do. The rule holds only for whoever comes from now on.",
}
OTHER = {
    ZH_CN: "现在候诊的 {waiting} 人若按这个规则报到，{moved} 人会排在别的位置{most}。"
    "他们现在的位置不变，新规则只对之后报到的人生效。",
    ZH_TW: "現在候診的 {waiting} 人若按這個規則報到，{moved} 人會排在別的位置{most}。"
    "他們現在的位置不變，新規則只對之後報到的人生效。",
    EN: "Of the {waiting} who wait now, {moved} would stand elsewhere{most}."
    " They keep their places; the rule holds only for whoever comes from now on.",
}
AHEAD = {
    ZH_CN: "，{number} 会靠前 {places} 位",
    ZH_TW: "，{number} 會靠前 {places} 位",
    EN: ", {number} would be {places} ahead",
}
BEHIND = {
    ZH_CN: "，{number} 会靠后 {places} 位",
    ZH_TW: "，{number} 會靠後 {places} 位",
    EN: ", {number} would be {places} behind",
}


def said(look: Look, language: str) -> str:
    """Say what a rule would have meant for those who wait now, and whom it would have moved most."""
    if not look.moved:
        return (SAME if look.waiting else NOBODY)[language].format(waiting=look.waiting)
    first = min(look.moved, key=lambda one: one.after - one.before)
    last = max(look.moved, key=lambda one: one.after - one.before)
    most = AHEAD[language].format(number=first.number, places=first.before - first.after)
    most += BEHIND[language].format(number=last.number, places=last.after - last.before)
    return OTHER[language].format(waiting=look.waiting, moved=len(look.moved), most=most)
