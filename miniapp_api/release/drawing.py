"""What happens to draws by themselves: they are made with a promise, drawn once, or called off.

A draw is one transaction: places, entries, the revealed seed, the opened session and all that is told come together or
not at all. So it may die at any point, and two workers may be at it at once.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import structlog
from tortoise.exceptions import IntegrityError

from miniapp_api.booking import settings
from miniapp_api.booking.claims import Claim, Taken
from miniapp_api.booking.places import RACES, take_within
from miniapp_api.errors import SessionStopped, SlotFull
from miniapp_api.release import effects, models
from miniapp_api.release.rules import (
    BATCH,
    LATE_OPENING_SECONDS,
    Entrant,
    EntryState,
    Outcome,
    lots_of,
    order,
    sha256,
    share_out,
)
from server import db, kill_points, privacy
from server.errors import AppError, SomeoneWasFaster
from server.events import fact_row
from server.facts import DrawCalledOff, DrawLost, Fact
from server.history import SYSTEM, By
from server.ids import new_id
from server.jobs import each, ring

SEED = "draw.seed_cipher"
DRAWS = By(kind="system", id=None, channel="draw")
ROUNDS = 1000  # of sharing out; each finds at least one more that the booking rules refuse, or a place that is gone
log = structlog.get_logger("release")


# ---- making --------------------------------------------------------------------------------------------------------


async def make_draws() -> int:
    """Make a draw, with its promise, for every session whose places are drawn; follow a changed release. Give how many.

    loss_days and lots_at_most are what the hospital has decided now; a draw keeps them.
    """
    made = 0
    rules = await _boost()
    while rows := await db.fetch(effects.SESSIONS_WITHOUT_DRAW, float(LATE_OPENING_SECONDS), BATCH):
        fresh = await each("draws", rows, lambda row: _make(row, rules))
        made += fresh
        if not fresh:
            break  # somebody else is at it
    await db.fetch(effects.RETIME)
    return made


async def _boost() -> tuple[int, int]:
    found = await settings.current()
    return found.draw_loss_days, found.draw_lots_at_most


async def _make(session: dict[str, Any], rules: tuple[int, int]) -> int:
    draw_id, seed = new_id(), secrets.token_hex(32)
    row = await db.fetch_one(
        effects.MAKE,
        draw_id,
        session["id"],
        session["opens_at"],
        float(session["seconds"]),
        privacy.seal(seed, place=SEED, row_id=draw_id),
        sha256(seed),
        *rules,
        new_id(),
        SYSTEM.channel,
    )
    return 0 if row is None else 1


# ---- drawing -------------------------------------------------------------------------------------------------------


async def run_draws() -> int:
    """Draw what is closed and not drawn yet, the oldest first, also when nobody worked for a while. Give how many."""
    return await each("draws", await db.fetch(effects.DUE, BATCH), _run)


async def _run(row: dict[str, Any]) -> int:
    try:
        async with db.transaction():
            return await _draw(row["id"])
    except _CalledOff:
        log.info("draw_called_off", draw=str(row["id"]))  # the session stopped in between: `call_off` tells
        return 0


class _CalledOff(Exception):
    """The session does not take place: nothing is drawn."""


class _Again(Exception):
    """Not everybody got what was shared out: that round is undone."""


async def _draw(draw_id: UUID) -> bool:
    row = await db.fetch_one(effects.LOCK_DUE, draw_id)
    if row is None:
        return False  # another worker is at it, or it was called off
    entries = {one["receipt"]: one for one in await db.fetch(effects.ENTERED, draw_id)}
    seed = privacy.unseal(row["seed_cipher"], place=SEED, row_id=draw_id)
    ordered = order(seed, [Entrant(one["receipt"], one["lots"], tuple(one["slot_ids"])) for one in entries.values()])
    shared = await _Sharing(row["session_id"], ordered, entries).run()
    kill_points.reach("draw_awarded")
    await _settle(entries, shared)
    kill_points.reach("draw_settled")
    places = orjson.dumps({str(slot): count for slot, count in shared.places.items()}).decode()
    if await db.fetch_one(effects.FINISH, draw_id, seed, places, new_id(), SYSTEM.channel) is None:
        raise _CalledOff
    await _tell([_lost(row, entries[one.receipt], one, shared) for one in shared.outcomes if one.slot is None])
    kill_points.reach("draw_told")
    return True


class _Sharing:
    """Shares places out in the order of a draw, as far as the booking rules allow.

    outcomes: of every entry. appointments: of the winners, by receipt. refused and reasons: what the rules said, by
    receipt. places: of each slot, as the last round found them.
    """

    def __init__(self, session_id: UUID, ordered: Sequence[Entrant], entries: dict[str, dict[str, Any]]) -> None:
        self._session_id = session_id
        self._ordered = ordered
        self._entries = entries
        self.places: dict[UUID, int] = {}
        self.outcomes: list[Outcome] = []
        self.appointments: dict[str, UUID] = {}
        self.refused: dict[str, frozenset[UUID]] = defaultdict(frozenset)
        self.reasons: dict[str, str] = {}

    async def run(self) -> "_Sharing":
        """Share out until everybody gets what is shared out for them.

        Raises: _CalledOff, SomeoneWasFaster when the places do not come to rest.
        """
        for _ in range(ROUNDS):
            self.places = {row["id"]: row["places"] for row in await db.fetch(models.BANDS, self._session_id)}
            self.outcomes = share_out(self._ordered, self.places, self.refused)
            try:
                async with db.transaction():  # a round that does not hold is undone whole
                    await self._take([one for one in self.outcomes if one.slot is not None])
                return self
            except _Again:
                continue
            except IntegrityError as error:  # an act about a winner that the statement could not see yet
                if db.violated(error) not in RACES:
                    raise
                self.appointments.clear()
        raise SomeoneWasFaster()

    async def _take(self, winners: Sequence[Outcome]) -> None:
        answers = await take_within([self._claim(one) for one in winners]) if winners else []
        is_whole = True
        for one, answer in zip(winners, answers, strict=True):
            if isinstance(answer, Taken):
                self.appointments[one.receipt] = answer.appointment_id
            else:
                is_whole = False
                self._note(one, answer)
        if not is_whole:
            self.appointments.clear()
            raise _Again

    def _note(self, one: Outcome, answer: AppError) -> None:
        if isinstance(answer, SessionStopped):
            raise _CalledOff
        if isinstance(answer, SlotFull | SomeoneWasFaster):
            return  # the desk took a place just now: the next round looks at the places again
        assert one.slot is not None  # only winners claim
        self.refused[one.receipt] |= {one.slot}
        self.reasons[one.receipt] = answer.code

    def _claim(self, one: Outcome) -> Claim:
        assert one.slot is not None  # only winners claim
        entry = self._entries[one.receipt]
        return Claim(
            slot_id=one.slot,
            patient_id=entry["patient_id"],
            account_id=entry["account_id"],
            by=DRAWS,
            passes_release=True,
        )


async def _settle(entries: dict[str, dict[str, Any]], shared: _Sharing) -> None:
    rows = [(entries[one.receipt]["id"], one) for one in shared.outcomes]
    settled = await db.fetch(
        effects.SETTLE_ENTRIES,
        [entry_id for entry_id, _ in rows],
        [one.state.value for _, one in rows],
        [one.position for _, one in rows],
        [one.slot for _, one in rows],
        [shared.appointments.get(one.receipt) for _, one in rows],
        ["{" + ",".join(sorted(str(slot) for slot in shared.refused[one.receipt])) + "}" for _, one in rows],
        [shared.reasons.get(one.receipt, "") if one.state is EntryState.REFUSED else "" for _, one in rows],
        [new_id() for _ in rows],
        SYSTEM.channel,
    )
    if len(settled) != len(rows):
        raise SomeoneWasFaster()  # an entry changed under the draw's lock: nothing of this stays


def _lost(row: dict[str, Any], entry: dict[str, Any], one: Outcome, shared: _Sharing) -> Fact:
    return DrawLost(
        entry_id=entry["id"],
        draw_id=row["id"],
        session_id=row["session_id"],
        account_id=entry["account_id"],
        patient_id=entry["patient_id"],
        patient_name=entry["patient_name"],
        department_id=row["department_id"],
        department_name=row["department_name"],
        practitioner_name=row["practitioner_name"],
        starts_at=row["starts_at"],
        position=one.position,
        entries=len(shared.outcomes),
        lots_next=lots_of(entry["lots"], row["lots_at_most"]) if one.state is EntryState.LOST else entry["lots"],
        reason=shared.reasons.get(one.receipt, "") if one.state is EntryState.REFUSED else "",
    )


async def _tell(facts: Sequence[Fact]) -> None:
    rows = [fact_row(fact) for fact in facts]
    if rows:
        await db.fetch(effects.TELL, *([row[column] for row in rows] for column in range(3)))
        ring("relay")


# ---- calling off ---------------------------------------------------------------------------------------------------


async def call_off_draws() -> int:
    """Call off the draws whose session was stopped, is gone or over, or is released otherwise; tell. Give how many."""
    return await each("draws", await db.fetch(effects.CALLED_OFF, BATCH), lambda row: _call_off(row["id"]))


async def _call_off(draw_id: UUID) -> bool:
    async with db.transaction():
        return await _call_off_within(draw_id)


async def _call_off_within(draw_id: UUID) -> bool:
    row = await db.fetch_one(effects.LOCK_CALLED_OFF, draw_id)
    if row is None:
        return False
    entries = await db.fetch(effects.ENTERED, draw_id)
    await db.fetch(
        effects.CALL_OFF,
        draw_id,
        row["why"],
        new_id(),
        [one["id"] for one in entries],
        [new_id() for _ in entries],
        SYSTEM.channel,
    )
    await _tell(
        [
            DrawCalledOff(
                entry_id=one["id"],
                draw_id=draw_id,
                account_id=one["account_id"],
                patient_id=one["patient_id"],
                patient_name=one["patient_name"],
                department_name=row["department_name"],
                practitioner_name=row["practitioner_name"],
                starts_at=row["starts_at"],
                why=row["why"],
            )
            for one in entries
        ]
    )
    return True
