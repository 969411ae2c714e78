"""What somebody asks of a slot, what came of it, and how both cross into the statement that takes places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from miniapp_api.booking.models import INTAKE, SlotSeen
from miniapp_api.booking.news import booked
from miniapp_api.booking.rules import (
    OPEN_PLACES,
    PATIENTS_POOLS,
    AppointmentStatus,
    BookingRequest,
    BookingSettings,
    SlotState,
)
from miniapp_api.booking.views import new_appointment, new_at
from server import privacy
from server.events import fact_row
from server.history import By
from server.idempotency import Once
from server.ids import new_id
from server.remembered import Remembered

NOBODY = UUID(int=0)
SLOT_SECONDS = 60.0  # how old the names may be that a booking says; a session that changed is always looked at anew


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One place of one slot for one patient.

    account_id: whose the appointment becomes; None for a file without an account. held_until: the place is only held,
    until then; None: it is booked. pools: of which the slot may be. is_own: the patient must be on the account.
    is_bound: the person's limits and suspension hold. passes_release: may take before 放号 and during a draw.
    from_kept: takes a place that is set aside for the waitlist. is_any: any practitioner will do.
    """

    slot_id: UUID
    patient_id: UUID
    account_id: UUID | None
    by: By
    held_until: datetime | None = None
    pools: frozenset[str] = PATIENTS_POOLS
    intake: dict[str, str] | None = None
    is_any: bool = False
    is_extra: bool = False
    revisit_of_id: UUID | None = None
    is_own: bool = True
    is_bound: bool = True
    passes_release: bool = False
    from_kept: bool = False

    @property
    def status(self) -> AppointmentStatus:
        """Give what the appointment is born as."""
        return AppointmentStatus.BOOKED if self.held_until is None else AppointmentStatus.HELD


@dataclass(frozen=True, slots=True)
class Taken:
    """A place was taken."""

    appointment_id: UUID
    slot_id: UUID
    patient_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class _Texts:
    """What is written about every booking of a slot: the fact without the person, the answer without its begin."""

    fact: str
    answer: tuple[str, str, str]


_texts: Remembered[tuple[UUID, int], _Texts] = Remembered(seconds=SLOT_SECONDS, at_most=5_000)


def _texts_of(slot: SlotSeen) -> _Texts:
    found = _texts.get((slot.slot_id, slot.session_version))
    if found is None:
        _, _, payload = fact_row(booked(NOBODY, None, slot, (NOBODY, "")))
        found = _Texts(payload, new_at(slot))
        _texts.put((slot.slot_id, slot.session_version), found)
    return found


def claim_row(claim: Claim, slot: SlotSeen, appointment_id: UUID, once: Once | None, *, wants_body: bool) -> tuple:
    """Give a claim as the values that the statement takes for each, in the order of its arguments.

    wants_body: the statement writes the answer's JSON, and keeps it when `once` is given.
    """
    texts = _texts_of(slot)
    pieces: tuple[str | None, ...] = (None,) * 4
    if wants_body:
        start = new_appointment(appointment_id, claim.patient_id, held_until=claim.held_until, is_any=claim.is_any)
        pieces = (start, *texts.answer)
    return (
        slot.slot_id,
        appointment_id,
        claim.account_id,
        claim.patient_id,
        claim.held_until,
        claim.by.channel,
        sealed_intake(claim.intake, appointment_id),
        new_id(),
        claim.by.kind,
        claim.by.id,
        new_id(),
        texts.fact,
        *pieces,
        once.actor if once else None,
        once.key if once else None,
        once.fingerprint if once else None,
        slot.session_version,
        ",".join(sorted(claim.pools)),
        claim.is_own,
        claim.is_bound,
        claim.passes_release,
        claim.from_kept,
        claim.is_any,
        claim.is_extra,
        claim.revisit_of_id,
    )


def arguments(rows: Sequence[tuple], settings: BookingSettings) -> list[Any]:
    """Give the arguments of the statement for some claims, each as `claim_row` gave it."""
    return [
        list(range(len(rows))),
        *(list(column) for column in zip(*rows, strict=True)),
        settings.max_open_bookings,
        settings.max_per_month,
        settings.same_practitioner_per_day,
        OPEN_PLACES,
    ]


def request_of(claim: Claim, row: dict[str, Any]) -> BookingRequest:
    """Give what the rules ask, as the statement saw it."""
    slot = None
    if row["found_slot"] is not None:
        slot = SlotState(
            row["session_status"],
            row["is_stopped"],
            row["pool"],
            row["opens_at"],
            row["ends_at"],
            row["taken"],
            row["kept"],
            row["capacity"],
            row["is_drawing"],
            row["draw_id"],
            row["draw_closes_at"],
        )
    return BookingRequest(
        slot=slot,
        has_patient=row["person_id"] is not None,
        pools=claim.pools,
        in_session=row["in_session"],
        at_that_time=row["at_that_time"],
        open_bookings=row["open_bookings"],
        this_month=row["this_month"],
        that_day=row["that_day"],
        suspended_until=row["suspended_until"],
        is_bound=claim.is_bound,
        passes_release=claim.passes_release,
        from_kept=claim.from_kept,
    )


def earlier_answer(once: Once, row: dict[str, Any]) -> tuple[int, bytes] | None:
    """Give what the same request was answered before, or None.

    Raises: IdempotencyKeyReused when the key belongs to another request.
    """
    if row["record_fingerprint"] is None:
        return None
    names = ("fingerprint", "status", "body", "is_sealed")
    return once.open({name: row[f"record_{name}"] for name in names})


def sealed_intake(intake: dict[str, str] | None, appointment_id: UUID) -> bytes | None:
    """Seal what the patient told, for the row that it belongs to."""
    if not intake:
        return None
    return privacy.seal(orjson.dumps(intake).decode(), place=INTAKE, row_id=appointment_id)


def opened_intake(sealed: bytes | None, appointment_id: UUID) -> dict[str, str] | None:
    """Read what the patient told."""
    return None if sealed is None else orjson.loads(privacy.unseal(sealed, place=INTAKE, row_id=appointment_id))
