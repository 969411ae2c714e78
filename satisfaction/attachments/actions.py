"""Files come in, become part of a complaint or of evidence, are given out, and are forgotten when nobody sends them."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from satisfaction.attachments import models, rules
from satisfaction.attachments.models import Attachment, Owner
from satisfaction.attachments.rules import ATTACHMENT, AttachmentState, Checked
from satisfaction.attachments.stores import store
from satisfaction.errors import TooManyFiles
from server import clock, db, privacy
from server.accounts import SignedInPatient, SignedInStaff
from server.errors import NotFound
from server.history import born, move
from server.ids import new_id
from server.jobs import ring

PLACE = "attachment.content"
SWEPT_AFTER = timedelta(hours=1)  # a file without a row: one may be on its way into the database

Sender = SignedInPatient | SignedInStaff


@dataclass(frozen=True)
class Kept:
    """A file that lies in the store and has no row yet."""

    id: UUID
    file: Checked

    @property
    def store_key(self) -> str:
        """Give the key: nothing of a person is in it."""
        return key_of(self.id)


def key_of(attachment_id: UUID) -> str:
    """Give the key under which a file lies in the store."""
    return f"{attachment_id.hex[-2:]}/{attachment_id}"


async def keep(sender: Sender, content: bytes, media_type: str) -> Kept:
    """Look at a file and lay it, cleaned and sealed, into the store; outside of any transaction.

    Raises: FileUnreadable, FileTooLong, TooManyFiles, StoreAway.
    """
    if await models.waiting(*_who(sender)) >= rules.MOST_UNBOUND:
        raise TooManyFiles()
    kept = Kept(new_id(), await asyncio.to_thread(rules.checked, content, media_type))
    sealed = await asyncio.to_thread(privacy.seal_bytes, kept.file.content, place=PLACE, row_id=kept.id)
    await store().put(kept.store_key, sealed)
    return kept


async def enter(sender: Sender, kept: Kept) -> Attachment:
    """Write the row of a file that lies in the store."""
    account_id, staff_id = _who(sender)
    async with db.transaction():
        attachment = await Attachment.create(
            id=kept.id,
            account_id=account_id,
            staff_id=staff_id,
            kind=kept.file.kind,
            media_type=kept.file.media_type,
            bytes=len(kept.file.content),
            width=kept.file.width,
            height=kept.file.height,
            seconds=kept.file.seconds,
            sha256=hashlib.sha256(kept.file.content).digest(),
            store_key=kept.store_key,
            state=AttachmentState.RECEIVED,
            at=clock.now(),
        )
        await born(ATTACHMENT, attachment, AttachmentState.RECEIVED, by=sender.by)
    return attachment


def _who(sender: Sender) -> tuple[UUID | None, UUID | None]:
    return (sender.id, None) if isinstance(sender, SignedInPatient) else (None, sender.id)


async def check_bindable(attachment_ids: Sequence[UUID], sender: Sender) -> list[str]:
    """Give the kinds of files that are to become part of a line.

    Raises: NotFound for one that is not the sender's or was sent already; TooManyFiles.
    """
    if not attachment_ids:
        return []
    account_id, staff_id = _who(sender)
    rows = await Attachment.filter(id__in=list(attachment_ids), bound_at=None)
    mine = [one for one in rows if (one.account_id, one.staff_id) == (account_id, staff_id)]
    if len(mine) != len(set(attachment_ids)):
        raise NotFound()
    kinds = [one.kind for one in mine]
    if any(kinds.count(kind) > most for kind, most in rules.MOST_PER_LINE.items()):
        raise TooManyFiles()
    return kinds


async def bind(attachment_ids: Sequence[UUID], sender: Sender, owner: Owner) -> None:
    """Make files part of a line of a complaint or of evidence, in the open transaction.

    Raises: NotFound, TooManyFiles, as `check_bindable`.
    """
    if not await check_bindable(attachment_ids, sender):
        return
    account_id, staff_id = _who(sender)
    ids, is_patient = list(dict.fromkeys(attachment_ids)), account_id is not None
    where = owner.complaint_id, owner.entry_id, owner.evidence_id
    bound = await db.fetch(models.BIND, ids, account_id, staff_id, *where, is_patient)
    if len(bound) != len(ids):
        raise NotFound()  # something else took one in between
    if is_patient:
        ring("check_attachments")
        return
    for one in await Attachment.filter(id__in=ids):  # what the house itself adds nobody has to look at
        await move(ATTACHMENT, one, AttachmentState.SHOWN, by=sender.by)


async def content_of(attachment: Attachment) -> bytes:
    """Open a file.

    Raises: NotFound when the store has lost it, StoreAway.
    """
    sealed = await store().get(attachment.store_key)
    return await asyncio.to_thread(privacy.unseal_bytes, sealed, place=PLACE, row_id=attachment.id)


async def decide(attachment: Attachment, state: AttachmentState, *, staff: SignedInStaff) -> None:
    """Show or veil a file by a person's judgement; what stands already so is left alone.

    Raises: IllegalMove while the platform looks at it.
    """
    async with db.transaction():
        found = await db.lock(Attachment, attachment.id)
        if found.state != state:
            await move(ATTACHMENT, found, state, by=staff.by, decided_by=staff.id, check_due_at=None)


async def discard(attachment_id: UUID, sender: Sender) -> None:
    """Take away a file that was not sent; its bytes go with the next sweep.

    Raises: NotFound.
    """
    account_id, staff_id = _who(sender)
    rows = await db.fetch(
        "DELETE FROM attachment WHERE id = $1 AND bound_at IS NULL AND (account_id = $2 OR staff_id = $3) RETURNING id",
        attachment_id,
        account_id,
        staff_id,
    )
    if not rows:
        raise NotFound()


async def sweep(older_than: timedelta = SWEPT_AFTER) -> int:
    """Forget what was never sent, then remove the files that no row names; give how many. Doing it twice is once."""
    await db.fetch(models.FORGET, rules.KEPT_UNBOUND)
    kept = store()
    keys = await kept.older_than(older_than.total_seconds())
    removed = 0
    for first in range(0, len(keys), 1000):
        for row in await db.fetch(models.UNKNOWN, keys[first : first + 1000]):
            await kept.delete(row["key"])
            removed += 1
    return removed
