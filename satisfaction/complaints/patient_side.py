"""What the patient does with a complaint of theirs: write, judge the answer, take it back, open it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from satisfaction.attachments import actions as attachments
from satisfaction.attachments.models import Line
from satisfaction.attachments.rules import without_words
from satisfaction.complaints import confirming, hearing, models, rules, timeline
from satisfaction.complaints.cases import begin_round, end, locked
from satisfaction.complaints.keeping_time import happened
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.reopening import check_reopening
from satisfaction.complaints.rules import COMPLAINT, ComplaintState
from server import clock, db
from server.accounts import SignedInPatient
from server.errors import NotFound
from server.events import publish
from server.facts import ComplaintMessaged
from server.history import move


@dataclass(frozen=True)
class Own:
    """A patient at one of their complaints. version: the one they have seen, when they say so."""

    account: SignedInPatient
    complaint_id: UUID
    version: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a patient says to an answer. is_satisfied: None says neither. wants_call: somebody shall call first.

    is_unfair: whoever handled it so far shall not go on with it.
    """

    is_satisfied: bool | None
    wants_call: bool = False
    is_unfair: bool = False
    text: str = ""

    def in_words(self) -> str:
        """Write it as it stands on the time line."""
        word = {True: "满意", False: "不满意", None: "请给我回电"}[self.is_satisfied]
        if self.wants_call and self.is_satisfied is not None:
            word += "，请给我回电"
        if self.is_unfair:
            word += "，希望换人处理"
        return f"{word}：{self.text}" if self.text else word


@dataclass(frozen=True)
class Message:
    """What a patient writes or sends; of words and files at least one."""

    text: str
    attachment_ids: tuple[UUID, ...] = field(default=())


@asynccontextmanager
async def _own(own: Own) -> AsyncIterator[Complaint]:
    async with db.transaction():
        complaint = await Complaint.filter(id=own.complaint_id, account_id=own.account.id).first()
        if complaint is None:
            raise NotFound()
        yield await locked(own.complaint_id, own.version)


async def confirm(own: Own, verdict: Verdict) -> None:
    """Take the patient's verdict on the answer: an end, another round one level higher, or a call before either.

    Raises: NotFound, IllegalMove when there is no answer to judge.
    """
    async with _own(own) as complaint:
        by = own.account.by
        rules.check_confirmation(complaint.state)
        entry_id = await timeline.write(complaint, "confirmation", verdict.in_words(), by=by)
        if verdict.wants_call:
            await confirming.ask_for_call(complaint, why="wanted", told=verdict.text)
        harm = await hearing.listen(complaint, verdict.text)
        if verdict.is_satisfied:
            await end(complaint, ComplaintState.CONFIRMED_CLOSED, by=by)
        elif verdict.is_satisfied is False:
            await begin_round(complaint, by=by, is_unfair=verdict.is_unfair)
        else:
            await models.change(complaint)
            await happened(complaint, "inbound", entry_id=entry_id)
            await _tell_handler(complaint)
        await hearing.tell(complaint, harm)


async def add_message(own: Own, message: Message) -> None:
    """Add what the patient writes; an answer to a question of ours lets the investigation go on.

    Raises: NotFound, ComplaintIsClosed, TooManyFiles.
    """
    async with _own(own) as complaint:
        rules.check_open(complaint.state)
        kinds = await attachments.check_bindable(message.attachment_ids, own.account)
        text = message.text or without_words(kinds)
        entry_id = await timeline.write(complaint, "message", text, by=own.account.by)
        await attachments.bind(message.attachment_ids, own.account, Line(complaint.id, entry_id))
        await models.change(complaint)
        if complaint.state == ComplaintState.WAITING_PATIENT:
            await move(COMPLAINT, complaint, ComplaintState.INVESTIGATING, by=own.account.by)
        harm = await hearing.listen(complaint, message.text)
        await happened(complaint, "inbound", entry_id=entry_id)
        await _tell_handler(complaint)
        await hearing.tell(complaint, harm)


async def reopen(own: Own, reason: str) -> None:
    """Let a complaint that was closed without the patient's consent go on, one level higher.

    Raises: NotFound, IllegalMove, TooLateToReopen.
    """
    async with _own(own) as complaint:
        check_reopening(complaint.state, complaint.closed_at, clock.now())
        await timeline.write(complaint, "reopening", reason, by=own.account.by)
        harm = await hearing.listen(complaint, reason)
        await begin_round(complaint, by=own.account.by)
        await hearing.tell(complaint, harm)


async def withdraw(own: Own, reason: str) -> None:
    """Take a complaint back; the patient's own words are kept.

    Raises: NotFound, ComplaintIsClosed.
    """
    async with _own(own) as complaint:
        rules.check_open(complaint.state)
        await timeline.write(complaint, "closure", f"患者撤回：{reason}", by=own.account.by)
        harm = await hearing.listen(complaint, reason)
        await end(complaint, ComplaintState.WITHDRAWN, by=own.account.by)
        await hearing.tell(complaint, harm)


async def _tell_handler(complaint: Complaint) -> None:
    await publish(
        ComplaintMessaged(
            complaint_id=complaint.id,
            number=complaint.number,
            handler_id=complaint.handler_id,
            topic=complaint.topic,
            at=clock.now(),
            barred_ids=await models.barred_ids(complaint.id),
        )
    )
