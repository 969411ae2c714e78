"""What is kept of causes and cases, and the statements that find them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from satisfaction.complaints.reads import IN_SIGHT, Sight
from satisfaction.library.rules import CaseState, CauseChoice, Story
from satisfaction.library.taxonomy import Node
from server import db, privacy
from server.db import Row
from server.ids import new_id

BODY = "library_case.body_cipher"
FACTOR = "complaint_cause.system_factor_cipher"
CASES, WORDS = "#", "##"  # rows of library_term that count the published cases, and their words


class LibraryCase(Row):
    """A case (案例). body_cipher: what was written last; the open columns are what a second person approved."""

    complaint_id = fields.UUIDField()
    state = fields.CharEnumField(CaseState, description="")
    body_cipher = fields.BinaryField()
    title = fields.TextField(default="")
    story = fields.TextField(default="")
    finding = fields.TextField(default="")
    action = fields.TextField(default="")
    prevention = fields.TextField(default="")
    cause_code = fields.TextField(null=True)
    department_kind = fields.TextField(default="")
    severity = fields.TextField()
    happened_month = fields.DateField()
    length = fields.IntField(default=0)
    written_by = fields.UUIDField(null=True)
    approved_by = fields.UUIDField(null=True)
    approved_at = fields.DatetimeField(null=True)
    withdrawn_why = fields.TextField(default="")
    made_at = fields.DatetimeField()
    version = fields.IntField(default=1)

    class Meta:
        table = "library_case"

    @property
    def written(self) -> Story:
        """Open what was written last."""
        return Story(**orjson.loads(privacy.unseal(self.body_cipher, place=BODY, row_id=self.id)))


def sealed_story(case_id: UUID, story: Story) -> bytes:
    """Seal what somebody wrote of a case."""
    return privacy.seal(orjson.dumps(vars(story)).decode(), place=BODY, row_id=case_id)


# ---- causes --------------------------------------------------------------------------------------------------------

SHIP = """
INSERT INTO cause (code, parent, level, names, is_human_error, is_active, leaf_place)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7) ON CONFLICT (code) DO NOTHING
"""
FREE_PLACE = """
SELECT place FROM generate_series(1, 40) place
WHERE NOT EXISTS (SELECT 1 FROM cause WHERE leaf_place = place) ORDER BY place LIMIT 1
"""
KEEP_CAUSES = 7_402_121  # two who add a leaf at once must not both take the last place


async def known_codes() -> set[str]:
    """Give the codes that are kept."""
    return {row["code"] for row in await db.fetch("SELECT code FROM cause")}


async def one_keeper_at_a_time() -> None:
    """Wait until no other transaction changes the tree of causes."""
    await db.fetch("SELECT pg_advisory_xact_lock($1)", KEEP_CAUSES)


async def free_leaf_place() -> int | None:
    """Give a free place among the forty leaves, or None."""
    row = await db.fetch_one(FREE_PLACE)
    return row["place"] if row else None


async def keep_cause(node: Node, leaf_place: int | None) -> None:
    """Keep a cause that is not there yet. A leaf without a place is out of use."""
    is_active = node.level < 3 or leaf_place is not None
    names = orjson.dumps(node.names).decode()
    await db.fetch(SHIP, node.code, node.parent, node.level, names, node.is_human_error, is_active, leaf_place)


async def causes() -> list[dict[str, Any]]:
    """List the tree: heads, groups and leaves in the order of their codes."""
    rows = await db.fetch(
        "SELECT c.code, c.parent, c.level, c.names, c.is_human_error, c.is_active, c.version,"
        " (SELECT count(*) FROM complaint_cause x WHERE x.code = c.code) AS used FROM cause c ORDER BY c.code"
    )
    return [{**row, "names": orjson.loads(row["names"])} for row in rows]


async def change_cause(code: str, values: Mapping[str, Any]) -> None:
    """Set columns of a cause and raise its version."""
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=2))
    await db.fetch(f"UPDATE cause SET {sets}, version = version + 1 WHERE code = $1", code, *values.values())


async def set_causes(complaint_id: UUID, choices: Sequence[CauseChoice], by: UUID) -> None:
    """Give a complaint its causes instead of those it had."""
    await db.fetch("DELETE FROM complaint_cause WHERE complaint_id = $1", complaint_id)
    for place, choice in enumerate(choices):
        row_id = new_id()
        factor = privacy.seal(choice.system_factor, place=FACTOR, row_id=row_id) if choice.system_factor else None
        await db.fetch(
            "INSERT INTO complaint_cause (id, complaint_id, code, place, system_factor_cipher, set_by, at)"
            " VALUES ($1, $2, $3, $4, $5, $6, app_now())",
            row_id,
            complaint_id,
            choice.code,
            place,
            factor,
            by,
        )


async def causes_of(complaint_id: UUID) -> list[dict[str, Any]]:
    """List the causes of a complaint, the primary one first: code, names, place, system_factor, set_by_name, at."""
    rows = await db.fetch(
        "SELECT cc.id, cc.code, cc.place, cc.set_by, cc.system_factor_cipher, cc.at, ca.names, ca.is_human_error,"
        " s.name AS by_name FROM complaint_cause cc JOIN cause ca ON ca.code = cc.code JOIN staff s ON s.id = cc.set_by"
        " WHERE cc.complaint_id = $1 ORDER BY cc.place",
        complaint_id,
    )
    return [{**row, "names": orjson.loads(row["names"]), "system_factor": _factor(row)} for row in rows]


def _factor(row: Mapping[str, Any]) -> str:
    sealed = row["system_factor_cipher"]
    return privacy.unseal(sealed, place=FACTOR, row_id=row["id"]) if sealed else ""


async def primary_cause(complaint_id: UUID) -> str | None:
    """Give the primary cause of a complaint."""
    row = await db.fetch_one("SELECT code FROM complaint_cause WHERE complaint_id = $1 AND place = 0", complaint_id)
    return row["code"] if row else None


# ---- what a case was -----------------------------------------------------------------------------------------------

# Everybody and everything that the records of a case name. $1 complaint
NAMED = """
SELECT c.number, c.patient_name, p.name AS patient_file_name, p.file_number, p.id AS patient_id, p.phone_cipher,
    p.id_number_cipher, d.name AS department_name, d.speciality_code, c.received_at,
    array(SELECT o.name FROM patient o WHERE o.account_id = c.account_id AND o.id IS DISTINCT FROM c.patient_id)
        AS relatives,
    array(SELECT name FROM practitioner WHERE id = c.practitioner_id
          UNION SELECT name FROM practitioner WHERE department_id = c.department_id
          UNION SELECT name FROM complaint_person WHERE complaint_id = c.id AND practitioner_id IS NOT NULL) AS doctors,
    array(SELECT name FROM complaint_person WHERE complaint_id = c.id AND staff_id IS NOT NULL
          UNION SELECT author_name FROM complaint_entry WHERE complaint_id = c.id AND author_kind = 'staff'
          UNION SELECT name FROM staff WHERE id = c.handler_id) AS staff,
    array(SELECT name FROM department
          UNION SELECT name FROM room WHERE department_id = c.department_id) AS places,
    array(SELECT t.label FROM encounter e JOIN ticket t ON t.id = e.ticket_id WHERE e.id = c.encounter_id) AS labels
