"""What a patient says later is read for harm as their first words were: graver by rule, once, and somebody is told."""

from dataclasses import dataclass
from uuid import UUID

from satisfaction.complaints import models, timeline
from satisfaction.complaints.escalating import WATCH
from satisfaction.complaints.keeping_time import happened
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import Level
from satisfaction.harm import harm_word_in
from satisfaction.texts.actions import vocabulary
from server import clock, hospital
from server.events import publish
from server.facts import ComplaintHarmHeard
from server.history import SYSTEM
from server.jobs import ring

GRAVEST = "A"


@dataclass(frozen=True)
class Harm:
    """That a complaint has become grave. entry_id: the line that says so."""

    entry_id: UUID


async def listen(complaint: Complaint, text: str) -> Harm | None:
    """Read what a patient has said, in the open transaction: the first word of harm makes the complaint grave.

    The complaint must be locked, so that a word and a judgement of staff at one moment come one after the other. Its
    clocks are set anew; what they have counted stays counted. Gives None when nothing has changed; else tell it, when
    everything else has been done, by `tell`.
    """
    if complaint.severity == GRAVEST:
        return None
    word = harm_word_in([text], (await vocabulary()).harm)
    if word is None:
        return None
    words = f"患者的话里有“{word}”，按规则由 {complaint.severity} 级改为 {GRAVEST} 级。"
    entry_id = await timeline.write(complaint, "note", words, by=SYSTEM)
    await models.change(complaint, severity=GRAVEST)
    await happened(complaint, "severity_set", entry_id=entry_id, severity=GRAVEST)
    ring(WATCH)  # head and supervisor are called by the step of a grave complaint
    return Harm(entry_id)


async def tell(complaint: Complaint, harm: Harm | None) -> None:
    """Alert the handler and the supervisors on duty, also when the patient has ended the complaint with these words."""
    if harm is None:
        return
    barred = await models.barred_ids(complaint.id)
    told = {person.id for person in await hospital.on_duty(Level.SUPERVISOR)} | {complaint.handler_id}
    await publish(
        ComplaintHarmHeard(
            complaint_id=complaint.id,
            entry_id=harm.entry_id,
            number=complaint.number,
            topic=complaint.topic,
            department_name=await models.department_name(complaint.department_id),
            is_open=complaint.closed_at is None,
            staff_ids=tuple(sorted(one for one in told if one is not None and one not in barred)),
            at=clock.now(),
            barred_ids=barred,
        )
    )
