"""What can happen to the people of an account: add, change, remove; and register a walk-in at the desk."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pypinyin import Style, lazy_pinyin
from tortoise.exceptions import IntegrityError

from miniapp_api.errors import BookingsClash, PatientExists, PatientHasBookings
from miniapp_api.patients import duplicates
from miniapp_api.patients.models import (
    EMAIL,
    HAS_OPEN_BOOKING,
    ID_NUMBER,
    LOCK_TO_REMOVE,
    NEXT_FILE_NUMBER,
    PHONE,
    Patient,
)
from miniapp_api.patients.rules import PatientDraft, Relation, check_kept, check_room_for_one_more, completed
from server import clock, db, privacy
from server.accounts import Account, SignedInPatient
from server.errors import NotFound, SomeoneWasFaster
from server.ids import new_id

DESK_IDENTITY_ONCE = "patient_desk_identity_once"
ONCE = ("patient_identity_once", "patient_self_once")
# the person turns out to be one who has bookings on another account, and both cannot be
CLASHES = ("appointment_once_per_session", "appointment_no_time_conflict", "appointment_open_place_once")


async def patients_of(account: SignedInPatient, after: UUID | None = None, limit: int = 20) -> list[Patient]:
    """List the people of an account, oldest first; up to `limit + 1` rows."""
    rows = Patient.filter(account_id=account.id, deleted_at=None)
    if after is not None:
        rows = rows.filter(id__gt=after)
    return await rows.order_by("id").limit(limit + 1)


async def patient_of(account: SignedInPatient, patient_id: UUID) -> Patient:
    """Give a person of this account.

    Raises: NotFound, also for a person of somebody else.
    """
    patient = await Patient.get_or_none(id=patient_id, account_id=account.id, deleted_at=None)
    if patient is None:
        raise NotFound()
    return patient


async def add(account: SignedInPatient, draft: PatientDraft) -> Patient:
    """Add a person to an account.

    Raises: Malformed, TooManyPatients, PatientExists.
    """
    draft = completed(draft, clock.today())
    try:
        async with db.transaction():
            await db.lock(Account, account.id)  # two at once must not pass the limit together
            check_room_for_one_more(await Patient.filter(account_id=account.id, deleted_at=None).count())
            return await _create(_values(draft, account.id))
    except IntegrityError as error:
        if db.violated(error) in ONCE:
            raise PatientExists() from error
        raise


@dataclass(frozen=True)
class AtDesk:
    """Under what conditions a desk makes a file. is_near: files that are only likely the same stand in the way too.

    another_than: files of which the guide said that they are about other people. by_id: the guide.
    """

    is_near: bool = True
    another_than: tuple[UUID, ...] = ()
    by_id: UUID | None = None


async def register_walk_in(draft: PatientDraft, desk: AtDesk | None = None) -> Patient:
    """Make a file for somebody who came without an account; in the caller's transaction when there is one.

    Raises: Malformed, LooksLike.
    """
    desk, draft = desk or AtDesk(), completed(draft, clock.today())
    values = _values(draft, None)
    try:
        async with db.transaction():
            await duplicates.check(values, desk.another_than, is_near=desk.is_near)
            patient = await _create(values)
            await duplicates.keep_apart(patient.id, desk.another_than, desk.by_id)
            return patient
    except IntegrityError as error:
        if db.violated(error) == DESK_IDENTITY_ONCE:  # made another way in the same moment, without the lock
            await duplicates.refuse(values, (), is_near=False)
        raise


async def change(patient: Patient, changes: dict[str, Any]) -> Patient:
    """Change what was said about a person; what is not named stays, and None removes.

    changes: fields of PatientDraft. patient: as `patient_of` gave it.
    Raises: Malformed, PatientExists, BookingsClash, SomeoneWasFaster.
    """
    check_kept(changes)
    said = {
        "name": patient.name,
        "relation": Relation(patient.relation),
        "birth_date": patient.birth_date,
        "gender": patient.gender,
        **changes,
    }
    draft = completed(PatientDraft(**said), clock.today())
    values: dict[str, Any] = {"relation": draft.relation, "birth_date": draft.birth_date, "gender": draft.gender}
    values |= _named(draft.name)
    if "phone" in changes:
        values |= _sealed_phone(patient.id, draft.phone)
    if "id_number" in changes:
        values |= _sealed_id_number(patient.id, draft.id_number)
    if "email" in changes:
        values |= _sealed_email(patient.id, draft.email)
    try:
        async with db.transaction():
            count = await Patient.filter(id=patient.id, version=patient.version, deleted_at=None).update(
                **values, version=patient.version + 1
            )
            if count == 0:
                raise SomeoneWasFaster()
    except IntegrityError as error:
        if db.violated(error) in ONCE:
            raise PatientExists() from error
        if db.violated(error) in CLASHES:
            raise BookingsClash() from error
        raise
    return await Patient.get(id=patient.id)


async def remove(patient: Patient) -> None:
    """Take a person off an account; the file stays for what the law wants kept.

    Raises: PatientHasBookings.
    """
    async with db.transaction():
        await db.fetch(LOCK_TO_REMOVE, patient.id)
        row = await db.fetch_one(HAS_OPEN_BOOKING, patient.id)
        if row is None or row["yes"]:
            raise PatientHasBookings()
        await Patient.filter(id=patient.id, deleted_at=None).update(deleted_at=clock.now(), version=patient.version + 1)


def _values(draft: PatientDraft, account_id: UUID | None) -> dict[str, Any]:
    """Give the columns of a new file, without its number."""
    patient_id = new_id()
    return {
        "id": patient_id,
        "account_id": account_id,
        "relation": draft.relation,
        "birth_date": draft.birth_date,
        "gender": draft.gender,
        **_named(draft.name),
        **_sealed_phone(patient_id, draft.phone),
        **_sealed_id_number(patient_id, draft.id_number),
        **_sealed_email(patient_id, draft.email),
    }


async def _create(values: dict[str, Any]) -> Patient:
    row = await db.fetch_one(NEXT_FILE_NUMBER)
    assert row is not None  # a sequence always gives a number
    return await Patient.create(**values, file_number=str(row["number"]))


def _named(name: str) -> dict[str, Any]:
    """What the desk searches by: the name in pinyin, and its initials."""
    return {
        "name": name,
        "pinyin": "".join(lazy_pinyin(name)).lower(),
        "initials": "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower(),
    }


def _sealed_phone(patient_id: UUID, phone: str | None) -> dict[str, Any]:
    if phone is None:
        return {"phone_cipher": None, "phone_index": None, "phone_tail": ""}
    return {
        "phone_cipher": privacy.seal(phone, place=PHONE, row_id=patient_id),
        "phone_index": privacy.blind_index(phone, kind="phone"),
        "phone_tail": phone[-4:],
    }


def email_of(patient: Patient) -> str:
    """Open a person's mail address; empty when none is kept."""
    if patient.email_cipher is None:
        return ""
    return privacy.unseal(patient.email_cipher, place=EMAIL, row_id=patient.id)


def _sealed_email(patient_id: UUID, email: str | None) -> dict[str, Any]:
    return {"email_cipher": None if email is None else privacy.seal(email, place=EMAIL, row_id=patient_id)}


def _sealed_id_number(patient_id: UUID, number: str | None) -> dict[str, Any]:
    if number is None:
        return {"id_number_cipher": None, "id_number_index": None, "id_number_tail": ""}
    return {
        "id_number_cipher": privacy.seal(number, place=ID_NUMBER, row_id=patient_id),
        "id_number_index": privacy.blind_index(number, kind="id_number"),
        "id_number_tail": number[-4:],
    }
