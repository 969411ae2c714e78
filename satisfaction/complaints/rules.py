"""What the hospital decided about complaints: states, clocks, the ladder, what an answer contains. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from satisfaction.clocks.policies import Clock
from satisfaction.errors import ComplaintIsClosed, HighestLevel, NotMergeable
from satisfaction.harm import HARM_WORDS, harm_word_in
from server.errors import IllegalMove
from server.states import Machine


class ComplaintState(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"  # written down
    TRIAGED = "triaged"  # its severity is known; nobody is on duty yet
    ASSIGNED = "assigned"  # has a handler
    RESPONDED = "responded"  # a person has written to the patient
    INVESTIGATING = "investigating"  # facts are being collected
    WAITING_PATIENT = "waiting_patient"  # the patient was asked something
    ANSWERED = "answered"  # finding and action were told; the patient says whether that settles it
    CONFIRMED_CLOSED = "confirmed_closed"  # the patient is satisfied
    REOPENED = "reopened"  # not settled: the next round begins
    CLOSED_NO_REPLY = "closed_no_reply"  # the patient did not say
    CLOSED_DISAGREED = "closed_disagreed"  # no agreement; the patient knows the way on
    WITHDRAWN = "withdrawn"  # taken back by the patient
    MERGED = "merged"  # goes on in another complaint of the same patient


S = ComplaintState
_LEAVING = frozenset({S.WITHDRAWN, S.MERGED})

COMPLAINT = Machine(
    "complaint",
    starts=frozenset({S.RECEIVED}),
    moves={
        S.RECEIVED: _LEAVING | {S.TRIAGED},
        S.TRIAGED: _LEAVING | {S.ASSIGNED},
        S.ASSIGNED: _LEAVING | {S.RESPONDED},
        S.RESPONDED: _LEAVING | {S.INVESTIGATING, S.WAITING_PATIENT, S.ANSWERED},
        S.INVESTIGATING: _LEAVING | {S.WAITING_PATIENT, S.ANSWERED},
        S.WAITING_PATIENT: _LEAVING | {S.INVESTIGATING, S.ANSWERED, S.CLOSED_NO_REPLY},
        S.ANSWERED: _LEAVING | {S.CONFIRMED_CLOSED, S.REOPENED, S.CLOSED_NO_REPLY, S.CLOSED_DISAGREED},
        S.REOPENED: _LEAVING | {S.ASSIGNED},
        S.CLOSED_NO_REPLY: frozenset({S.REOPENED}),
        S.CLOSED_DISAGREED: frozenset({S.REOPENED}),
    },
)

CLOSED = frozenset({S.CONFIRMED_CLOSED, S.CLOSED_NO_REPLY, S.CLOSED_DISAGREED, S.WITHDRAWN, S.MERGED})
UNANSWERED = frozenset(S) - CLOSED - {S.ANSWERED}
ENDS: Mapping[str, str] = {  # the kind of the event that each end is
    S.CONFIRMED_CLOSED: "confirmed",
    S.CLOSED_NO_REPLY: "closed",
    S.CLOSED_DISAGREED: "closed",
    S.WITHDRAWN: "withdrawn",
    S.MERGED: "merged",
}

PLAIN_WORDS: Mapping[str, Mapping[str, str]] = {
    S.RECEIVED: {"zh-CN": "已收到", "zh-TW": "已收到", "en": "Received"},
    S.TRIAGED: {
        "zh-CN": "已登记，正在安排处理人",
        "zh-TW": "已登記，正在安排處理人",
        "en": "Registered, being assigned",
    },
    S.ASSIGNED: {"zh-CN": "已安排专人处理", "zh-TW": "已安排專人處理", "en": "Somebody is responsible for it"},
    S.RESPONDED: {
        "zh-CN": "已回应，正在核实",
        "zh-TW": "已回應，正在核實",
        "en": "We have responded and are looking into it",
    },
    S.INVESTIGATING: {"zh-CN": "正在调查核实", "zh-TW": "正在調查核實", "en": "Under investigation"},
    S.WAITING_PATIENT: {"zh-CN": "等待您补充信息", "zh-TW": "等待您補充資訊", "en": "Waiting for your answer"},
    S.ANSWERED: {
        "zh-CN": "已答复，请您确认是否满意",
        "zh-TW": "已答覆，請您確認是否滿意",
        "en": "Answered. Please confirm",
    },
    S.CONFIRMED_CLOSED: {
        "zh-CN": "您已确认满意，已办结",
        "zh-TW": "您已確認滿意，已辦結",
        "en": "Closed with your consent",
    },
    S.REOPENED: {"zh-CN": "已重新处理", "zh-TW": "已重新處理", "en": "Reopened"},
    S.CLOSED_NO_REPLY: {
        "zh-CN": "未收到您的确认，已结束",
        "zh-TW": "未收到您的確認，已結束",
        "en": "Closed without your reply",
    },
    S.CLOSED_DISAGREED: {
        "zh-CN": "未达成一致，已告知后续途径",
        "zh-TW": "未達成一致，已告知後續途徑",
        "en": "Closed without agreement; you were told the way on",
    },
    S.WITHDRAWN: {"zh-CN": "已撤回", "zh-TW": "已撤回", "en": "Withdrawn"},
    S.MERGED: {
        "zh-CN": "已并入您的另一件投诉",
        "zh-TW": "已併入您的另一件投訴",
        "en": "Merged into another complaint of yours",
    },
}


def check_open(state: str) -> None:
    """Refuse to add to a complaint that has ended.

    Raises: ComplaintIsClosed.
    """
    if S(state) in CLOSED:
        raise ComplaintIsClosed()


class Source(StrEnum):
    """How a complaint came in."""

    LOW_RATING = "low_rating"
    MINIAPP = "miniapp"
    PHONE = "phone"
    DESK = "desk"
    CALL_BACK = "call_back"
    LETTER = "letter"


TOPICS = ("服务态度", "沟通说明", "等候时间", "医疗质量", "环境设施", "收费", "隐私", "低分评价", "其他")
LOW_RATING_TOPIC = "低分评价"
OTHER_TOPIC = "其他"


def topic_of(heading: str) -> tuple[str, str]:
    """Give the topic of the hospital's list that a heading names, and what of it belongs into the sealed text.

    Lists, alerts and robots show the topic, so that a patient's free words, which may be medical, must not be in it.
    """
    if not heading:
        return OTHER_TOPIC, ""
    return (heading, "") if heading in TOPICS else (OTHER_TOPIC, heading)


def severity_of(*texts: str, words: Iterable[str] = HARM_WORDS) -> str:
    """Give A when a text says that somebody was or may be harmed, else B. words: the hospital's list of harm."""
    return "A" if harm_word_in(texts, words) else "B"


