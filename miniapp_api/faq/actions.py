"""What can happen to a question and its answer: written, rewritten, approved, retired, found."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from miniapp_api.catalogue.finding import find
from miniapp_api.catalogue.search import Kind, Wanted
from miniapp_api.faq import models
from miniapp_api.faq.models import Faq
from miniapp_api.faq.rules import FAQ, HOLDS, FaqState, check_approval
from server import clock, db
from server.accounts import Role, SignedInStaff
from server.errors import Forbidden, NotFound, SomeoneWasFaster
from server.history import born, move
from server.ids import new_id

WRITERS = (Role.CUSTOMER_SERVICE, Role.DEPARTMENT_HEAD, Role.SUPERVISOR)
APPROVERS = (Role.SUPERVISOR,)  # and the administrator, who may all
MOST_FOUND = 50


@dataclass(frozen=True)
class Text:
    """What is said. owner_id: who keeps it true."""

    question: str
    answer: str
    department_id: UUID | None
    condition: str
    language: str
    owner_id: UUID | None


async def found(text: str, *, languages: list[str], department_id: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Give the approved answers that a text means, the likeliest first."""
    wanted = Wanted(kinds=frozenset({Kind.FAQ}), languages=frozenset(languages))
    hits = await find(text, limit=MOST_FOUND, wanted=wanted)
    return (await models.public_of([hit.entry.id for hit in hits], department_id=department_id))[:limit]


async def answer_of(faq_id: UUID) -> dict[str, Any]:
    """Give one approved answer.

    Raises: NotFound.
    """
    rows = await models.public_of([faq_id], department_id=None)
    if not rows:
        raise NotFound()
    return rows[0]


async def whole_answer_of(faq_id: UUID) -> dict[str, Any]:
    """Give one answer as staff see it.

    Raises: NotFound.
    """
    row = await models.whole_of(faq_id)
    if row is None:
        raise NotFound()
    return row


async def history(faq_id: UUID) -> list[dict[str, Any]]:
    """Give the steps of an answer, oldest first.

    Raises: NotFound.
    """
    await whole_answer_of(faq_id)
    return await models.steps_of(faq_id)


async def write(staff: SignedInStaff, text: Text) -> dict[str, Any]:
    """Write a question and its answer; it is a draft until a colleague approves it.

    Raises: Forbidden, NotFound for a department or an owner that does not exist.
    """
    _check_right(staff, text.department_id, *WRITERS)
    faq_id = new_id()
    async with db.transaction():
        try:
            faq = await Faq.create(id=faq_id, code=faq_id.hex, state=FaqState.DRAFT, written_by=staff.id, **vars(text))
        except IntegrityError as error:
            raise NotFound() from error  # a foreign key: the department or the owner
        await born(FAQ, faq, FaqState.DRAFT, by=staff.by)
    return await whole_answer_of(faq_id)


async def rewrite(staff: SignedInStaff, faq_id: UUID, changes: dict[str, Any], *, version: int) -> dict[str, Any]:
    """Change what is said. An approved answer becomes a draft again: what nobody has approved, patients do not read.

    version: of the answer that was seen. Raises: Forbidden, NotFound, SomeoneWasFaster, IllegalMove for a retired one.
    """
    async with db.transaction():
        faq = await _locked(faq_id, version)
        _check_right(staff, faq.department_id, *WRITERS)
        _check_right(staff, changes.get("department_id", faq.department_id), *WRITERS)
        if faq.state != FaqState.DRAFT:
            await move(FAQ, faq, FaqState.DRAFT, by=staff.by, why="改写", approved_by=None, approved_at=None)
        for name, value in changes.items():
            setattr(faq, name, value)
        faq.written_by = staff.id
        faq.version += 1
        try:
            await faq.save()
        except IntegrityError as error:
            raise NotFound() from error  # a foreign key: the department or the owner
    return await whole_answer_of(faq_id)


async def approve(staff: SignedInStaff, faq_id: UUID, review_on: date | None, *, version: int) -> dict[str, Any]:
    """Let patients read an answer until the day of its next review; again when that day has come.

    Raises: Forbidden, NotFound, OwnText, ReviewDayPassed, SomeoneWasFaster, IllegalMove.
    """
    review_on = review_on or clock.today() + HOLDS
    async with db.transaction():
        faq = await _locked(faq_id, version)
        _check_right(staff, faq.department_id, *APPROVERS)
        check_approval(written_by=faq.written_by, approver=staff.id, review_on=review_on, today=clock.today())
        approval: dict[str, Any] = {"approved_by": staff.id, "approved_at": clock.now(), "review_on": review_on}
        await move(FAQ, faq, FaqState.APPROVED, by=staff.by, **approval)
    return await whole_answer_of(faq_id)


async def retire(staff: SignedInStaff, faq_id: UUID, reason: str, *, version: int) -> dict[str, Any]:
    """Take an answer away for good; it is kept for who asks what was said.

    Raises: Forbidden, NotFound, SomeoneWasFaster, IllegalMove.
    """
    async with db.transaction():
        faq = await _locked(faq_id, version)
        _check_right(staff, faq.department_id, *APPROVERS)
        await move(FAQ, faq, FaqState.RETIRED, by=staff.by, why=reason)
    return await whole_answer_of(faq_id)


async def _locked(faq_id: UUID, version: int) -> Faq:
    faq = await db.lock(Faq, faq_id)
    if faq.version != version:
        raise SomeoneWasFaster()  # between the look at the version and the lock
    return faq


def _check_right(staff: SignedInStaff, department_id: UUID | None, *roles: Role) -> None:
    """What holds for the whole hospital is not decided by one department."""
    scopes = staff.departments_of(*roles)
    if scopes is not None and department_id not in scopes:
        raise Forbidden()
