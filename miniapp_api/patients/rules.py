"""What the hospital decided about patients: how many, which numbers are real. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from miniapp_api.errors import TooManyPatients
from server.errors import wrong_field

MAX_PATIENTS = 8  # of one account
OLDEST_BIRTH = date(1900, 1, 1)

# GB 11643-1999: ISO 7064 MOD 11-2 over the first 17 digits
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_PHONE = re.compile(r"\+?[0-9][0-9-]{3,18}[0-9]")


class Relation(StrEnum):
    """Who the person is to the account's owner."""

    SELF = "self"
    CHILD = "child"
    PARENT = "parent"
    SPOUSE = "spouse"
    OTHER = "other"


class Gender(StrEnum):
    """As in FHIR's administrative gender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


@dataclass(frozen=True)
class PatientDraft:
    """A person as somebody described them. A walk-in may come without a phone."""

    name: str
    relation: Relation
    phone: str | None = None
    id_number: str | None = None
    birth_date: date | None = None
    gender: Gender | None = None
    email: str | None = None


def mail_address(text: str) -> str:
    """Give a mail address as it is kept; its domain in small letters.

    Raises: Malformed.
    """
    text = text.strip()
    name, _, domain = text.partition("@")
    if len(text) > 254 or not _EMAIL.fullmatch(text) or name.startswith(".") or ".." in text or name.endswith("."):
        raise wrong_field("/email", "wrong_email", "name@domain, without spaces")
    return f"{name}@{domain.lower()}"


def phone_number(text: str) -> str:
    """Give a phone number as it is kept: digits only, without the country code of the mainland.

    Raises: Malformed.
    """
    text = text.strip()
    if not 5 <= len(text) <= 20 or not _PHONE.fullmatch(text):
        raise wrong_field("/phone", "wrong_phone", "5 to 20 digits, may begin with + and contain -")
    digits = text.replace("-", "")
    for prefix in ("+86", "0086"):
        if digits.startswith(prefix):
            return digits.removeprefix(prefix)
    return digits


def identity_number(text: str) -> str:
    """Give an identity number as it is kept: 18 characters, the check digit in capitals.

    Raises: Malformed when the form, the date in it or the check digit is wrong.
    """
    number = text.strip().upper()
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        raise wrong_field("/id_number", "wrong_id_number", "18 characters: 17 digits and a check digit")
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    if _CHECK_DIGITS[total % 11] != number[17] or _birth_date(number) is None:
        raise wrong_field("/id_number", "wrong_check_digit", "the number is not a real one")
    return number


def _birth_date(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def read_from_identity(number: str) -> tuple[date, Gender]:
    """Give the birth date and the gender that a right identity number says."""
    born = _birth_date(number)
    if born is None:
        raise wrong_field("/id_number", "wrong_check_digit", "the number is not a real one")
    return born, Gender.MALE if int(number[16]) % 2 else Gender.FEMALE


def check_birth_date(born: date, today: date) -> None:
    """Refuse a birth in the future or before 1900.

    Raises: Malformed.
    """
    if not OLDEST_BIRTH <= born <= today:
        raise wrong_field("/birth_date", "wrong_birth_date", "not in the future and not before 1900")


def check_room_for_one_more(count: int) -> None:
    """Refuse one person too many on an account.

    Raises: TooManyPatients.
    """
    if count >= MAX_PATIENTS:
        raise TooManyPatients(limit=MAX_PATIENTS)


def completed(draft: PatientDraft, today: date) -> PatientDraft:
    """Give the draft with its numbers in the form that is kept, and what the identity number tells filled in.

    Raises: Malformed.
    """
    phone = phone_number(draft.phone) if draft.phone is not None else None
    number = identity_number(draft.id_number) if draft.id_number is not None else None
    email = mail_address(draft.email) if draft.email is not None else None
    born, gender = draft.birth_date, draft.gender
    if number is not None:
        told_born, told_gender = read_from_identity(number)
        born, gender = born or told_born, gender or told_gender
    if born is not None:
        check_birth_date(born, today)
    return PatientDraft(
        name=draft.name,
        relation=draft.relation,
        phone=phone,
        id_number=number,
        birth_date=born,
        gender=gender,
        email=email,
    )


def check_kept(changes: Mapping[str, object]) -> None:
    """Refuse to remove what a person cannot be without.

    Raises: Malformed.
    """
    for name in ("name", "phone", "relation"):
        if name in changes and changes[name] is None:
            raise wrong_field(f"/{name}", "needed", "cannot be removed")