def number_of(sequence: int, received_at: datetime) -> str:
    """Write a complaint's number, as people say it on the phone: TS20261121-0001.

    received_at: in the hospital's zone.
    """
    return f"TS{received_at:%Y%m%d}-{sequence:04d}"


# ---- clocks --------------------------------------------------------------------------------------------------------


BY_HAND = "by_hand"  # the word in place of a clock when a person escalates


@dataclass(frozen=True)
class Hand:
    """One clock of a complaint: when it is due, and when it was stopped."""

    clock: Clock
    due_at: datetime
    stopped_at: datetime | None

    def is_missed(self, now: datetime) -> bool:
        """Tell whether the promise was broken: stopped late, or due and still running."""
        return (self.stopped_at or now) > self.due_at


def overdue(hands: Iterable[Hand], now: datetime) -> list[Hand]:
    """Give the clocks that run and whose moment has passed."""
    return [hand for hand in hands if hand.stopped_at is None and hand.due_at < now]


# ---- the ladder ----------------------------------------------------------------------------------------------------


class Level(IntEnum):
    """The steps of the ladder."""

    HANDLER = 0
    SUPERVISOR = 1
    HEAD = 2
    COMMITTEE = 3


LEVEL_NAMES = {
    Level.HANDLER: "处理人",
    Level.SUPERVISOR: "客服主管",
    Level.HEAD: "科室负责人",
    Level.COMMITTEE: "院委会",
}
ROUNDS_OF_THE_HANDLER = 2  # whoever is not satisfied twice talks to the supervisor


def level_after(clock: Clock, level: int) -> Level:
    """Give the level that must act when a clock has run out at a level."""
    if clock == Clock.ACKNOWLEDGEMENT:
        return Level(min(level + 1, Level.COMMITTEE))
    return Level(max(level, Level.SUPERVISOR if clock == Clock.FIRST_RESPONSE else Level.HEAD))


def level_above(level: int) -> Level:
    """Give the next level, for a person who escalates.

    Raises: HighestLevel.
    """
    if level >= Level.COMMITTEE:
        raise HighestLevel()
    return Level(level + 1)


def search_order(level: int) -> list[int]:
    """Give the levels in which to look for somebody: this one, those above, then those below. Never silence."""
    return [*range(level, Level.COMMITTEE + 1), *range(level - 1, Level.HANDLER - 1, -1)]


def level_of_round(level: int) -> Level:
    """Give the level on which the next round begins: whoever was not satisfied starts one higher."""
    return Level(min(level + 1, Level.COMMITTEE))


