"""What is kept of low ratings: versions of the rules; and the one read in which a response is looked at."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from satisfaction.lows import rules
from satisfaction.lows.rules import Rating, Rule
from satisfaction.texts.models import vocabulary_of
from satisfaction.texts.words import SHIPPED, Vocabulary, found_in
from server import db, privacy
from server.errors import SomeoneWasFaster

# everything that is needed of a response, and what holds now, in one statement; $1 response. The policy
# survey.low_rating is what held before rules were data: version 0.
LOOK = """
SELECT r.id, r.version > 1 AS is_edit, r.is_anonymous, r.is_low, r.low_reasons, r.complaint_id,
    r.answers, r.texts_cipher, r.contact_me,
    i.account_id, i.patient_id, i.patient_name, i.encounter_id, i.department_id, i.practitioner_id, q.items,
    (SELECT json_object_agg(a.item, json_build_array(a.scale, a.value)) FROM answer a
      WHERE a.response_id = r.id AND a.value IS NOT NULL) AS figures,
    (SELECT s.rules FROM low_rule_set s ORDER BY s.version DESC LIMIT 1) AS rules,
    (SELECT p.value FROM policy p WHERE p.name = 'survey.low_rating') AS policy,
    (SELECT json_build_array(w.harm, w.topics) FROM word_list w ORDER BY w.version DESC LIMIT 1) AS words
FROM response r LEFT JOIN invitation i ON i.id = r.invitation_id
LEFT JOIN questionnaire q ON q.id = i.questionnaire_id
WHERE r.id = $1
"""


@dataclass(frozen=True)
class Words:
    """What of a response is sealed: the patient's words by item, choices that nobody counts, the comment."""

    answers: dict[str, str]
    sealed: dict[str, Any]
    comment: str

    @property
    def text(self) -> str:
        """Give all words as one text; empty when there are none."""
        return "\n".join((*self.answers.values(), self.comment)).strip()


def rating_of(row: dict[str, Any], vocabulary: Vocabulary) -> tuple[Rating, Words]:
    """Read a row of LOOK: the rating, and what the patient wrote."""
    words = words_in(row["texts_cipher"], row["id"])
    rating = Rating(
        questions=rules.questions_of(orjson.loads(row["items"] or "[]")),
        figures={item: (scale, value) for item, (scale, value) in orjson.loads(row["figures"] or "{}").items()},
        choices={**orjson.loads(row["answers"]), **words.sealed},
        found=found_in((*words.answers.values(), words.comment), vocabulary),
        contact_me=row["contact_me"],
    )
    return rating, words


def words_in(sealed: bytes | None, response_id: UUID) -> Words:
    """Open what is sealed of a response."""
    if sealed is None:
        return Words({}, {}, "")
    opened = orjson.loads(privacy.unseal(sealed, place="response.texts_cipher", row_id=response_id))
    return Words(opened["answers"], opened.get("sealed", {}), opened["comment"])


def rules_in(row: dict[str, Any]) -> tuple[Rule, ...]:
    """Give the rules that hold. row: has `rules` and `policy`."""
    if row["rules"]:
        return rules.rules_of(orjson.loads(row["rules"]))
    return rules.shipped(orjson.loads(row["policy"]) if row["policy"] else {})


def words_of(row: dict[str, Any]) -> Vocabulary:
    """Give the words that hold. row: has `words` and `policy`."""
    if row["words"]:
        harm, topics = orjson.loads(row["words"])
        return vocabulary_of(orjson.dumps(harm), orjson.dumps(topics))
    policy = orjson.loads(row["policy"]) if row["policy"] else {}
    return Vocabulary(tuple(policy["harm_words"]), SHIPPED.topics) if "harm_words" in policy else SHIPPED


