"""Numbers and mail addresses of people: read and opened just before a call, in the hand of nobody else.

`patient:<id>` and `staff:<id>` stand for them everywhere else. One that a provider called wrong is not tried again
until the person has another.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog

from notifications.channels.content import Receipt, Recipient
from notifications.rules import Outcome
from server import db, privacy

log = structlog.get_logger("channels")


class Kind(StrEnum):
    """What of a person is wanted."""

    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Reached:
    """Where somebody is reached, and the name of the hospital that writes."""

    address: str
    kind: Kind
    value: str
    hospital: str


_READ = """
SELECT {column} AS value, b.fingerprint, coalesce((SELECT name FROM hospital LIMIT 1), '') AS hospital
FROM {table} p LEFT JOIN bad_address b ON b.channel = $2 AND b.address = $3
WHERE p.id = $1 AND {is_there}
"""
_SQL = {
    ("patient", Kind.PHONE): _READ.format(column="p.phone_cipher", table="patient", is_there="p.deleted_at IS NULL"),
    ("patient", Kind.EMAIL): _READ.format(column="p.email_cipher", table="patient", is_there="p.deleted_at IS NULL"),
    ("staff", Kind.PHONE): _READ.format(column="p.phone_cipher", table="staff", is_there="p.active"),
    ("staff", Kind.EMAIL): _READ.format(column="p.email", table="staff", is_there="p.active"),
}
_MARK = """
INSERT INTO bad_address (channel, address, fingerprint, code, since) VALUES ($1, $2, $3, $4, app_now())
ON CONFLICT (channel, address) DO UPDATE SET fingerprint = excluded.fingerprint, code = excluded.code,
                                             since = excluded.since
"""


def address_of(recipient: Recipient, kind: Kind) -> str | None:
    """Give what stands for a person's number or mail address, or None when none is known."""
    if not (recipient.has_phone if kind is Kind.PHONE else recipient.has_email):
        return None
    if recipient.patient_id is not None:
        return f"patient:{recipient.patient_id}"
    return f"staff:{recipient.staff_id}" if recipient.staff_id is not None else None


async def reach(channel: str, address: str, kind: Kind) -> Reached | Receipt:
    """Read where somebody is reached; a receipt says why there is nowhere to send to. Nothing has left yet then."""
    try:
        whose, _, row_id = address.partition(":")
        row = await db.fetch_one(_SQL[whose, kind], UUID(row_id), channel, address)
        if row is None or not row["value"]:
            return Receipt(Outcome.REFUSED, "no_address")
        value = row["value"]
        if isinstance(value, bytes):
            value = privacy.unseal(value, place=f"{whose}.{kind}_cipher", row_id=UUID(row_id))
    except Exception as error:  # whatever it is, nothing has left
        log.exception("address_unread", channel=channel)
        return Receipt(Outcome.TROUBLE, "address_unread", type(error).__name__)
    if row["fingerprint"] is not None and row["fingerprint"] == privacy.blind_index(value, kind=kind):
        return Receipt(Outcome.REFUSED, "known_bad")
    return Reached(address, kind, value, row["hospital"])


async def mark_bad(channel: str, reached: Reached, code: str) -> None:
    """Remember that nothing reaches this number or box, so that nobody is asked again until the person has another."""
    fingerprint = privacy.blind_index(reached.value, kind=reached.kind)
    try:
        await db.fetch(_MARK, channel, reached.address, fingerprint, code[:100])
    except Exception:  # the answer to the call is worth more than this note
        log.exception("bad_address_unmarked", channel=channel)
