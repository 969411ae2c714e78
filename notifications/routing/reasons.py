"""Why a way was left out, stopped, or came to nothing, and names of channels: in words, for whoever looks. Pure.

One place for all reasons of the hub: whoever stops a message with a new code adds a line.
"""

from collections.abc import Mapping

_ZH, _TW, _EN = "zh-CN", "zh-TW", "en"

REASONS: Mapping[str, tuple[str, str, str]] = {
    # decided when the message was made
    "duplicate": ("同样的内容刚发过", "同樣的內容剛發過", "The same words were said just before"),
    "cap": ("已达到给这个人的发送上限", "已達到給此人的發送上限", "This person has had as many messages as allowed"),
    "quiet_hours": (
        "安静时段内，等到结束已无意义",
        "安靜時段內，等到結束已無意義",
        "Quiet hours, and useless after",
    ),
    "not_before": ("还没到发送时间", "還沒到發送時間", "Its time has not come"),
    "preference": ("本人关闭了这类消息", "本人關閉了這類訊息", "The person switched this off"),
    "not_set_up": ("渠道没有配置", "管道尚未設定", "The channel is not set up"),
    "cannot_carry": ("渠道不能承载这条消息", "管道無法承載這則訊息", "The channel cannot carry this message"),
    "no_address": ("没有这个人的联系方式", "沒有此人的聯絡方式", "No address of this person is known"),
    "unhealthy": ("服务商暂时不可用", "服務商暫時不可用", "The provider is not well now"),
    "taken_before": ("这个渠道已经用过", "這個管道已經用過", "This channel was taken before"),
    # stopped before it left
    "no_consent": ("没有订阅授权", "沒有訂閱授權", "No subscribe consent is left"),
    "credit_kept": ("授权留给更重要的消息", "授權留給更重要的訊息", "The consent is kept for a more important message"),
    "consent_withdrawn": ("本人撤回了同意", "本人撤回了同意", "The person has withdrawn the consent"),
    "visit_not_expected": ("就诊已取消或已改变", "就診已取消或已變更", "The visit is no longer expected"),
    "appointment_cancelled": ("预约已取消", "預約已取消", "The appointment was cancelled"),
    "visit_reopened": ("医生重新打开了就诊", "醫師重新開啟了就診", "The room took the end of the visit back"),
    "offer_ended": ("候补名额已失效或已答复", "候補名額已失效或已答覆", "The offer is over"),
    "plan_stopped": ("随访计划已停止", "隨訪計畫已停止", "The follow-up plan was stopped"),
    "acknowledged": ("已有人处理", "已有人處理", "Somebody has taken it"),
    "closed": ("事情已办结", "事情已辦結", "The matter is closed"),
    "next_way": ("已改用下一个渠道", "已改用下一個管道", "The next way was taken instead"),
    "endpoint_off": ("外部系统已停用", "外部系統已停用", "The other system is switched off"),
    "by_hand": ("由工作人员取消", "由工作人員取消", "Cancelled by hand"),
    "deadline": ("已过时效", "已過時效", "Its deadline has passed"),
    # why a later way was not needed
    "read": ("已读", "已讀", "It was read"),
    "delivered_before": ("已经送达", "已經送達", "It was delivered already"),
    "unknown_before": (
        "上一个渠道结果不明，不再重复发送",
        "上一個管道結果不明，不再重複發送",
        "What became of the earlier way is unknown; nobody is told twice",
    ),
    "called_off": ("消息已停止", "訊息已停止", "The message was stopped"),
    # what a provider said
    "no_answer": ("服务商没有回答，结果不明", "服務商沒有回答，結果不明", "The provider gave no answer"),
    "refused": ("被服务商拒绝", "被服務商拒絕", "Refused by the provider"),
    "retry": ("服务商要求稍后再试", "服務商要求稍後再試", "The provider asked to try later"),
    "trouble": ("服务商暂时不可用", "服務商暫時不可用", "The provider is in trouble"),
    "unknown": ("结果不明", "結果不明", "Nobody knows what became of it"),
    "receipt": ("服务商报告没有送达", "服務商回報未送達", "Reported as not delivered"),
}

CHANNELS: Mapping[str, tuple[str, str, str]] = {
    "inbox": ("小程序消息", "小程式訊息", "App inbox"),
    "wechat_subscribe": ("微信订阅消息", "微信訂閱訊息", "WeChat subscribe message"),
    "wechat_official": ("公众号消息", "公眾號訊息", "WeChat official account"),
    "sms": ("短信", "簡訊", "SMS"),
    "sms_aliyun": ("短信（阿里云）", "簡訊（阿里雲）", "SMS (Aliyun)"),
    "sms_tencent": ("短信（腾讯云）", "簡訊（騰訊雲）", "SMS (Tencent)"),
    "email": ("电子邮件", "電子郵件", "Email"),
    "live": ("工作台提醒", "工作台提醒", "Console alert"),
    "wecom_app": ("企业微信应用消息", "企業微信應用訊息", "WeCom application"),
    "wecom_robot": ("企业微信群", "企業微信群", "WeCom group"),
    "apprise_staff": ("其他群提醒", "其他群提醒", "Other staff channels"),
    "call_task": ("电话任务", "電話任務", "Phone call"),
    "digest": ("汇总", "彙總", "Digest"),
    "webhook": ("外部系统通知", "外部系統通知", "Webhook"),
}


def words(reason: str, language: str) -> str:
    """Give a reason in words; a provider's code is named after them: `refused:47003`. Empty for no reason."""
    if not reason:
        return ""
    kind, _, code = reason.partition(":")
    found = REASONS.get(reason) or REASONS.get(kind)
    if found is None:
        return reason
    text = _in(found, language)
    return f"{text} ({code})" if code and reason not in REASONS else text


def channel_words(name: str, language: str) -> str:
    """Give the name of a channel or group in words; a name that nobody knows stays as it is."""
    return _in(CHANNELS[name], language) if name in CHANNELS else name


def _in(texts: tuple[str, str, str], language: str) -> str:
    return texts[{_ZH: 0, _TW: 1}.get(language, 2 if language == _EN else 0)]