# What takes a further low rating of a visit: what is open, whoever opened it; or what a rating opened and may go on.
OF_VISIT = """
SELECT c.id FROM complaint c WHERE c.encounter_id = $1
AND (c.closed_at IS NULL OR (c.source = 'low_rating' AND c.state IN ('closed_no_reply', 'closed_disagreed')))
ORDER BY c.closed_at IS NOT NULL, c.id LIMIT 1
"""


async def of_visit(encounter_id: UUID | None) -> UUID | None:
    """Give the complaint of a visit that takes a further low rating."""
    row = await db.fetch_one(OF_VISIT, encounter_id) if encounter_id else None
    return row["id"] if row else None


async def keep(response_id: UUID, reasons: list[str], complaint_id: UUID) -> None:
    """Write down that a response is low, why, and where that is seen to."""
    await db.fetch(
        "UPDATE response SET is_low = true, low_reasons = $2, complaint_id = $3 WHERE id = $1",
        response_id,
        orjson.dumps(reasons).decode(),
        complaint_id,
    )


async def going_on(complaint_id: UUID) -> UUID:
    """Give where a complaint goes on: in the one that it was merged into, and so on."""
    row = await db.fetch_one(
        "WITH RECURSIVE way (id, next) AS (SELECT id, merged_into_id FROM complaint WHERE id = $1"
        " UNION ALL SELECT c.id, c.merged_into_id FROM way JOIN complaint c ON c.id = way.next)"
        " SELECT id FROM way WHERE next IS NULL",
        complaint_id,
    )
    assert row is not None  # a merge goes into what exists, and never in a circle
    return row["id"]


# ---- versions of the rules -----------------------------------------------------------------------------------------

HOLDING = """
SELECT coalesce((SELECT max(version) FROM low_rule_set), 0) AS version,
    (SELECT s.rules FROM low_rule_set s ORDER BY s.version DESC LIMIT 1) AS rules,
    (SELECT p.value FROM policy p WHERE p.name = 'survey.low_rating') AS policy,
    (SELECT json_build_array(w.harm, w.topics) FROM word_list w ORDER BY w.version DESC LIMIT 1) AS words
"""

# $1 the version that was seen; nothing comes back when it is no longer the newest
SAVE = """
INSERT INTO low_rule_set (version, rules, at, by, why)
SELECT $1 + 1, $2, app_now(), $3, $4 WHERE coalesce((SELECT max(version) FROM low_rule_set), 0) = $1
ON CONFLICT DO NOTHING RETURNING version
"""


async def holding() -> dict[str, Any]:
    """Read what holds now: version, rules, policy, words."""
    row = await db.fetch_one(HOLDING)
    assert row is not None  # one row, whatever the tables hold
    return row


async def save(given: tuple[Rule, ...], *, seen: int, by: UUID, why: str) -> int:
    """Keep another version; give its number.

    Raises: SomeoneWasFaster.
    """
    data = orjson.dumps([rule.as_data() for rule in given]).decode()
    row = await db.fetch_one(SAVE, seen, data, by, why)
    if row is None:
        raise SomeoneWasFaster()
    return row["version"]


async def history() -> list[dict[str, Any]]:
    """List the versions, the newest first: version, at, name, why."""
    return await db.fetch(
        "SELECT r.version, r.at, s.name, r.why FROM low_rule_set r JOIN staff s ON s.id = r.by"
        " ORDER BY r.version DESC LIMIT 50"
    )


# the newest answers of the last days, as LOOK gives them; $1 how many days, $2 how many at most
LATELY = """
SELECT r.id, r.answers, r.texts_cipher, r.contact_me, r.is_low, q.items,
    (SELECT json_object_agg(a.item, json_build_array(a.scale, a.value)) FROM answer a
      WHERE a.response_id = r.id AND a.value IS NOT NULL) AS figures
FROM response r JOIN invitation i ON i.id = r.invitation_id JOIN questionnaire q ON q.id = i.questionnaire_id
WHERE r.answered_on > (app_now() - make_interval(days => $1))::date ORDER BY r.answered_on DESC LIMIT $2
"""
