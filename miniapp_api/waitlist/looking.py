"""What is there to see: entries with their lines, places and chances; the line of a session for staff."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from miniapp_api.waitlist import models
from miniapp_api.waitlist.rules import HISTORY_DAYS, Chance, Hope, chance, lead_class
from server import clock, db
from server.accounts import SignedInPatient
from server.errors import NotFound
from server.remembered import Remembered

PAST_SECONDS = 300.0  # how old the count of the past may be

_past: Remembered[tuple, Chance] = Remembered(seconds=PAST_SECONDS, at_most=5_000)


@dataclass(frozen=True, slots=True)
class EntrySeen:
    """An entry with what is shown beside it.

    row: the entry. people, targets, offer (a row a seat): what the statements give. chance: of the best line.
    """

    row: dict[str, Any]
    people: list[dict[str, Any]]
    targets: list[dict[str, Any]]
    offer: list[dict[str, Any]]
    appointment_ids: list[UUID]
    chance: Chance

    @property
    def id(self) -> UUID:
        """Give the entry's id."""
        return self.row["id"]

    @property
    def version(self) -> int:
        """Give the entry's version."""
        return self.row["version"]

    @property
    def department_ids(self) -> set[UUID]:
        """Give the departments that it is about."""
        asked = {self.row["department_id"]} if self.row["department_id"] else set()
        return asked | {target["department_id"] for target in self.targets}


async def entries_of(account: SignedInPatient, after: UUID | None, limit: int) -> list[EntrySeen]:
    """List the entries of an account, newest first; up to `limit + 1`."""
    return await _seen(await db.fetch(models.ENTRIES_OF, account.id, after, limit + 1))


async def entry_of(account: SignedInPatient, entry_id: UUID) -> EntrySeen:
    """Give an entry of this account.

    Raises: NotFound, also for one of somebody else.
    """
    return await _one(await db.fetch(models.ENTRY_OF, entry_id, account.id))


async def entry(entry_id: UUID) -> EntrySeen:
    """Give an entry, for staff.

    Raises: NotFound.
    """
    return await _one(await db.fetch(models.ENTRY, entry_id))


async def line(
    departments: list[UUID] | None, session_id: UUID | None, *, offered: bool, at_most: int
) -> list[EntrySeen]:
    """List who waits in some departments (None: all) or for one session, in the order of the lines.

    offered: only who has an offer now.
    """
    rows = await db.fetch(models.LINE, departments, session_id, offered, at_most)
    seen = {one.id: one for one in await _seen(await db.fetch(models.ENTRIES, [row["id"] for row in rows]))}
    return [seen[row["id"]] for row in rows]


async def sessions_waited_for(departments: list[UUID] | None) -> list[dict[str, Any]]:
    """List the sessions that somebody waits for: with how many wait, are offered a place, and how many are kept."""
    return await db.fetch(models.SESSIONS_WAITED_FOR, departments)


async def _one(rows: list[dict[str, Any]]) -> EntrySeen:
    if not rows:
        raise NotFound()
    return (await _seen(rows))[0]


async def _seen(rows: list[dict[str, Any]]) -> list[EntrySeen]:
    ids = [row["id"] for row in rows]
    people, targets = await _grouped(models.PEOPLE_OF, ids), await _grouped(models.TARGETS_OF, ids)
    offers, booked = await _grouped(models.OFFERS_OF, ids), await _grouped(models.BOOKED_OF, ids)
    return [
        EntrySeen(
            row,
            people.get(row["id"], []),
            targets.get(row["id"], []),
            offers.get(row["id"], []),
            [one["appointment_id"] for one in booked.get(row["id"], [])],
            await _best_chance(targets.get(row["id"], [])),
        )
        for row in rows
    ]


async def _grouped(statement: str, ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await db.fetch(statement, ids) if ids else []:
        found.setdefault(row["entry_id"], []).append(row)
    return found


async def _best_chance(targets: list[dict[str, Any]]) -> Chance:
    """Give the best chance of the lines in which an entry stands."""
    chances = [await _chance(target) for target in targets if target["state"] == "waiting"]
    known = [one for one in chances if one.percent is not None]
    return max(known, key=lambda one: one.percent or 0) if known else Chance(Hope.UNKNOWN, None)


async def _chance(target: dict[str, Any]) -> Chance:
    lead = lead_class(target["starts_at"] - clock.now())
    key = (target["department_id"], target["visit_type"], lead, target["ahead"])
    found = _past.get(key)
    if found is None:
        row = await db.fetch_one(models.PAST, *key, HISTORY_DAYS)
        found = chance(row["offered"], row["waited"]) if row else Chance(Hope.UNKNOWN, None)
        _past.put(key, found)
    return found


def forget_past() -> None:
    """Count the past again; for tests."""
    _past.clear()
