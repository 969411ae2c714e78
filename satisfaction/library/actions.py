"""How a case comes into the library: drafted when its complaint ends, edited by a person, approved by another."""

from typing import Any
from uuid import UUID

from satisfaction.complaints import reads, timeline
from satisfaction.complaints.handlers import HANDLERS, READERS, check_approver, sight_of
from satisfaction.complaints.models import Complaint, ComplaintEntry
from satisfaction.complaints.rules import ComplaintState
from satisfaction.errors import CauseMissing, NeedsAnother
from satisfaction.library import models, tokens
from satisfaction.library.anonymising import People, anonymise, leaks
from satisfaction.library.causes import REMEDY
from satisfaction.library.models import LibraryCase
from satisfaction.library.rules import (
    LIBRARY_CASE,
    PARTS,
    CaseState,
    Story,
    kind_of,
    leaking,
    names_in,
    parts_of_answer,
)
from server import clock, db, privacy
from server.accounts import SignedInStaff
from server.errors import NotFound, SomeoneWasFaster
from server.facts import ComplaintClosed
from server.history import SYSTEM, By, born, move
from server.ids import new_id

WORTH_KEEPING = frozenset(
    {ComplaintState.CONFIRMED_CLOSED, ComplaintState.CLOSED_NO_REPLY, ComplaintState.CLOSED_DISAGREED}
)
LONGEST = 4000  # signs of a part of a draft


# ---- drafting ------------------------------------------------------------------------------------------------------


async def draft(fact: ComplaintClosed) -> None:
    """Draft the case of a complaint that has ended; a second end drafts anew what nobody has edited."""
    if fact.state not in WORTH_KEEPING:
        return
    complaint = await Complaint.get(id=fact.complaint_id)
    story = await _drafted(complaint)
    known = await LibraryCase.filter(complaint_id=complaint.id).select_for_update().first()
    if known is not None:
        if known.state == CaseState.DRAFT and known.written_by is None:
            await _write(known, story)
        return
    case_id, named = new_id(), await models.named_in(complaint.id)
    kept = await db.fetch_one(
        models.KEEP_DRAFT,
        case_id,
        complaint.id,
        models.sealed_story(case_id, story),
        await models.primary_cause(complaint.id),
        kind_of(named["speciality_code"] or ""),
        complaint.severity,
        clock.local(complaint.received_at).date().replace(day=1),
    )
    if kept is not None:
        await born(LIBRARY_CASE, LibraryCase(id=case_id), CaseState.DRAFT, by=SYSTEM)


async def _drafted(complaint: Complaint) -> Story:
    lines = await timeline.lines(complaint.id, for_patient=False)
    people = await people_of(complaint.id)
    answer = parts_of_answer(_texts(lines, "answer")[-1] if _texts(lines, "answer") else "")
    found = _texts(lines, "finding")
    remedies = [text.removeprefix(REMEDY) for text in found if text.startswith(REMEDY)]
    causes = await models.causes_of(complaint.id)
    title = f"{complaint.topic}：{causes[0]['names']['zh-CN']}" if causes else complaint.topic
    raw = Story(
        title=title,
        story="\n".join(_texts(lines, "filed") + _texts(lines, "message")),
        finding="\n".join([answer.get("调查结果", ""), *(text for text in found if not text.startswith(REMEDY))]),
        action=answer.get("处理措施", ""),
        prevention="\n".join(remedies),
    )
    return Story(**{part: anonymise(text.strip(), people)[:LONGEST] for part, text in vars(raw).items()})


def _texts(lines: list[ComplaintEntry], kind: str) -> list[str]:
    return [line.text for line in lines if line.kind == kind]


async def people_of(complaint_id: UUID) -> People:
    """Give whom and what the records of a case name, so that none of it is published."""
    row = await models.named_in(complaint_id)
    answers = _texts(await timeline.lines(complaint_id, for_patient=False), "answer")
    responsible = [parts_of_answer(text).get("责任人", "") for text in answers]
    numbers = [row["number"], row["file_number"] or "", *row["labels"]]
    for column, sealed in (("phone_cipher", row["phone_cipher"]), ("id_number_cipher", row["id_number_cipher"])):
        if sealed:
            numbers.append(privacy.unseal(sealed, place=f"patient.{column}", row_id=row["patient_id"]))
    return People(
        patients=tuple(name for name in (row["patient_name"], row["patient_file_name"]) if name),
        relatives=tuple(row["relatives"]),
        doctors=tuple(sorted(row["doctors"])),
        staff=tuple(sorted({*filter(None, row["staff"]), *names_in(*responsible)})),
        places=tuple(sorted(row["places"])),
        numbers=tuple(numbers),
    )