FROM complaint c LEFT JOIN patient p ON p.id = c.patient_id LEFT JOIN department d ON d.id = c.department_id
WHERE c.id = $1
"""


async def named_in(complaint_id: UUID) -> dict[str, Any]:
    """Read whom and what the records of a case name."""
    row = await db.fetch_one(NAMED, complaint_id)
    assert row is not None  # complaints are never deleted
    return row


# ---- cases ---------------------------------------------------------------------------------------------------------

KEEP_DRAFT = """
INSERT INTO library_case (id, complaint_id, state, body_cipher, cause_code, department_kind, severity, happened_month,
                          made_at)
VALUES ($1, $2, 'draft', $3, $4, $5, $6, $7, app_now())
ON CONFLICT ON CONSTRAINT library_case_complaint DO NOTHING RETURNING id
"""
INDEX = """
UPDATE library_case SET words = array_to_tsvector($2::text[]), length = cardinality($2::text[]) WHERE id = $1
"""
UNINDEX = "UPDATE library_case SET words = NULL, length = 0 WHERE id = $1"
# in the order of the words, so that two who publish at once never wait for each other in a circle
COUNT_TERMS = """
INSERT INTO library_term AS t (term, cases)
SELECT term, n FROM unnest($1::text[], $2::int[]) AS new (term, n) ORDER BY term
ON CONFLICT (term) DO UPDATE SET cases = t.cases + excluded.cases
"""
UNCOUNT_TERMS = """
WITH held AS (
    SELECT t.term, gone.n FROM library_term t JOIN unnest($1::text[], $2::int[]) AS gone (term, n) USING (term)
    ORDER BY t.term FOR UPDATE OF t
)
UPDATE library_term t SET cases = t.cases - held.n FROM held WHERE t.term = held.term
"""

READ = """
SELECT l.id, l.complaint_id, l.state, l.title, l.story, l.finding, l.action, l.prevention, l.cause_code,
    l.department_kind, l.severity, l.happened_month, l.approved_at, l.version, ca.names AS cause_names,
    CASE WHEN EXISTS (SELECT 1 FROM complaint c WHERE c.id = l.complaint_id AND {IN_SIGHT}) THEN l.complaint_id END
        AS open_complaint_id
