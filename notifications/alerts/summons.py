"""The catalogue for staff: which fact calls whom, and what it says on the screen and in the group chat.

No patient's name and no text of a patient goes into the chat.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from notifications import fields
from server import clock
from server.facts import (
    AnonymousHarmFound,
    AnswerDue,
    ComplaintAssigned,
    ComplaintCalledAgain,
    ComplaintEscalated,
    ComplaintFiled,
    ComplaintHarmHeard,
    ComplaintMessaged,
    ComplaintReopened,
    ComplaintUnanswered,
    ComplaintWarned,
    DutyUncovered,
    FollowUpAlarming,
    HolidaysUnknown,
    ImprovementAssigned,
    ImprovementDue,
    ImprovementJudged,
    ImprovementProposed,
    OfflineConflictFound,
    PagesPooled,
    PagesTooMany,
    ProviderDown,
    ProviderTrouble,
    ReportMade,
    ScheduleConflictsFound,
    SignalRaised,
    SignalsGathered,
    TriageRaised,
    TriageUnconfirmed,
    UnsealingAsked,
    UnsealingDecided,
    WaitsMisjudged,
    WebhookGaveUp,
)

ROBOT_LASTS = timedelta(hours=12)
SIGNALS_NAMED = 5
LEVELS = ("投诉专员", "客服主管", "科室负责人", "院委会")
CLOCKS = {
    "acknowledgement": "受理",
    "first_response": "首次回复",
    "answer": "答复",
    "update": "进展通报",
    "legal": "法定",
    "lease": "受理后进展",
}
REASONS = {"severity": "为 A 级", "reopened": "患者两次不满意", "no_handler": "没有可以处理的人"}

Alarming = (
    ComplaintFiled
    | ComplaintAssigned
    | ComplaintEscalated
    | ComplaintWarned
    | ComplaintHarmHeard
    | ComplaintUnanswered
    | PagesPooled
    | PagesTooMany
    | DutyUncovered
    | ComplaintMessaged
    | UnsealingAsked
    | UnsealingDecided
    | ComplaintReopened
    | HolidaysUnknown
    | AnswerDue
    | OfflineConflictFound
    | ScheduleConflictsFound
    | WaitsMisjudged
    | SignalRaised
    | SignalsGathered
    | AnonymousHarmFound
    | TriageUnconfirmed
    | ReportMade
    | WebhookGaveUp
    | ImprovementProposed
    | ImprovementAssigned
    | ImprovementDue
    | ImprovementJudged
    | ProviderDown
    | ProviderTrouble
)


@dataclass(frozen=True)
class Summons:
    """A call to staff about one subject.

    key: the same call gives the same key. staff_ids: who is called; none means whoever is on duty and not barred.
    pooled_ids: of those, who hear of it in one message for all, and see it on their screen all the same.
    is_chatted: the robot says it as well. is_repeated: it sounds again until somebody acknowledges; a complaint's calls
    are repeated by its own ladder.
    """

    kind: str
    key: str
    subject_id: UUID
    severity: str
    title: str
    lines: tuple[tuple[str, str], ...]
    staff_ids: tuple[UUID, ...]
    deadline: datetime
    pooled_ids: tuple[UUID, ...] = ()
    level: int = 0
    is_chatted: bool = True
    subject_kind: str = "complaint"
    barred_ids: tuple[UUID, ...] = ()
    is_repeated: bool = True

    @property
    def detail(self) -> str:
        """Give the lines as one line for the screen."""
        return "，".join(f"{label}：{text}" for label, text in self.lines)


def summons_of(fact: Alarming) -> Summons:
    """Give the call that a fact means for staff."""
    match fact:
        case ComplaintFiled():
            return _to_handler(fact, "complaint_filed", "新投诉")
        case ComplaintReopened():
            return _to_handler(fact, "complaint_reopened", f"投诉重新处理（第 {fact.cycle} 轮）")
        case ComplaintAssigned():
            return _to_handler(fact, "complaint_assigned", "投诉转交给您")
        case ComplaintEscalated():
            return _escalated(fact)
        case ComplaintWarned():
            return _warned(fact)
        case ComplaintHarmHeard():
            return _harm_heard(fact)
        case ComplaintUnanswered():
            return _unanswered(fact)
        case PagesPooled():
            return _pooled(fact)
        case PagesTooMany():
            return _too_many(fact)
        case DutyUncovered():
            return _uncovered(fact)
        case ComplaintMessaged():
            return Summons(
                kind="complaint_message",
                key=f"complaint:{fact.complaint_id}:message:{fact.at.isoformat()}",
                subject_id=fact.complaint_id,
                severity="B",
                title=f"患者补充了投诉 {fact.number}",
                lines=_lines(("主题", fact.topic)),
                staff_ids=_one(fact.handler_id),
                deadline=fact.at + ROBOT_LASTS,
                is_chatted=False,
                barred_ids=fact.barred_ids,
            )
        case UnsealingAsked():
            return _asked_to_open(fact)
        case UnsealingDecided():
            return _decided_to_open(fact)
        case ScheduleConflictsFound():
            return _in_the_way(fact)
        case HolidaysUnknown():
            return _holidays(fact)
        case SignalRaised():
            return _signal(fact)
        case SignalsGathered():
            return _signals(fact)
        case AnonymousHarmFound():
            return _harm(fact)
        case WaitsMisjudged():
            return _misjudged(fact)
        case OfflineConflictFound():
            return _offline(fact)
        case AnswerDue():
            return _answer_due(fact)
        case TriageUnconfirmed():
            return _unconfirmed(fact)
        case ReportMade():
            return _report(fact)
        case FollowUpAlarming():
            return _alarming(fact)
        case WebhookGaveUp():
            return _gave_up(fact)
        case ImprovementProposed() | ImprovementAssigned() | ImprovementDue() | ImprovementJudged():
            return _improvement(fact)
        case ProviderDown():
            return _provider_down(fact)
        case ProviderTrouble():
            return _provider_trouble(fact)


def _to_handler(fact: ComplaintFiled | ComplaintReopened | ComplaintAssigned, kind: str, words: str) -> Summons:
    return Summons(
        kind=kind,
        key=f"complaint:{fact.complaint_id}:{kind.removeprefix('complaint_')}:{fact.cycle}",
        subject_id=fact.complaint_id,
        severity=fact.severity,
        title=f"【{fact.severity} 级】{words} {fact.number}",
        lines=_lines(
            ("科室", fact.department_name),
            ("主题", fact.topic),
            ("处理人", fact.handler_name),
            ("请于此前受理", _until(fact.acknowledge_due_at)),
            ("请于此前首次回复", _until(fact.response_due_at)),
        ),
        staff_ids=_one(fact.handler_id),
        pooled_ids=fact.pooled_ids,
        deadline=clock.now() + ROBOT_LASTS,
        barred_ids=() if isinstance(fact, ComplaintAssigned) else fact.barred_ids,
        is_repeated=False,
    )


def _escalated(fact: ComplaintEscalated) -> Summons:
    who = LEVELS[fact.level] if 0 <= fact.level < len(LEVELS) else str(fact.level)
    what = f"{CLOCKS[fact.clock]}超时" if fact.clock in CLOCKS else REASONS.get(fact.clock, "人工升级")
    return Summons(
        kind="complaint_escalated",
        key=f"complaint:{fact.complaint_id}:escalated:{fact.clock}:{fact.cycle}:{fact.level}",
        subject_id=fact.complaint_id,
        severity=fact.severity,
        level=fact.level,
        title=f"【{fact.severity} 级】投诉 {fact.number} {what}，升级至{who}",
        lines=_lines(("科室", fact.department_name), ("主题", fact.topic), ("请于此前受理", _until(fact.due_at))),
        staff_ids=fact.staff_ids,
        deadline=clock.now() + ROBOT_LASTS,
        barred_ids=fact.barred_ids,
        is_repeated=False,
    )


def _warned(fact: ComplaintWarned) -> Summons:
    what = f"{CLOCKS.get(fact.clock, fact.clock)}时限"
    left = "已到" if fact.percent >= 100 else f"已过 {fact.percent}%"
    return Summons(
        kind="complaint_warning",
        key=f"complaint:{fact.complaint_id}:warned:{fact.clock}:{fact.cycle}:{fact.percent}",
        subject_id=fact.complaint_id,
        severity="B" if fact.percent > 50 else "C",
        title=f"投诉 {fact.number} 的{what}{left}",
        lines=_lines(("科室", fact.department_name), ("主题", fact.topic), ("请于此前完成", _until(fact.due_at))),
        staff_ids=fact.staff_ids,
        deadline=clock.now() + ROBOT_LASTS,
        barred_ids=fact.barred_ids,
        is_chatted=False,
        is_repeated=False,
    )


def _harm_heard(fact: ComplaintHarmHeard) -> Summons:
    ended = () if fact.is_open else (("请留意", "患者已同时结束这件投诉，请尽快联系并排除风险"),)
    return Summons(
        kind="complaint_harm",
        key=f"complaint:{fact.complaint_id}:harm:{fact.entry_id}",
        subject_id=fact.complaint_id,
        severity="A",
        level=1,
        title=f"【A 级】患者在投诉 {fact.number} 中说到可能的伤害",
        lines=_lines(("科室", fact.department_name), ("主题", fact.topic), *ended),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        barred_ids=fact.barred_ids,
    )


def called_again(fact: ComplaintCalledAgain) -> Summons:
    """Give the call of those who have not taken a step of a complaint."""
    who = LEVELS[fact.level] if 0 <= fact.level < len(LEVELS) else str(fact.level)
    return Summons(
        kind="complaint_again",
        key=f"complaint:{fact.complaint_id}:again:{fact.escalation_id}:{fact.due_at.isoformat()}:{fact.call}",
        subject_id=fact.complaint_id,
        severity=fact.severity,
        level=fact.level,
        title=f"【{fact.severity} 级】投诉 {fact.number} 仍无人受理（第 {fact.call} 次提醒）",
        lines=_lines(("科室", fact.department_name), ("主题", fact.topic), ("提醒对象", who)),
        staff_ids=fact.staff_ids,
        deadline=clock.now() + ROBOT_LASTS,
        barred_ids=fact.barred_ids,
        is_chatted=fact.level > 0,
        is_repeated=False,
    )


def _unanswered(fact: ComplaintUnanswered) -> Summons:
    return Summons(
        kind="complaint_unanswered",
        key=f"complaint:{fact.complaint_id}:unanswered:{fact.cycle}:{fact.at.isoformat()}",
        subject_id=fact.complaint_id,
        severity="A",
        level=3,
        title=f"投诉 {fact.number} 无人应答：没有可以通知的值班人员",
        lines=_lines(
            ("科室", fact.department_name), ("主题", fact.topic), ("请", "到“升级清单”安排处理，并补齐值班表")
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        barred_ids=fact.barred_ids,
        is_repeated=False,
    )


def _pooled(fact: PagesPooled) -> Summons:
    return Summons(
        kind="pages_pooled",
        key=f"pages:{fact.staff_id}:{fact.hour.isoformat()}",
        subject_kind="escalations",
        subject_id=fact.staff_id,
        severity="A",
        title=f"{fact.waiting} 件投诉需要您",
        lines=_lines(("说明", "本小时的提醒较多，已合并为一条"), ("请", "到“升级清单”逐件处理")),
        staff_ids=(fact.staff_id,),
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
    )


def _too_many(fact: PagesTooMany) -> Summons:
    return Summons(
        kind="pages_too_many",
        key=f"pages:{fact.staff_id}:{fact.day.isoformat()}:many",
        subject_kind="escalation_rules",
        subject_id=fact.staff_id,
        severity="C",
        title=f"{fact.name} 今天已被提醒 {fact.pages} 次，超过上限",
        lines=_lines(("日期", fact.day.isoformat()), ("请", "到“值班表 - 升级规则”检查规则和值班安排")),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


def _uncovered(fact: DutyUncovered) -> Summons:
    return Summons(
        kind="duty_uncovered",
        key=f"duty:{fact.alarm_id}",
        subject_kind="duty",
        subject_id=fact.alarm_id,
        severity="B",
        level=fact.level,
        title=f"值班表缺人：{fact.level_name}现在无人值班",
        lines=_lines(("影响", "投诉已直接通知上一级"), ("请", "到“值班表”补齐值班人员")),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
    )


def _in_the_way(fact: ScheduleConflictsFound) -> Summons:
    what = f"{fact.places} 个已约号不在新的排班里" if fact.places else "已约的班次或加班门诊与排班不一致"
    return Summons(
        kind="schedule_conflicts",
        key=f"schedule:{fact.department_id}:conflicts:{fact.at.isoformat()}",
        subject_kind="department",
        subject_id=fact.department_id,
        severity="B",
        title=f"{fact.department_name}的排班有 {fact.count} 处冲突待处理",
        lines=_lines(("情况", what), ("最早", fields.moment(fact.first_at)), ("请", "到“排班 - 冲突”逐条处理")),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
    )


def _holidays(fact: HolidaysUnknown) -> Summons:
    return Summons(
        kind="holidays_unknown",
        key=f"calendar:{fact.year}:unknown:{fact.at.isoformat()}",
        subject_kind="calendar",
        subject_id=fact.year_id,
        severity="C",
        title=f"{fact.year} 年的节假日和调休还没有录入",
        lines=_lines(
            ("影响", "在此之前，这一年的排班只按星期安排"), ("请", "到“排班 - 日历”录入节假日和调休，再确认这一年")
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


def _misjudged(fact: WaitsMisjudged) -> Summons:
    return Summons(
        kind="waits_misjudged",
        key=f"waits:{fact.alarm_id}",
        subject_kind="waits",
        subject_id=fact.alarm_id,
        severity="C",
        title=f"{fact.department_name}的候诊时间预计不准",
        lines=_lines(
            ("日期", fact.day.isoformat()),
            ("在承诺时间内叫到", f"{fact.coverage_percent}%（共 {fact.visits} 人，应在 70%–90%）"),
            ("请", "到“候诊时间准确度”查看原因"),
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


def _signal(fact: SignalRaised) -> Summons:
    return Summons(
        kind="signal_raised",
        key=f"signal:{fact.signal_id}",
        subject_kind="signal",
        subject_id=fact.signal_id,
        severity="B",
        title=f"{fact.department_name}的“{fact.dimension_name or fact.dimension}”评价明显变差",
        lines=_lines(
            ("情况", "差评比平时多，不像是偶然"), ("请", "到“满意度预警”查看，确认后由您跟进，处理完写明原因")
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


def _signals(fact: SignalsGathered) -> Summons:
    few = "、".join(fact.names[:SIGNALS_NAMED])
    return Summons(
        kind="signals_gathered",
        key=f"signals:{fact.staff_id}:{fact.week.isoformat()}",
        subject_kind="signals",
        subject_id=fact.staff_id,
        severity="C",
        title=f"上周另有 {len(fact.names)} 项评价变差",
        lines=_lines(("科室和方面", few), ("请", "到“满意度预警”查看")),
        staff_ids=(fact.staff_id,),
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


def _harm(fact: AnonymousHarmFound) -> Summons:
    return Summons(
        kind="anonymous_harm",
        key=f"anonymous_harm:{fact.notice_id}",
        subject_kind="anonymous_harm",
        subject_id=fact.notice_id,
        severity="A",
        title="匿名答卷中有可能造成伤害的内容",
        lines=_lines(
            ("科室", fact.department_name),
            ("说明", "匿名答卷无法知道是谁写的，也无法联系本人"),
            ("请", "到“患者留言 - 待过目”阅读原文，尽快排除风险"),
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
    )


def _offline(fact: OfflineConflictFound) -> Summons:
    return Summons(
        kind="offline_conflict",
        key=f"offline:{fact.conflict_id}",
        subject_kind="offline_conflict",
        subject_id=fact.conflict_id,
        severity="B",
        title="离线报到需要处理",
        lines=_lines(
            ("导诊台", fact.desk_name),
            ("科室", fact.department_name),
            ("扫码时间", fields.moment(fact.scanned_at)),
            ("请", "到“导诊台”核对后决定"),
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
    )


def _answer_due(fact: AnswerDue) -> Summons:
    return Summons(
        kind="answer_due",
        key=f"faq:{fact.faq_id}:due:{fact.review_on.isoformat()}",
        subject_kind="faq",
        subject_id=fact.faq_id,
        severity="C",
        title=f"问答到期待复核：{fact.question}",
        lines=_lines(
            ("科室", fact.department_name),
            ("复核日期", fact.review_on.isoformat()),
            ("请", "到“问答”核对内容，仍然正确就重新批准，否则改写或停用"),
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


def _gave_up(fact: WebhookGaveUp) -> Summons:
    return Summons(
        kind="webhook_failing",
        key=f"webhook:{fact.endpoint_id}:gave_up:{fact.at.isoformat()}",
        subject_kind="webhook_endpoint",
        subject_id=fact.endpoint_id,
        severity="B",
        title=f"外部系统“{fact.description or fact.host}”收不到通知，已停用",
        lines=_lines(
            ("地址", fact.host),
            ("最早失败", fields.moment(fact.failing_since)),
            ("最后的回答", fact.code),
            ("请", "联系对方修复，再到“外部系统通知”启用并补发"),
        ),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
    )


def _report(fact: ReportMade) -> Summons:
    what = f"更正 {fact.correction}" if fact.correction else "已生成"
    return Summons(
        kind="desk_report",
        key=f"report:{fact.report_id}",
        subject_kind=fact.name,
        subject_id=fact.report_id,
        severity="C",
        title=f"{fact.title}{what}",
        lines=_lines(("内容", fact.summary), ("请", "到“日报”查看")),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_repeated=False,
    )


def _asked_to_open(fact: UnsealingAsked) -> Summons:
    return Summons(
        kind="unsealing_asked",
        key=f"unsealing:{fact.unsealing_id}:asked",
        subject_kind="seal",  # whoever takes it has not taken the complaint
        subject_id=fact.complaint_id,
        severity="B",
        title=f"请决定是否开启投诉 {fact.number} 的密封身份",
        lines=_lines(("申请人", fact.asked_name), ("请于此前决定", _until(fact.expires_at))),
        staff_ids=fact.staff_ids,
        deadline=fact.expires_at,
        is_chatted=False,
        barred_ids=fact.barred_ids,
        is_repeated=False,
    )


def _decided_to_open(fact: UnsealingDecided) -> Summons:
    words = "已同意，30 分钟内可以查看" if fact.is_approved else "没有同意"
    return Summons(
        kind="unsealing_decided",
        key=f"unsealing:{fact.unsealing_id}:decided",
        subject_kind="seal",
        subject_id=fact.complaint_id,
        severity="B",
        title=f"投诉 {fact.number} 的密封身份：{words}",
        lines=_lines(("决定人", fact.decided_name)),
        staff_ids=(fact.asked_by,),
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        barred_ids=fact.barred_ids,
        is_repeated=False,
    )


def _alarming(fact: FollowUpAlarming) -> Summons:
    return Summons(
        kind="follow_up_alarm",
        key=f"follow_up_alarm:{fact.response_id}",
        subject_kind="call_task",
        subject_id=fact.call_task_id,
        severity="A",
        title="【紧急】随访回答需要马上处理",
        lines=_lines(("科室", fact.department_name), ("随访", fact.plan_name), ("请", "到“电话随访”马上联系患者")),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
    )


VERDICT_WORDS = {"effective": "有效", "not_effective": "没有效果，已升级", "too_few": "数据太少，还不能判断"}


def _improvement(fact: ImprovementProposed | ImprovementAssigned | ImprovementDue | ImprovementJudged) -> Summons:
    lines: tuple[tuple[str, str], ...]
    match fact:
        case ImprovementProposed():
            kind, key, title = "improvement_proposed", "proposed", f"建议改进 {fact.number}"
            lines, people = (("原因", fact.why), ("请", "到“改进”接受或说明不采纳的理由")), fact.staff_ids
        case ImprovementAssigned():
            kind, key = "improvement_assigned", f"assigned:{fact.cycle}:{fact.owner_id}:{fact.due_on}"
            title, people = f"改进 {fact.number} 由您负责", _one(fact.owner_id)
            lines = (("科室", fact.department_name), ("请于此前落实", fact.due_on.isoformat()))
        case ImprovementDue():
            word = "已超期" if fact.is_overdue else "即将到期"
            kind, key = "improvement_due", f"due:{fact.due_on}:{fact.is_overdue}"
            title, people = f"改进 {fact.number} {word}", _one(fact.owner_id)
            lines = (("期限", fact.due_on.isoformat()), ("请", "到“改进”写明落实依据"))
        case ImprovementJudged():
            kind, key, title = "improvement_judged", f"judged:{fact.at.isoformat()}", f"改进 {fact.number} 效果评估"
            lines, people = (("结论", VERDICT_WORDS.get(fact.verdict, fact.verdict)),), fact.staff_ids
    return Summons(
        kind=kind,
        key=f"improvement:{fact.improvement_id}:{key}",
        subject_kind="improvement",
        subject_id=fact.improvement_id,
        severity="C",
        title=title,
        lines=_lines(("改进", fact.title), *lines),
        staff_ids=people,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


CHANNEL_WORDS = {
    "wechat_subscribe": "小程序订阅消息",
    "wechat_official": "公众号模板消息",
    "wecom_robot": "企业微信群机器人",
    "wecom_app": "企业微信应用消息",
    "sms_aliyun": "短信（阿里云）",
    "sms_tencent": "短信（腾讯云）",
    "mail": "邮件",
    "apprise_staff": "员工通知",
}
CAUSE_WORDS = {
    "template": "模板或内容不符合平台要求，请修改模板",
    "credentials": "平台不认账号或密钥，请检查设置",
    "permission": "平台没有给或收回了权限，请到平台处理",
    "account": "平台账号被冻结或余额不足，请到平台处理",
}


def _provider_down(fact: ProviderDown) -> Summons:
    return Summons(
        kind="provider_down",
        key=f"provider:{fact.channel}:down:{fact.at.isoformat()}",
        subject_kind="channel",
        subject_id=fact.channel_id,
        severity="B",
        title=f"{CHANNEL_WORDS.get(fact.channel, fact.channel)}连续出错，已暂停发送",
        lines=_lines(("最后的错误", fact.code), ("请", "到“消息”查看通道；恢复前系统会定时用一条消息试发")),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
    )


def _provider_trouble(fact: ProviderTrouble) -> Summons:
    return Summons(
        kind="provider_trouble",
        key=f"provider:{fact.trouble_id}:{fact.at.isoformat()}",
        subject_kind="channel_trouble",
        subject_id=fact.trouble_id,
        severity="C" if fact.cause == "template" else "B",
        title=f"{CHANNEL_WORDS.get(fact.channel, fact.channel)}被平台拒绝：{fact.code}",
        lines=_lines(("原因", CAUSE_WORDS.get(fact.cause, fact.cause)), ("模板", fact.template_key)),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
        is_repeated=False,
    )


def to_patient(fact: TriageRaised) -> tuple[Summons, ...]:
    """Give the calls to a patient who got worse: the rooms, and for an urgent one the emergency department too.

    Each ends when one of those who are called has taken it. Whom nobody stands for is not called.
    """
    is_urgent = fact.triage == "urgent"
    what = "请立即接诊" if is_urgent else "病情变化，请优先安排"
    rooms = _patient(fact, "patient_urgent" if is_urgent else "patient_worse", what, fact.room_ids)
    if not is_urgent:
        return (rooms,) if fact.room_ids else ()
    help_ = _patient(fact, "emergency_needed", "请急诊科支援", fact.emergency_ids)
    calls = (replace(rooms, is_chatted=not fact.emergency_ids), help_)
    return tuple(call for call in calls if call.staff_ids) or (rooms,)  # whoever is on duty, when there is nobody


def _patient(fact: TriageRaised, kind: str, what: str, staff_ids: tuple[UUID, ...]) -> Summons:
    mark = "急" if fact.triage == "urgent" else "优先"
    return Summons(
        kind=kind,
        key=f"ticket:{fact.ticket_id}:{kind}:{fact.line_id}",
        subject_kind="ticket",
        subject_id=fact.ticket_id,
        severity="A" if fact.triage == "urgent" else "B",
        title=f"【{mark}】{fact.department_name} {fact.label} 号{what}",
        lines=_lines(("位置", fact.location), ("判定", fact.by_name)),
        staff_ids=staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=kind == "emergency_needed",
    )


def _unconfirmed(fact: TriageUnconfirmed) -> Summons:
    return Summons(
        kind="triage_unconfirmed",
        key=f"triage:{fact.line_id}:unconfirmed",
        subject_kind="triage",
        subject_id=fact.line_id,
        severity="A",
        level=1,
        title=f"急症 {fact.minutes} 分钟未经第二人确认：{fact.department_name} {fact.label} 号",
        lines=_lines(("判定", fact.by_name), ("请", "到“急症确认”核对，属实就确认，否则调低")),
        staff_ids=fact.staff_ids,
        deadline=fact.at + ROBOT_LASTS,
        is_chatted=False,
    )


def _lines(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in pairs if text)


def _one(staff_id: UUID | None) -> tuple[UUID, ...]:
    return (staff_id,) if staff_id is not None else ()


def _until(moment: datetime) -> str:
    return fields.moment(moment)
