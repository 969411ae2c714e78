"""The plans that come with the product. All but the reminder of a return visit are drafts: 待科室审核. Pure.

Starting points as hospitals' rules have them: general visits one week, chronic two, tumours three; after an operation
days 1, 3, 7, 30, 90. A department reads, changes and approves them.
"""

from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from notifications.followups.kinds import (
    AnchorKind,
    Eligibility,
    FollowUpOption,
    FollowUpQuestion,
    PlanBody,
    PlanStepBody,
    RedFlag,
    StopKind,
)

REVISIT = "revisit"
TO_APPROVE = "待科室审核"
_GO_NOW = "请马上拨打 120，或到就近医院急诊就诊。"
_SPACE = "hospital.care_plan"


def plan_id(code: str) -> UUID:
    """Give the id of a shipped plan, the same in every hospital."""
    return uuid5(NAMESPACE_URL, f"{_SPACE}:{code}")


def version_id(code: str) -> UUID:
    """Give the id of the first version of a shipped plan."""
    return uuid5(NAMESPACE_URL, f"{_SPACE}:{code}:1")


def _pain(text: str = "现在疼得厉害吗？") -> FollowUpQuestion:
    return FollowUpQuestion(
        code="pain", kind="scale", text=text, hint="0 是不疼，10 是最疼", least_text="不疼", most_text="最疼"
    )


def _yes_no(code: str, text: str, hint: str = "") -> FollowUpQuestion:
    return FollowUpQuestion(code=code, kind="yes_no", text=text, hint=hint)


_WORDS = FollowUpQuestion(code="words", kind="text", text="还有什么想告诉医生的？", is_required=False)
_PAIN_FLAG = RedFlag(question="pain", when="at_least", value=7, advice="疼得厉害要尽快看医生。" + _GO_NOW)
_MEDICINE = FollowUpQuestion(
    code="medicine",
    kind="choice",
    text="药是按医生说的吃的吗？",
    options=(
        FollowUpOption(code="yes", text="每天都按时吃"),
        FollowUpOption(code="sometimes", text="有时忘记"),
        FollowUpOption(code="stopped", text="已经停了"),
    ),
)
_FEEL = FollowUpQuestion(
    code="feel",
    kind="choice",
    text="和看病那天比，现在感觉怎么样？",
    options=(
        FollowUpOption(code="better", text="好多了"),
        FollowUpOption(code="same", text="差不多"),
        FollowUpOption(code="worse", text="更难受了"),
    ),
)
_WORSE_FLAG = RedFlag(question="feel", when="is", value="worse", advice="请尽快到院复查。如果突然加重，" + _GO_NOW)

_REVISIT_PLAN = PlanBody(
    name="复诊提醒",
    note="医生写下复诊日期后自动执行：前一天上午提醒，约上号就不再提醒；过了日期没有约，转电话。",
    anchors=(AnchorKind.REVISIT_DATE,),
    steps=(
        PlanStepBody(
            code="remind",
            name="复诊前一天提醒",
            offset_days=-1,
            days_after=1,
            time_of_day="09:00",
            purpose="return_visit",
            text="医生请您回来复诊，可以直接在这里预约。",
            is_booking=True,
        ),
        PlanStepBody(
            code="call",
            name="未约复诊电话",
            offset_days=3,
            days_after=7,
            calendar="working",
            purpose="return_visit",
            way="call",
            text="复诊日期已过，还没有预约。问问患者情况，帮忙约号。",
            late="call",
            is_booking=True,
        ),
    ),
    stops=(StopKind.BOOKED, StopKind.REVISITED, StopKind.READMITTED, StopKind.ELSEWHERE),
    max_contacts=4,
)

_FIRST_VISIT = PlanBody(
    name="初诊回访",
    note=f"{TO_APPROVE}。每位第一次来的患者，次日问候，一周后问恢复。",
    anchors=(AnchorKind.FIRST_VISIT,),
    steps=(
        PlanStepBody(
            code="call_2",
            name="初诊次日电话",
            offset_days=1,
            days_after=3,
            calendar="working",
            purpose="return_visit",
            way="call",
            text="感谢患者第一次来院。问就诊是否顺利、医嘱是否清楚、有没有要帮忙的。",
            late="skip",
        ),
        PlanStepBody(
            code="day_7",
            name="一周后情况",
            offset_days=7,
            days_before=1,
            days_after=3,
            text="离上次看病一周了，想知道您恢复得怎么样。",
            questions=(_FEEL, _MEDICINE, _WORDS),
            red_flags=(_WORSE_FLAG,),
        ),
    ),
    max_contacts=4,
)

