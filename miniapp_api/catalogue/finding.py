"""The index of this process: made from the database when it is first asked, and anew when the catalogue has changed.

PostgreSQL's pg_trgm was weighed and left: it knows neither pinyin nor sounds, and a Chinese name of two characters has
next to no trigrams. What a hospital has (thousands of names) fits into some megabytes.
"""

import asyncio
from typing import Any
from uuid import UUID

from miniapp_api.catalogue.search import Entry, Hit, Index, Kind, Wanted
from server import db

VERSION = "SELECT version FROM catalogue_version"
DEPARTMENTS = """
SELECT d.id, d.name, d.aliases, d.introduction, d.location, c.name AS campus
FROM department d JOIN campus c ON c.id = d.campus_id WHERE d.active
"""
PRACTITIONERS = """
SELECT p.id, p.name, p.title, p.specialities, d.id AS department_id, d.name AS department, d.aliases
FROM practitioner p JOIN department d ON d.id = p.department_id WHERE p.active AND d.active
"""
ANSWERS = """
SELECT f.id, f.question, f.answer, f.condition, f.language, d.id AS department_id, d.name AS department
FROM faq f LEFT JOIN department d ON d.id = f.department_id
WHERE f.state = 'approved' AND (f.department_id IS NULL OR d.active)
"""
SHOWN_OF_AN_ANSWER = 60  # characters

_made: tuple[int | None, Index] | None = None
_making = asyncio.Lock()


async def find(text: str, *, limit: int, wanted: Wanted) -> list[Hit]:
    """Find departments, practitioners and approved answers, the likeliest first; one statement when nothing changed."""
    return (await _index()).search(text, limit=limit, wanted=wanted)


async def _index() -> Index:
    global _made
    if _made is not None and _made[0] == await _version():
        return _made[1]
    async with _making:  # who waits here finds it made
        version = await _version()  # before the rows: what changes in between is seen next time
        if _made is None or _made[0] != version:
            entries = await _entries()
            # in a thread: the characters of a large catalogue take a second when they are read for the first time
            _made = (version, await asyncio.to_thread(Index, entries))
        return _made[1]


async def _version() -> int | None:
    row = await db.fetch_one(VERSION)
    return row["version"] if row else None


async def _entries() -> list[Entry]:
    departments = [
        Entry(
            kind=Kind.DEPARTMENT,
            id=row["id"],
            name=row["name"],
            aliases=tuple(row["aliases"]),
            text=row["introduction"],
            shown=_shown(" ".join(part for part in (row["campus"], row["location"]) if part), row["id"], row["name"]),
        )
        for row in await db.fetch(DEPARTMENTS)
    ]
    practitioners = [
        Entry(
            kind=Kind.PRACTITIONER,
            id=row["id"],
            name=row["name"],
            text=" ".join((row["department"], *row["aliases"], row["title"], row["specialities"])),
            shown=_shown(row["title"], row["department_id"], row["department"]),
        )
        for row in await db.fetch(PRACTITIONERS)
    ]
    answers = [
        Entry(
            kind=Kind.FAQ,
            id=row["id"],
            name=row["question"],
            text=f"{row['condition']} {row['answer']}",
            language=row["language"],
            shown=_shown(_beginning(row["answer"]), row["department_id"], row["department"]),
        )
        for row in await db.fetch(ANSWERS)
    ]
    return [*departments, *practitioners, *answers]


def _shown(detail: str, department_id: UUID | None, department: str | None) -> dict[str, Any]:
    return {
        "detail": detail,
        "department_id": str(department_id) if department_id else None,
        "department_name": department or "",
    }


def _beginning(text: str) -> str:
    return text if len(text) <= SHOWN_OF_AN_ANSWER else text[: SHOWN_OF_AN_ANSWER - 1] + "…"
