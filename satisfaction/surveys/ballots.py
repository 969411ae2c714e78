"""Anonymous answers: put in sealed, mixed with others, and only then readable. See docs/decisions/0014.

Whoever answers marks their invitation as used and puts a sealed ballot in. Only when enough ballots of one
questionnaire and department lie together are they opened, shuffled and written as responses of nobody, all in one
transaction and with one day. What the tables say of a response is then true of each person of its batch.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import orjson
from tortoise.exceptions import IntegrityError

from satisfaction.errors import AlreadyAnswered
from satisfaction.scores.actions import count
from satisfaction.surveys import answering, keeping, models, offering
from satisfaction.surveys.answering import Filled
from satisfaction.surveys.models import Ballot, Questionnaire
from satisfaction.texts.actions import RESPONSE, Written, have_checked, vocabulary
from satisfaction.texts.words import found_in
from server import clock, db, privacy
from server.accounts import Role
from server.events import publish
from server.facts import AnonymousHarmFound

FEWEST = 5  # ballots that are mixed together
LEFT_ALONE = timedelta(days=30)  # after which ballots of several departments are mixed, without a department
PADDED = 16 * 1024  # bytes: two texts of the greatest length fit, so that nearly all ballots are of one size
SAME_REQUEST = "ballot_request_hash_key"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('ballot'))"


async def put_in(
    questionnaire: Questionnaire, filled: Filled, *, department_id: UUID, mode: str, request_key: UUID | None
) -> None:
    """Put in an anonymous response, in the open transaction that marks the invitation or link as used.

    Raises: AlreadyAnswered when the same request has put its ballot in.
    """
    ballot_id = uuid4()  # it says nothing of its time
    said = orjson.dumps({"answers": filled.answers, "comment": filled.comment}).decode()
    try:
        async with db.transaction():
            await Ballot.create(
                id=ballot_id,
                questionnaire_id=questionnaire.id,
                department_id=department_id,
                mode=mode,
                sealed=privacy.seal(padded(said), place="ballot.sealed", row_id=ballot_id),
                request_hash=request_hash(request_key),
                put_in_on=clock.today(),
            )
    except IntegrityError as error:
        if db.violated(error) == SAME_REQUEST:
            raise AlreadyAnswered() from None
        raise


def padded(text: str) -> str:
    """Fill a JSON text with blanks up to a size that many share."""
    return text + " " * (-len(text.encode()) % PADDED)


def request_hash(key: UUID | None) -> bytes | None:
    """Give what is kept of a request's key; without our key nobody can tell which it was."""
    return None if key is None else privacy.blind_index(str(key), kind="survey_request")


async def is_in(key: UUID | None) -> bool:
    """Tell whether a request has put its ballot in already, and it has not been mixed yet."""
    return key is not None and await Ballot.exists(request_hash=request_hash(key))


ENOUGH = """
SELECT questionnaire_id, mode, department_id FROM ballot
GROUP BY questionnaire_id, mode, department_id HAVING count(*) >= $1 ORDER BY 1, 2, 3
"""
LONG_AGO = """
SELECT questionnaire_id, mode FROM ballot WHERE put_in_on < $2
GROUP BY questionnaire_id, mode HAVING count(*) >= $1 ORDER BY 1, 2
"""


async def mix() -> None:
    """Open, shuffle and keep the ballots wherever enough lie together."""
    async with db.transaction():
        await db.fetch(ONE_AT_A_TIME)  # two would each take a part, and a part is fewer than it seems
        for group in await db.fetch(ENOUGH, FEWEST):
            await _mix(await _taken(**group), group["department_id"])
        before = clock.today() - LEFT_ALONE
        for group in await db.fetch(LONG_AGO, FEWEST, before):
            await _mix(await _taken(**group, put_in_on__lt=before), None)


async def _taken(**group: object) -> list[Ballot]:
    return await Ballot.filter(**group).select_for_update(no_key=True).order_by("id")


async def _mix(ballots: Sequence[Ballot], department_id: UUID | None) -> None:
    questionnaire, items = (await models.questionnaires([ballots[0].questionnaire_id]))[ballots[0].questionnaire_id]
    asked = offering.of(items, offering.of_all(questionnaire, items))
    opened = [
        orjson.loads(privacy.unseal(ballot.sealed, place="ballot.sealed", row_id=ballot.id)) for ballot in ballots
    ]
    shuffled(opened)
    words, is_harmful = await vocabulary(), False
    for said in opened:
        response_id, filled = uuid4(), Filled(said["answers"], said["comment"])
        await keeping.write(
            filled,
            asked,
            response_id=response_id,
            is_anonymous=True,
            submitted_at=beginning_of_day(),
            department_id=department_id,
            kind=questionnaire.kind,
            mode=ballots[0].mode,
        )
        texts = (*answering.parts(filled, asked)[0].values(), filled.comment)
        found = found_in(texts, words)
        is_harmful = is_harmful or bool(found.harm)
        # of an author whom nobody knows: a person reads it before others do; words of harm are marked
        await have_checked(RESPONSE, response_id, Written("\n".join(texts).strip(), None, found))
        await count(response_id)
    await Ballot.filter(id__in=[ballot.id for ballot in ballots]).delete()
    if is_harmful:
        await _warn(department_id)


# Who may read what nobody else reads yet, of a department $1 or of several; see texts.api.OFFICE. $2 the role
READERS = """
SELECT DISTINCT s.id FROM staff s JOIN staff_role r ON r.staff_id = s.id
WHERE s.active AND r.role = $2 AND (r.department_id IS NULL OR r.department_id = $1) ORDER BY s.id
"""


async def _warn(department_id: UUID | None) -> None:
    """Call who may read the words, once for a whole batch: of each of its people the alert is as true as of the others.

    A batch of one department holds at least five of its answers, so that its name may be said.
    """
    row = await db.fetch_one("SELECT name FROM department WHERE id = $1", department_id) if department_id else None
    await publish(
        AnonymousHarmFound(
            notice_id=uuid4(),  # of no row: it leads to nothing
            department_name=row["name"] if row else "",
            staff_ids=tuple(one["id"] for one in await db.fetch(READERS, department_id, str(Role.SUPERVISOR))),
            at=clock.now(),
        )
    )


def shuffled(opened: list[dict]) -> None:
    """Put ballots in an order that nobody can foresee."""
    secrets.SystemRandom().shuffle(opened)


def beginning_of_day() -> datetime:
    """Give the beginning of the present day in the hospital's zone: the only time that an anonymous answer has."""
    return clock.at(clock.today(), 0)