_CHRONIC = PlanBody(
    name="慢病随访（高血压、糖尿病等）",
    note=f"{TO_APPROVE}。两周首次随访，之后每月、每季一次。",
    anchors=(AnchorKind.DIAGNOSIS_GROUP,),
    eligibility=Eligibility(diagnosis_groups=("I10", "I11", "E11", "E10", "J44"), least_age=18),
    steps=tuple(
        PlanStepBody(
            code=f"day_{days}",
            name=f"第 {days} 天随访",
            offset_days=days,
            days_before=min(2, days // 7),
            days_after=5,
            text="按时随访能让血压、血糖更平稳。请花一分钟告诉我们近况。",
            questions=(
                _MEDICINE,
                FollowUpQuestion(
                    code="systolic",
                    kind="number",
                    text="最近一次量的高压是多少？",
                    hint="没有量过可以不填",
                    least=50,
                    most=280,
                    is_required=False,
                ),
                _yes_no("chest", "有没有胸痛、胸闷、喘不上气？"),
                _WORDS,
            ),
            red_flags=(
                RedFlag(question="chest", when="is", value=True, advice=_GO_NOW),
                RedFlag(question="systolic", when="at_least", value=180, advice="血压太高了。请坐下休息，" + _GO_NOW),
                RedFlag(question="medicine", when="is", value="stopped", advice="请不要自己停药，医生会联系您。"),
            ),
            late="send",
        )
        for days in (14, 30, 60, 90, 180)
    ),
)

_TUMOUR = PlanBody(
    name="肿瘤患者随访",
    note=f"{TO_APPROVE}。三周首次随访；没有回答的，两天后电话。之后每季一次。",
    anchors=(AnchorKind.DISCHARGE, AnchorKind.DIAGNOSIS_GROUP),
    eligibility=Eligibility(diagnosis_groups=("C",)),
    steps=(
        PlanStepBody(
            code="day_21",
            name="三周随访",
            offset_days=21,
            days_before=2,
            days_after=4,
            text="治疗辛苦了。想知道您这三周的情况。",
            questions=(_pain(), _FEEL, _yes_no("fever", "有没有发烧到 38 度以上？"), _WORDS),
            red_flags=(
                _PAIN_FLAG,
                _WORSE_FLAG,
                RedFlag(question="fever", when="is", value=True, advice="发烧要当天看医生。" + _GO_NOW),
            ),
            late="call",
        ),
        PlanStepBody(
            code="call_23",
            name="未回答的电话",
            offset_days=23,
            days_after=5,
            calendar="working",
            way="call",
            text="三周随访没有回答。问疼痛、发烧、吃饭、心情，需要时帮忙约号。",
            depends_on="day_21",
            depends_when="unanswered",
            late="call",
        ),
        *(
            PlanStepBody(
                code=f"day_{days}",
                name=f"第 {days} 天随访",
                offset_days=days,
                days_before=5,
                days_after=10,
                text="又到随访时间了，请告诉我们近况。",
                questions=(_pain(), _FEEL, _WORDS),
                red_flags=(_PAIN_FLAG, _WORSE_FLAG),
                late="call",
            )
            for days in (90, 180, 270, 360)
        ),
    ),
    max_contacts=16,
)

_OPERATION_DAYS: tuple[tuple[int, int, Literal["send", "call"]], ...] = (  # day, days after it, what if it is late
    (1, 1, "call"),
    (3, 1, "call"),
    (7, 2, "call"),
    (30, 5, "send"),
    (90, 10, "send"),
)
_OPERATION = PlanBody(
    name="手术、出院后随访",
    note=f"{TO_APPROVE}。术后第 1、3、7、30、90 天。疼痛 7 分以上、发烧、伤口渗血，当天电话。",
    anchors=(AnchorKind.OPERATION, AnchorKind.DISCHARGE),
    steps=tuple(
        PlanStepBody(
            code=f"day_{days}",
            name=f"术后第 {days} 天",
            offset_days=days,
            days_after=after,
            text="请告诉我们伤口和身体的情况，医生会看。",
            questions=(
                _pain("伤口现在疼得厉害吗？"),
                _yes_no("fever", "有没有发烧到 38 度以上？"),
                _yes_no("wound", "伤口有没有渗血、流脓、裂开？"),
                _WORDS,
            ),
            red_flags=(
                _PAIN_FLAG,
                RedFlag(question="fever", when="is", value=True, advice="发烧要当天看医生。" + _GO_NOW),
                RedFlag(question="wound", when="is", value=True, advice="请用干净纱布盖住伤口，" + _GO_NOW),
            ),
            late=late,
        )
        for days, after, late in _OPERATION_DAYS
    ),
    max_contacts=10,
)

_NO_SHOW = PlanBody(
    name="爽约关怀",
    note=f"{TO_APPROVE}。预约没来的患者，下个工作日电话问情况、帮忙改约。",
    anchors=(AnchorKind.NO_SHOW,),
    steps=(
        PlanStepBody(
            code="call",
            name="爽约次日电话",
            offset_days=1,
            days_after=2,
            calendar="working",
            purpose="return_visit",
            way="call",
            text="预约那天没有来。问一声是否平安，需要时帮忙改约；不责备。",
            is_booking=True,
        ),
    ),
    stops=(StopKind.BOOKED, StopKind.REVISITED, StopKind.COMPLAINT_OPEN),
    max_contacts=2,
)

_INQUIRY = PlanBody(
    name="咨询未预约回访",
    note=f"{TO_APPROVE}。咨询后两天还没有预约的，电话回访一次。",
    anchors=(AnchorKind.INQUIRY,),
    steps=(
        PlanStepBody(
            code="call",
            name="咨询后电话",
            offset_days=2,
            days_after=3,
            calendar="working",
            purpose="return_visit",
            way="call",
            text="上次咨询后还没有预约。问还有什么不清楚，需要时帮忙约号。",
            is_booking=True,
        ),
    ),
    stops=(StopKind.BOOKED, StopKind.REVISITED),
    max_contacts=2,
)

PLANS: dict[str, PlanBody] = {
    REVISIT: _REVISIT_PLAN,
    "first_visit": _FIRST_VISIT,
    "chronic": _CHRONIC,
    "tumour": _TUMOUR,
    "after_operation": _OPERATION,
    "no_show": _NO_SHOW,
    "inquiry": _INQUIRY,
}
APPROVED = frozenset({REVISIT})  # what the product did before there were plans
