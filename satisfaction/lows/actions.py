"""What a rating sets off: nothing, or the one complaint of its visit."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from satisfaction.complaints import cases, timeline
from satisfaction.complaints import models as complaint_models
from satisfaction.complaints.filing import LowRating, Visit, open_from_low_rating
from satisfaction.complaints.keeping_time import happened
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import COMPLAINT, ComplaintState
from satisfaction.lows import models, rules
from satisfaction.lows.rules import Reason, Rule, Told
from satisfaction.texts.actions import RESPONSE, Written, have_checked
from satisfaction.texts.words import Vocabulary
from server import clock, db, kill_points
from server.accounts import SignedInStaff
from server.events import publish
from server.facts import ComplaintMessaged
from server.history import By, move

ONE_A_VISIT = "complaint_one_low_rating_a_visit"  # the index that stands behind «once»
DRY_RUN_DAYS, DRY_RUN_ANSWERS, DRY_RUN_AT_ONCE = 90, 5000, 200


@dataclass(frozen=True)
class Considered:
    """What became of a rating. reasons: why it is low. will_call: somebody will call the patient."""

    reasons: tuple[Reason, ...] = ()
    complaint_id: UUID | None = None

    @property
    def will_call(self) -> bool:
        """Tell whether the rating is low, so that somebody will call."""
        return bool(self.reasons)


async def consider(response_id: UUID, *, by: By) -> Considered:
    """Look at a response that was just kept or edited, in its transaction; a low one opens or joins a complaint.

    Who answered without a name is asked nothing further: nothing of that answer leads anywhere.
    """
    row = await db.fetch_one(models.LOOK, response_id)
    assert row is not None  # kept in this transaction
    if row["is_anonymous"]:
        return Considered()
    rating, words = models.rating_of(row, models.words_of(row))
    if words.text or row["is_edit"]:
        await have_checked(RESPONSE, response_id, Written(words.text, row["account_id"], rating.found))
    given = rules.reasons(rating, models.rules_in(row))
    if not given:
        return Considered(complaint_id=row["complaint_id"])
    items, answers = orjson.loads(row["items"]), {**orjson.loads(row["answers"]), **words.answers, **words.sealed}
    low = LowRating(
        response_id=response_id,
        visit=_visit(row),
        text=rules.summary(items, answers, Told(words.comment, row["contact_me"])),
        is_harmful=rules.severity_of(given) == "A",
        wants_contact=row["contact_me"],
        is_sealed=any(reason.is_sealed for reason in given),
    )
    known = row["complaint_id"]
    complaint_id = await _add(known, low, by=by) if known else await _open_or_add(low, by=by)
    await models.keep(response_id, [reason.code for reason in given], complaint_id)
    kill_points.reach("low_rating_kept")
    return Considered(given, complaint_id)


async def hold(complaint_id: UUID | None, encounter_id: UUID | None) -> None:
    """Lock the complaint that a rating belongs to or will join, before an edit locks what counts answers.

    A further low rating of the visit locks them in this order: the other way round, each would wait for the other.
    """
    if known := complaint_id or await models.of_visit(encounter_id):
        await cases.locked(await models.going_on(known), None)


def _visit(row: dict[str, Any]) -> Visit:
    names = ("account_id", "patient_id", "patient_name", "encounter_id", "department_id", "practitioner_id")
    return Visit(**{name: row[name] for name in names})


async def _open_or_add(low: LowRating, *, by: By) -> UUID:
    """Open the complaint of a visit, or add to the one that is there; also to one that a twin opens just now."""
    if known := await models.of_visit(low.visit.encounter_id):
        return await _add(known, low, by=by)
    try:
        async with db.transaction():
            return await open_from_low_rating(low, by=by)
    except IntegrityError as error:
        if db.violated(error) != ONE_A_VISIT:
            raise
    known = await models.of_visit(low.visit.encounter_id)
    assert known is not None  # the one that stood in the way has committed
    return await _add(known, low, by=by)


async def _add(complaint_id: UUID, low: LowRating, *, by: By) -> UUID:
    """Add a rating to a complaint, and tell its handler; one that ended without the patient's consent begins anew."""
    complaint = await cases.locked(await models.going_on(complaint_id), None)
    entry_id = await timeline.write(complaint, "rating", low.text, by=by)
    graver = _graver(complaint, low)
    await complaint_models.change(complaint, **graver)
    if complaint.state in (ComplaintState.CLOSED_NO_REPLY, ComplaintState.CLOSED_DISAGREED):
        await cases.begin_round(complaint, by=by)
    elif complaint.state == ComplaintState.WAITING_PATIENT:
        await move(COMPLAINT, complaint, ComplaintState.INVESTIGATING, by=by)
    if "severity" in graver:
        await happened(complaint, "severity_set", entry_id=entry_id, severity=complaint.severity)
    await happened(complaint, "inbound", entry_id=entry_id)
    await publish(
        ComplaintMessaged(
            complaint_id=complaint.id,
            number=complaint.number,
            handler_id=complaint.handler_id,
            topic=complaint.topic,
            at=clock.now(),
            barred_ids=await complaint_models.barred_ids(complaint.id),
        )
    )
    return complaint.id


def _graver(complaint: Complaint, low: LowRating) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if low.is_harmful and complaint.severity != "A":
        changes["severity"] = "A"
    if low.wants_contact and not complaint.wants_contact:
        changes["wants_contact"] = True
    if low.is_sealed and not complaint.is_sealed:
        changes["is_sealed"] = True
    return changes


# ---- the rules of the hospital -------------------------------------------------------------------------------------


async def save(staff: SignedInStaff, given: tuple[Rule, ...], *, seen: int, why: str) -> int:
    """Let other rules hold from now on; give their version.

    Raises: SomeoneWasFaster.
    """
    return await models.save(given, seen=seen, by=staff.id, why=why)


@dataclass(frozen=True)
class DryRun:
    """What rules would have found. by_rule: answers that each rule finds. now: those that were low when they came."""

    looked: int
    low: int
    now: int
    by_rule: dict[str, int]
    is_all: bool


async def try_out(given: Sequence[Rule], words: Vocabulary) -> DryRun:
    """Look at the newest answers of the last 90 days with other rules or words; nothing is changed or opened."""
    rows = await db.fetch(models.LATELY, DRY_RUN_DAYS, DRY_RUN_ANSWERS + 1)
    is_all, rows = len(rows) <= DRY_RUN_ANSWERS, rows[:DRY_RUN_ANSWERS]
    low, by_rule = 0, Counter[str]()
    for place, row in enumerate(rows):
        if place % DRY_RUN_AT_ONCE == 0:
            await asyncio.sleep(0)  # others have their turn
        rating, _ = models.rating_of(row, words)
        found = {rule.code for rule in given if rules.reasons(rating, [rule])}
        low += bool(found)
        by_rule.update(found)
    return DryRun(
        looked=len(rows),
        low=low,
        now=sum(row["is_low"] for row in rows),
        by_rule={rule.code: by_rule[rule.code] for rule in given},
        is_all=is_all,
    )