def handler_level(cycle: int) -> Level:
    """Give the level from which the handler of a round comes."""
    return Level.HANDLER if cycle <= ROUNDS_OF_THE_HANDLER else Level.SUPERVISOR


def least_loaded(people: Sequence[UUID], loads: Mapping[UUID, int]) -> UUID | None:
    """Give who has the fewest open complaints; the first of equals; None when there is nobody."""
    return min(people, key=lambda person: loads.get(person, 0), default=None)


# ---- what people write ---------------------------------------------------------------------------------------------

OBJECTION = (
    "如对处理结果不满意，可在本页面选择“不满意”，由客服主管重新处理；也可拨打 12345 或向当地卫生健康行政部门反映。"
)


@dataclass(frozen=True)
class Answer:
    """The answer to a complaint: what was found, what is done, who is responsible, how to object."""

    finding: str
    action: str
    responsible: str
    objection: str = OBJECTION

    def as_text(self) -> str:
        """Write it as the patient reads it."""
        return (
            f"调查结果：{self.finding}\n处理措施：{self.action}\n责任人：{self.responsible}\n异议途径：{self.objection}"
        )


def path_to(state: str, goal: ComplaintState) -> list[ComplaintState]:
    """Give the moves that lead from a state to a first response or an answer, without leaving any out.

    An answer is a response as well, and whoever writes first has taken the complaint.
    Raises: IllegalMove when there is no such way.
    """
    before = {S.RECEIVED: [S.TRIAGED, S.ASSIGNED], S.TRIAGED: [S.ASSIGNED], S.REOPENED: [S.ASSIGNED], S.ASSIGNED: []}
    if S(state) in before:
        way = [*before[S(state)], S.RESPONDED]
        return way if goal == S.RESPONDED else [*way, goal]
    if goal == S.RESPONDED:
        return []
    COMPLAINT.check(state, goal)
    return [goal]


def check_merge(one: tuple[UUID, UUID | None, UUID | None], other: tuple[UUID, UUID | None, UUID | None]) -> None:
    """Refuse to merge two complaints of two people, or one with itself.

    one, other: id, account, patient.
    Raises: NotMergeable.
    """
    same_account = one[1] is not None and one[1] == other[1]
    same_patient = one[1] == other[1] and one[2] is not None and one[2] == other[2]
    if one[0] == other[0] or not (same_account or same_patient):
        raise NotMergeable()


class Act(StrEnum):
    """What a member of staff may do with a complaint; the names of ends are those of their states."""

    ACKNOWLEDGE = "acknowledge"
    REPLY = "reply"
    ASK = "ask"  # a reply after which the patient's answer is waited for
    NOTE = "note"
    ANSWER = "answer"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    CLOSED_NO_REPLY = "closed_no_reply"
    CLOSED_DISAGREED = "closed_disagreed"
    WITHDRAWN = "withdrawn"
    REOPEN = "reopen"
    MERGE = "merge"
    SEE_PHONE = "see_phone"


def acts_in(state: str, *, level: int, is_acknowledged: bool, is_leader: bool, has_phone: bool) -> list[Act]:
    """List what would not be refused in a state, so that no screen offers what is.

    is_leader: of the complaint's department. has_phone: the patient's number is on file.
    """
    now = S(state)
    possible = COMPLAINT.moves.get(now, frozenset())
    acts = {Act(end) for end in (S.CLOSED_NO_REPLY, S.CLOSED_DISAGREED, S.WITHDRAWN) if end in possible}
    if not is_leader:
        acts.discard(Act.CLOSED_DISAGREED)
    if S.REOPENED in possible:
        acts.add(Act.REOPEN)
    if has_phone:
        acts.add(Act.SEE_PHONE)
    if now not in CLOSED:
        acts |= {Act.REPLY, Act.NOTE, Act.ASSIGN}
        acts |= {Act.ACKNOWLEDGE} if not is_acknowledged else set()
        acts |= {Act.ESCALATE} if level < Level.COMMITTEE else set()
        acts |= {Act.MERGE} if S.MERGED in possible else set()
        if now != S.ANSWERED:  # until the verdict there is nothing to ask and no second answer
            acts |= {Act.ASK, Act.ANSWER}
    return [act for act in Act if act in acts]


def check_confirmation(state: str) -> None:
    """Refuse a verdict on a complaint that has no answer, or had its verdict.

    Raises: IllegalMove.
    """
    if state != S.ANSWERED:
        raise IllegalMove(machine=COMPLAINT.name, old=str(state), new=str(S.CONFIRMED_CLOSED))
