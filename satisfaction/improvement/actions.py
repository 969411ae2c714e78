"""What people do with an improvement: begin, show that it is done, close, reject; and the chance to see its effect."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from satisfaction.attachments import actions as attachments
from satisfaction.attachments.models import Attachment, Evidence
from satisfaction.attachments.rules import without_words
from satisfaction.errors import EvidenceMissing, MeasureNeeded
from satisfaction.improvement import effect, measuring, models
from satisfaction.improvement.models import Improvement
from satisfaction.improvement.reach import At, held, keep, shown
from satisfaction.improvement.rules import IMPROVEMENT, ImprovementState
from server import clock
from server.accounts import SignedInStaff
from server.errors import NotFound
from server.history import SYSTEM, move


async def start(at: At) -> None:
    """Begin: freeze what was before, and what was said about the chance to see the change.

    Raises: NotFound, Forbidden, SomeoneWasFaster, IllegalMove, MeasureNeeded.
    """
    async with held(at, is_owner_enough=True) as row:
        IMPROVEMENT.check(row.state, ImprovementState.DOING)
        if row.needs_another:
            raise MeasureNeeded()
        today = clock.today()
        # another measure after one without effect: the baseline stays, only the expected change may differ
        kept = row.baseline or await measuring.before(row, today)
        power = measuring.prospect(row, kept)
        spans = kept["spans"] or [[today.isoformat(), today.isoformat()]]
        await move(
            IMPROVEMENT,
            row,
            ImprovementState.DOING,
            by=at.staff.by,
            starts_on=today,
            baseline=kept,
            baseline_from=date.fromisoformat(spans[0][0]),
            baseline_to=date.fromisoformat(spans[-1][1]),
            power_shown=measuring.as_json(power),
        )
        await models.note(row.id, "started", f"{power.power:.0%}", at.staff.id)


@dataclass(frozen=True)
class Shown:
    """What shows that a measure was put in place: words, files that were sent, addresses of what lies elsewhere."""

    text: str = ""
    attachment_ids: tuple[UUID, ...] = ()
    links: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.attachment_ids or self.links)


async def add_evidence(at: At, found: Shown) -> None:
    """Keep what shows that a measure was put in place.

    Raises: NotFound, also for a file that is not one's own or was used already; Forbidden, TooManyFiles.
    """
    async with held(at, is_owner_enough=True) as row:
        await _keep_evidence(row, at, found)
        await keep(row)


async def _keep_evidence(row: Improvement, at: At, found: Shown) -> UUID:
    kinds = await attachments.check_bindable(found.attachment_ids, at.staff)
    text = found.text or (without_words(kinds) if kinds else found.links[0])
    evidence_id = await models.write_evidence(row.id, text, found.links, at.staff.id)
    await attachments.bind(found.attachment_ids, at.staff, Evidence(evidence_id))
    return evidence_id


async def file_of(staff: SignedInStaff, improvement_id: UUID, attachment_id: UUID) -> Attachment:
    """Give a file of the evidence of an improvement that a member of staff may see.

    Raises: NotFound.
    """
    await shown(staff, improvement_id)
    found = await Attachment.filter(id=attachment_id).first()
    if found is None or not await models.is_evidence(improvement_id, found.evidence_id):
        raise NotFound()
    return found


async def complete(at: At, found: Shown) -> None:
    """Say that the measure is in place. found: evidence; may be empty where there is some. The looks begin.

    Raises: NotFound, Forbidden, SomeoneWasFaster, IllegalMove, EvidenceMissing.
    """
    async with held(at, is_owner_enough=True) as row:
        IMPROVEMENT.check(row.state, ImprovementState.DONE)
        evidence_id = await _keep_evidence(row, at, found) if found else await models.last_evidence(row.id)
        if evidence_id is None:
            raise EvidenceMissing()
        today = clock.today()
        done = {"done_on": today, "done_evidence_id": evidence_id}
        checks = {f"check{look}_on": today + timedelta(days=days) for look, days in effect.LOOK_DAYS.items()}
        await move(IMPROVEMENT, row, ImprovementState.DONE, by=at.staff.by, why="", **done, **checks)
        await models.note(row.id, "done", found.text, at.staff.id)
        await move(IMPROVEMENT, row, ImprovementState.MEASURING, by=SYSTEM)


async def end(at: At, state: ImprovementState, *, reason: str) -> None:
    """Close an improvement, or reject a proposal, with the reason.

    Raises: NotFound, Forbidden, SomeoneWasFaster, IllegalMove.
    """
    async with held(at) as row:
        await move(IMPROVEMENT, row, state, by=at.staff.by, why=reason)
        await models.note(row.id, str(state), reason, at.staff.id)


async def power(row: Mapping[str, Any]) -> dict[str, Any]:
    """Say what of the expected change will be seen: as it was said at the start, or as it is today."""
    improvement = await Improvement.get(id=row["id"])
    if improvement.baseline is not None and improvement.power_shown is not None:
        return {"baseline": improvement.baseline, "is_frozen": True, **improvement.power_shown}
    kept = await measuring.before(improvement, clock.today())
    return {"baseline": kept, "is_frozen": False, **asdict(measuring.prospect(improvement, kept))}
