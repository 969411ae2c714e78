"""Finding cases: a search in Chinese, and the cases that are like a complaint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from satisfaction.complaints import reads, timeline
from satisfaction.complaints.handlers import READERS, sight_of
from satisfaction.complaints.reads import Sight
from satisfaction.library import models, tokens
from satisfaction.library.models import CASES, WORDS
from satisfaction.library.rules import kind_of
from server import db
from server.accounts import SignedInStaff
from server.errors import NotFound

FOUND_AT_MOST = 50
SIMILAR_AT_MOST = 5
_MARGIN = 3  # times as many are looked at, as some may be barred
_SAME_LEAF, _SAME_HEAD, _SAME_KIND = 0.6, 0.3, 0.15  # what a case gains by the same cause, head, kind of department
_LEAST_SHARE = 0.12  # of what a perfect match would score; below, two texts share common words only


@dataclass(frozen=True)
class Narrowing:
    """What a search is narrowed by: a cause with all below it, a kind of department, a month. Empty: by nothing."""

    cause: str = ""
    department_kind: str = ""
    month: date | None = None

    @property
    def arguments(self) -> tuple[str, str, date | None]:
        """Give the arguments of the statements."""
        return self.cause, self.department_kind, self.month


async def search(staff: SignedInStaff, query: str, narrowing: Narrowing) -> list[dict[str, Any]]:
    """Find published cases, the likeliest first; also in traditional script, full width and by sound."""
    sight = sight_of(staff, READERS)
    terms = tokens.wanted(query)
    known = await models.counted(terms)
    weighed = tokens.weights(terms, known, known.get(CASES, 0))
    rows = await _scored(tokens.heaviest(weighed), narrowing, known)
    best = sorted(rows, key=lambda row: (-row["score"], str(row["id"])))
    least = best[0]["score"] * _LEAST_SHARE if best else 0.0
    return await _shown(sight, [row for row in best if row["score"] >= least], FOUND_AT_MOST)


async def similar(staff: SignedInStaff, complaint_id: UUID) -> list[dict[str, Any]]:
    """Find the published cases that are most like a complaint, by what it says, its cause and the kind of department.

    Raises: NotFound.
    """
    sight = sight_of(staff, READERS)
    row = await reads.in_sight(sight, complaint_id)
    if row is None:
        raise NotFound()
    lines = await timeline.lines(complaint_id, for_patient=True)
    text = "\n".join(line.text for line in lines if line.kind in ("filed", "message"))
    terms = tokens.telling(f"{row['topic']}\n{text}")
    known = await models.counted(terms)
    weighed = tokens.heaviest(tokens.weights(terms, known, known.get(CASES, 0)))
    cause = await models.primary_cause(complaint_id) or ""
    kind = kind_of((await models.named_in(complaint_id))["speciality_code"] or "")
    found = await _scored(weighed, Narrowing(), known)
    for one in found:
        one["score"] *= 1 + _gain(one, cause, kind)
    enough = sum(weight for _, weight in weighed) * _LEAST_SHARE
    best = sorted(
        (one for one in found if one["complaint_id"] != complaint_id and one["score"] >= enough),
        key=lambda one: (-one["score"], str(one["id"])),
    )
    return await _shown(sight, best, SIMILAR_AT_MOST)


def _gain(case: dict[str, Any], cause: str, kind: str) -> float:
    code = case["cause_code"]
    same = _SAME_LEAF if code == cause else _SAME_HEAD if cause and code.split(".")[0] == cause.split(".")[0] else 0.0
    return same + (_SAME_KIND if kind and case["department_kind"] == kind else 0.0)


async def _scored(
    weighed: Sequence[tuple[str, float]], narrowing: Narrowing, known: dict[str, int]
) -> list[dict[str, Any]]:
    if not weighed:
        return []
    queries = [models.as_query(term) for term, _ in weighed]
    return await db.fetch(
        models.SCORED,
        queries,
        [weight for _, weight in weighed],
        " | ".join(queries),
        known.get(WORDS, 0) / max(1, known.get(CASES, 0)),
        *narrowing.arguments,
    )


async def _shown(sight: Sight, best: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    looked_at = [row["id"] for row in best[: most * _MARGIN]]
    rows = await models.shown(sight, looked_at)
    scores = {row["id"]: row["score"] for row in best}
    return [{**rows[one], "score": scores[one]} for one in looked_at if one in rows][:most]
