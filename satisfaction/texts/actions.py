"""Having texts checked by the platform, and saying which of them others may read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from satisfaction.texts import models
from satisfaction.texts.models import KEEP_CHECK, Again, TextCheck
from satisfaction.texts.rules import CheckState, Verdict
from satisfaction.texts.words import Found, Vocabulary
from server import clock, db, privacy
from server.accounts import SignedInStaff
from server.errors import NotFound, wrong_field
from server.ids import new_id
from server.jobs import ring

PLACE = "text_check.text_cipher"
RESPONSE = "response"  # the kind of subject: the words of an answered survey


async def vocabulary() -> Vocabulary:
    """Give the words that the hospital reads texts for."""
    return (await models.words())[1]


@dataclass(frozen=True)
class Written:
    """A text as somebody wrote it. account_id: who; None when nobody knows. found: what it contains."""

    text: str
    account_id: UUID | None
    found: Found


async def have_checked(subject_kind: str, subject_id: UUID, written: Written) -> None:
    """Have a text checked before others read it, in the transaction that keeps the text; again when it has changed.

    The platform checks nothing of somebody it does not know: a person reads that.
    """
    check = await TextCheck.filter(subject_kind=subject_kind, subject_id=subject_id).select_for_update().first()
    if not written.text.strip():
        if check is not None:
            await check.delete()
        return
    check_id = check.id if check else new_id()
    state = CheckState.WAITING if written.account_id else CheckState.TO_BE_READ
    sealed = privacy.seal(written.text, place=PLACE, row_id=check_id) if written.account_id else None
    reason = "" if written.account_id else "author_unknown"
    found = written.found
    if check is None:
        await db.fetch(
            KEEP_CHECK,
            check_id,
            subject_kind,
            subject_id,
            written.account_id,
            sealed,
            str(state),
            list(found.topics),
            bool(found.harm),
            reason,
        )
    else:
        await models.write_again(check.id, Again(sealed, state, reason, found))
    if state == CheckState.WAITING:
        ring("check_texts")


async def settle(check_id: UUID, verdict: Verdict, *, made_at: datetime) -> None:
    """Write down what the platform said, unless the text has been written anew or decided on since it was asked.

    made_at: when the text that was asked about was written.
    """
    await TextCheck.filter(id=check_id, state=CheckState.WAITING, made_at=made_at).update(
        state=verdict.state,
        text_cipher=None,
        due_at=None,
        label=verdict.label,
        trace_id=verdict.trace_id,
        reason=verdict.reason,
        checked_at=clock.now(),
    )


async def decide(staff: SignedInStaff, subject_id: UUID, *, is_shown: bool, why: str) -> None:
    """Let others read a text, or not; by a person who has read it. Doing it twice is doing it once.

    Every decision is kept. why: may be empty for what nobody has decided about and is to be shown.
    Raises: NotFound, InvalidInput.
    """
    wanted = CheckState.PASSED if is_shown else CheckState.HIDDEN
    async with db.transaction():
        check = (
            await TextCheck.filter(subject_kind=RESPONSE, subject_id=subject_id).select_for_update(no_key=True).first()
        )
        if check is None:
            raise NotFound()
        if check.state == wanted and check.decided_by is not None:
            return
        if not why and (not is_shown or check.decided_by is not None):
            raise wrong_field("/why", "missing", "needed to hide, and to decide otherwise than before")
        await TextCheck.filter(id=check.id).update(
            state=wanted, text_cipher=None, due_at=None, decided_by=staff.id, decided_at=clock.now()
        )
        await db.fetch(models.KEEP_DECISION, new_id(), RESPONSE, subject_id, is_shown, staff.id, why)


async def save_words(staff: SignedInStaff, value: Vocabulary, *, seen: int, why: str) -> int:
    """Let other words hold from now on; give their version. seen: the version that was changed.

    Raises: SomeoneWasFaster.
    """
    return await models.save_words(value, seen=seen, by=staff.id, why=why)