# ---- people --------------------------------------------------------------------------------------------------------


async def case_of(staff: SignedInStaff, case_id: UUID) -> tuple[dict[str, Any], Story]:
    """Read a case: a published one by everybody who reads complaints, another by who may see its complaint.

    Returns: the row as it is shown, and the story that was written last for who may see the complaint.
    Raises: NotFound.
    """
    row = (await models.shown(sight_of(staff, READERS), [case_id])).get(case_id)
    if row is None or (row["state"] != CaseState.PUBLISHED and row["open_complaint_id"] is None):
        raise NotFound()
    if row["state"] == CaseState.PUBLISHED:
        return row, Story(**{part: row[part] for part in PARTS})
    case = await LibraryCase.get(id=case_id)
    return row, case.written


async def write(staff: SignedInStaff, case_id: UUID, story: Story, *, version: int | None) -> None:
    """Write a case anew; a published one has to be approved again.

    Raises: NotFound, SomeoneWasFaster, IllegalMove.
    """
    async with db.transaction():
        case = await _held(staff, case_id, version)
        if case.state == CaseState.PUBLISHED:
            await _hide(case, CaseState.DRAFT, by=staff.by, why="edited", approved_by=None, approved_at=None)
        elif case.state != CaseState.DRAFT:
            LIBRARY_CASE.check(case.state, CaseState.DRAFT)
        await _write(case, story, written_by=staff.id)


async def publish(staff: SignedInStaff, case_id: UUID, *, version: int | None) -> None:
    """Approve a case and let everybody find it. Who wrote it cannot; nothing in it may say who it was.

    Raises: NotFound, SomeoneWasFaster, NeedsAnother, CauseMissing, Malformed, IllegalMove.
    """
    async with db.transaction():
        case = await _held(staff, case_id, version)
        LIBRARY_CASE.check(case.state, CaseState.PUBLISHED)
        complaint = await Complaint.get(id=case.complaint_id)
        if case.written_by in (None, staff.id):
            raise NeedsAnother()
        causes = await models.causes_of(case.complaint_id)
        await check_approver(complaint, staff.id, set_by={one["set_by"] for one in causes})
        if not causes:
            raise CauseMissing()
        story, people = case.written, await people_of(case.complaint_id)
        found = {part: leaks(text, people) for part, text in vars(story).items()}
        if any(found.values()):
            raise leaking(found)
        words = tokens.kept(*vars(story).values())
        await db.fetch(models.INDEX, case.id, words)
        await models.keep_terms(words, 1)
        approved: dict[str, Any] = {
            "approved_by": staff.id,
            "approved_at": clock.now(),
            "cause_code": causes[0]["code"],
        }
        await move(LIBRARY_CASE, case, CaseState.PUBLISHED, by=staff.by, **vars(story), **approved)


async def withdraw(staff: SignedInStaff, case_id: UUID, *, reason: str) -> None:
    """Take a case out of the library, or discard a draft.

    Raises: NotFound, IllegalMove.
    """
    async with db.transaction():
        case = await _held(staff, case_id, None)
        if case.state == CaseState.PUBLISHED:
            await _hide(case, CaseState.WITHDRAWN, by=staff.by, why=reason, withdrawn_why=reason)
        else:
            await move(LIBRARY_CASE, case, CaseState.WITHDRAWN, by=staff.by, why=reason, withdrawn_why=reason)


async def _held(staff: SignedInStaff, case_id: UUID, version: int | None) -> LibraryCase:
    case = await db.lock(LibraryCase, case_id)
    if await reads.in_sight(sight_of(staff, HANDLERS), case.complaint_id) is None:
        raise NotFound()
    if version is not None and case.version != version:
        raise SomeoneWasFaster()
    return case


async def _hide(case: LibraryCase, state: CaseState, *, by: By, why: str, **changes: Any) -> None:
    """Take a published case out of what everybody finds."""
    await models.keep_terms(await models.words_of(case.id), -1)
    await move(LIBRARY_CASE, case, state, by=by, why=why, **dict.fromkeys(PARTS, ""), **changes)
    await db.fetch(models.UNINDEX, case.id)


async def _write(case: LibraryCase, story: Story, *, written_by: UUID | None = None) -> None:
    values = {"body_cipher": models.sealed_story(case.id, story), "version": case.version + 1, "written_by": written_by}
    if await LibraryCase.filter(id=case.id, version=case.version).update(**values) == 0:
        raise SomeoneWasFaster()
