"""A trial: who would get what, when, by which channel and why. Nothing is written."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from notifications.alerts.actions import personal
from notifications.alerts.summons import summons_of
from notifications.errors import NothingToSay
from notifications.hub import To, account
from notifications.notices import notice_of
from notifications.notices.notice import Notice
from notifications.operations.actions import NOT_BARRED
from notifications.operations.samples import patient_facts, sample, staff_facts
from notifications.routing.plan import Plan, plan_of
from notifications.rules import MessageClass, Purpose
from server import db
from server.accounts import SignedInStaff
from server.errors import NotFound, wrong_field
from server.facts import Fact

_PATIENT_FACTS = {kind.__name__: kind for kind in patient_facts()}
_STAFF_FACTS = {kind.__name__: kind for kind in staff_facts()}

# $1 what somebody typed: an id, or an openid; $2 the same as an id
WHO = """
SELECT a.id AS account_id, NULL::uuid AS staff_id, a.openid FROM account a WHERE a.openid = $1 OR a.id = $2
UNION ALL SELECT NULL, s.id, '' FROM staff s WHERE s.username = $1 OR s.id = $2
LIMIT 1
"""

# $1 account. The person whom the account is most about.
PATIENT = """
SELECT id, name FROM patient WHERE account_id = $1 AND deleted_at IS NULL ORDER BY (relation = 'self') DESC, id LIMIT 1
"""

MESSAGE = f"""
SELECT event, event_key, class, account_id, staff_id, patient_id, subject_kind, subject_id, language, title, lines,
       fields, link, deadline, actions, visit_at, purpose, template_key, plan_step_id, alert_id
FROM message m WHERE id = $1 AND num_nonnulls(account_id, staff_id) = 1 AND {NOT_BARRED.format(me="$2")}
"""


@dataclass(frozen=True)
class Trial:
    """What would become of a fact for one person. notice: what they would read."""

    to: To
    notice: Notice
    plan: Plan


def kinds(language: str) -> list[dict[str, str]]:
    """List the facts that can be tried: to whom each is told, account or staff, and the title of what is told."""
    patients = [(name, notice_of(sample(kind), language)) for name, kind in _PATIENT_FACTS.items()]
    staff = [(name, summons_of(sample(kind))) for name, kind in _STAFF_FACTS.items()]  # type: ignore[arg-type]
    return [
        *({"fact": name, "to": "account", "text": notice.title} for name, notice in patients if notice is not None),
        *({"fact": name, "to": "staff", "text": summons.title} for name, summons in staff),
    ]


async def try_fact(fact: str, recipient: str, *, at: datetime | None) -> Trial:
    """Try a fact for somebody: an account by id or openid, a member of staff by id or user name.

    Raises: Malformed for a fact that they are not told of; NotFound; NothingToSay.
    """
    to, patient = await _who(recipient)
    kind = (_STAFF_FACTS if to.staff_id else _PATIENT_FACTS).get(fact)
    if kind is None:
        raise wrong_field("/fact", "unknown_event", fact)
    notice = _notice(kind, to, patient)
    if notice is None:
        raise NothingToSay()
    return Trial(to, notice, await plan_of(notice, to, at=at))


async def try_message(staff: SignedInStaff, message_id: UUID, *, at: datetime | None) -> Trial:
    """Try what was told before, to the same person, with its own words and subject.

    Raises: NotFound for a message that is not to one person, or about a complaint that bars who tries it.
    """
    row = await db.fetch_one(MESSAGE, message_id, staff.id)
    if row is None:
        raise NotFound()
    to = await account(row["account_id"]) if row["account_id"] else To(staff_id=row["staff_id"])
    if to is None:
        raise NotFound()
    notice = Notice(
        event=row["event"],
        key=f"trial:{row['event_key']}",
        kind=MessageClass(row["class"]),
        title=row["title"],
        lines=tuple((label, text) for label, text in orjson.loads(row["lines"])),
        fields=orjson.loads(row["fields"]),
        purpose=Purpose(row["purpose"]),
        **{name: row[name] for name in _SAME},
    )
    return Trial(to, notice, await plan_of(notice, to, at=at))


_SAME = (
    "subject_kind",
    "subject_id",
    "patient_id",
    "link",
    "deadline",
    "visit_at",
    "template_key",
    "plan_step_id",
    "alert_id",
)


async def _who(recipient: str) -> tuple[To, dict[str, Any] | None]:
    row = await db.fetch_one(WHO, recipient, _as_id(recipient))
    if row is None:
        raise wrong_field("/recipient", "unknown_recipient", "recipient")
    if row["staff_id"]:
        return To(staff_id=row["staff_id"]), None
    to = await account(row["account_id"])
    assert to is not None  # it was there in the statement before
    return to, await db.fetch_one(PATIENT, to.account_id)


def _notice(kind: type[Fact], to: To, patient: dict[str, Any] | None) -> Notice | None:
    given: dict[str, Any] = {"account_id": to.account_id}
    if patient is not None:
        given |= {"patient_id": patient["id"], "patient_name": patient["name"]}
    fact = sample(kind, **given)
    if to.staff_id:
        return personal(summons_of(fact), None)  # type: ignore[arg-type]  # one of those that are called for
    notice = notice_of(fact, to.language)
    return replace(notice, key=f"trial:{notice.key}") if notice is not None else None


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