FROM library_case l LEFT JOIN cause ca ON ca.code = l.cause_code
"""
NO_CONFLICT = """
NOT EXISTS (SELECT 1 FROM complaint_conflict b WHERE b.complaint_id = l.complaint_id AND b.staff_id = $1)
"""


def _narrowed(first: int) -> str:
    """Write what narrows a search. first: the number of its first argument: cause, kind of department, month."""
    cause, kind, month = f"${first}", f"${first + 1}", f"${first + 2}"
    return (
        f"l.state = 'published' AND ({cause} = '' OR l.cause_code = {cause} OR l.cause_code LIKE {cause} || '.%')"
        f" AND ({kind} = '' OR l.department_kind = {kind}) AND ({month}::date IS NULL OR l.happened_month = {month})"
    )


# $1 and $2: words with their weights; $3: any of them; $4: how long a case is on average. BM25 for words that a case
# has or has not: a long case that has a word says less by it.
SCORED = f"""
SELECT l.id, l.complaint_id, l.cause_code, l.department_kind, (
    SELECT sum(w.weight) FROM unnest($1::text[], $2::float8[]) AS w (term, weight) WHERE l.words @@ w.term::tsquery
) * 2.2 / (1 + 1.2 * (0.5 + 0.5 * l.length / greatest($4::float8, 1))) AS score
FROM library_case l WHERE {_narrowed(5)} AND l.words @@ $3::tsquery ORDER BY score DESC, l.id LIMIT 200
"""


async def keep_terms(words: Sequence[str], sign: int) -> None:
    """Count the words of a case that is published (1) or no longer is (-1)."""
    terms = [CASES, WORDS, *words]
    amounts = [1, len(words), *[1] * len(words)]
    await db.fetch(COUNT_TERMS if sign > 0 else UNCOUNT_TERMS, terms, amounts)


async def words_of(case_id: UUID) -> list[str]:
    """Give the words by which a published case is found."""
    row = await db.fetch_one("SELECT tsvector_to_array(words) AS words FROM library_case WHERE id = $1", case_id)
    return list(row["words"] or []) if row else []


async def counted(terms: Iterable[str]) -> dict[str, int]:
    """Give in how many published cases each word stands; CASES and WORDS: how many there are."""
    rows = await db.fetch("SELECT term, cases FROM library_term WHERE term = ANY($1::text[])", [CASES, WORDS, *terms])
    return {row["term"]: row["cases"] for row in rows}


def as_query(term: str) -> str:
    """Write a word as PostgreSQL reads queries; no sign of it has a meaning there."""
    word, mark, prefix = term.partition(":*")
    return f"'{word}'{mark}{prefix}"


async def shown(sight: Sight, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Read cases to be shown; open_complaint_id only where the reader may see the complaint."""
    rows = await db.fetch(
        f"{READ.replace('{IN_SIGHT}', IN_SIGHT)} WHERE l.id = ANY($3::uuid[]) AND {NO_CONFLICT}",
        *sight.arguments,
        list(ids),
    )
    return {row["id"]: _named(row) for row in rows}


async def listed(
    sight: Sight, narrowed: tuple[str, str, date | None], *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """List the published cases, the newest first; one more than the limit. narrowed: cause, kind, month."""
    rows = await db.fetch(
        f"{READ.replace('{IN_SIGHT}', IN_SIGHT)} WHERE {_narrowed(3)} AND {NO_CONFLICT}"
        " AND ($6::uuid IS NULL OR l.id < $6) ORDER BY l.id DESC LIMIT $7",
        *sight.arguments,
        *narrowed,
        after,
        limit + 1,
    )
    return [_named(row) for row in rows]


async def drafts(sight: Sight, state: str, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """List cases that are not published, of complaints that the reader may see; one more than the limit."""
    return await db.fetch(
        "SELECT l.id, l.complaint_id, l.state, l.severity, l.happened_month, l.department_kind, l.version, c.number,"
        " c.topic, l.written_by FROM library_case l JOIN complaint c ON c.id = l.complaint_id"
        f" WHERE {IN_SIGHT} AND l.state = $3 AND ($4::uuid IS NULL OR l.id < $4) ORDER BY l.id DESC LIMIT $5",
        *sight.arguments,
        state,
        after,
        limit + 1,
    )


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "cause_names": orjson.loads(row["cause_names"]) if row["cause_names"] else None}
