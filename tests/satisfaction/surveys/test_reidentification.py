"""Anonymous answers under attack: somebody reads every table, all the time, and has no key. See docs/decisions/0014.

The attacker knows who was invited and when each invitation was used. Two hundred people say something that only they
say, so whoever links a response to an invitation knows who said it. The attacker links by everything that rows carry:
the transaction that wrote them, their place on the disk, the order of their ids, their times, department and size,
the record of the request. Where nothing tells people of a batch apart, a guess is right once in a batch.
"""

import asyncio
import hashlib
import random
from collections import defaultdict
from math import exp
from uuid import UUID, uuid4

import orjson
import pytest

from satisfaction.surveys import ballots, keeping, offering, versions
from satisfaction.surveys.answering import Filled
from satisfaction.surveys.kinds.items import SurveyKind, items_from_data
from satisfaction.surveys.models import Questionnaire
from server import clock, db
from server.idempotency import fingerprint
from tests import props
from tests.cast import a_member_of_staff, a_patient_by_row

PEOPLE = 200
DEPARTMENTS = 4
MIXED_EVERY = 40  # people between two looks of the job
HARM_EVERY = 8  # people of whom one writes words of harm
SURE = 0.9999  # the shuffle is a real one: at 0.99 this test would cry wolf every hundredth time


class Truth:
    """Who said what; the attacker never sees it."""

    def __init__(self) -> None:
        self.words: dict[str, UUID] = {}
        self.harmful: set[UUID] = set()  # who wrote words of harm

    def score(self, guesses: dict[UUID, UUID], said: dict[UUID, str]) -> int:
        """Count the right guesses. guesses: invitation by response; said: the words of each response."""
        return sum(self.words[said[response]] == invitation for response, invitation in guesses.items())


async def everybody_answers(ward) -> Truth:
    """Two hundred invitations of four departments, answered in a random order, mixed every now and then."""
    async with db.transaction():
        questionnaire = await versions.active(SurveyKind.OUTPATIENT)
    await db.fetch("UPDATE questionnaire SET is_anonymous = true WHERE id = $1", questionnaire.id)
    departments = [ward.slot.department_id, *[await props.a_department() for _ in range(DEPARTMENTS - 1)]]
    await db.fetch("UPDATE department SET name = id::text")  # what is said of a name is said of one
    account_id, patient_id = UUID(ward.patient.account_id), UUID(ward.patient.patient_id)
    invitations = []
    items = offering.of_all(questionnaire, items_from_data(questionnaire.items))
    for number in range(PEOPLE):
        invitations.append(
            await props.insert(
                "invitation",
                questionnaire_id=questionnaire.id,
                account_id=account_id,
                patient_id=patient_id,
                patient_name=f"患者{number}",
                department_id=departments[number % DEPARTMENTS],
                department_name="x",
                visited_at=clock.now(),
                state="invited",
                opens_at=clock.now(),
                deadline=clock.now().replace(year=clock.now().year + 1),
                is_anonymous=True,
                offered=orjson.dumps(items).decode(),
            )
        )
    order = random.Random(7)
    order.shuffle(invitations)
    truth = Truth()
    for number, invitation_id in enumerate(invitations):
        words = f"第 {number} 位的话" + "长" * order.randint(0, 300)
        if number % HARM_EVERY == 0:
            words += "，打针后一直出血"
            truth.harmful.add(invitation_id)
        truth.words[words] = invitation_id
        answers = {"overall": order.randint(1, 5), "waiting": order.randint(1, 5), "improve": words}
        await ward.patient.post(f"/surveys/{invitation_id}/response", {"answers": answers})
        if number % MIXED_EVERY == MIXED_EVERY - 1:
            await ward.run("mix_ballots")
    await ward.run("relay")  # alerts are raised
    return truth


async def what_tables_say() -> tuple[list[dict], list[dict]]:
    """Every invitation that was used and every response, with what the database itself knows of a row."""
    used = await db.fetch(
        "SELECT i.id, i.department_id, i.xmin::text AS written, t.at, t.xmin::text AS moved FROM invitation i"
        " JOIN transition t ON t.subject_id = i.id AND t.to_state = 'answered' ORDER BY t.id"
    )
    responses = await db.fetch(
        "SELECT id, department_id, xmin::text AS written, ctid::text AS place, submitted_at, answered_on, answers,"
        " octet_length(texts_cipher) AS size, practitioner_id, invitation_id FROM response ORDER BY ctid"
    )
    return used, responses


def by_order(used: list[dict], responses: list[dict]) -> dict[UUID, UUID]:
    """Within each department: the first response on the disk is of the first who answered, and so on."""
    waiting = defaultdict(list)
    for row in used:
        waiting[row["department_id"]].append(row["id"])
    return {row["id"]: waiting[row["department_id"]].pop(0) for row in responses if waiting[row["department_id"]]}


def by_id(used: list[dict], responses: list[dict]) -> dict[UUID, UUID]:
    """The same by the order of the ids."""
    return by_order(used, sorted(responses, key=lambda row: row["id"]))


def by_transaction(used: list[dict], responses: list[dict]) -> dict[UUID, UUID]:
    """A response is of the invitation that the same transaction has touched."""
    touched = {**{row["written"]: row["id"] for row in used}, **{row["moved"]: row["id"] for row in used}}
    return {row["id"]: touched[row["written"]] for row in responses if row["written"] in touched}


def by_time(used: list[dict], responses: list[dict]) -> dict[UUID, UUID]:
    """A response is of the invitation of its department that was used closest to its time."""
    guesses = {}
    for row in responses:
        same = [one for one in used if one["department_id"] == row["department_id"]]
        closest = min(same, key=lambda one: abs((one["at"] - row["submitted_at"]).total_seconds()), default=None)
        if closest:
            guesses[row["id"]] = closest["id"]
    return guesses


ATTACKS = (by_order, by_id, by_transaction, by_time)


async def by_alert(used: list[dict]) -> tuple[int, set[UUID]]:
    """Whom alerts about words of harm point at: who answered in the transaction of one, or last before it.

    Gives how many alerts there are, too.
    """
    facts = await db.fetch(
        "SELECT xmin::text AS written, happened_at, payload->>'department_name' AS department FROM fact"
        " WHERE name = 'AnonymousHarmFound' ORDER BY id"
    )
    names = {row["id"]: row["name"] for row in await db.fetch("SELECT id, name FROM department")}
    guesses = set()
    for fact in facts:
        together = {row["id"] for row in used if fact["written"] in (row["written"], row["moved"])}
        before = [
            row
            for row in used
            if row["at"] <= fact["happened_at"] and names[row["department_id"]] == fact["department"]
        ]
        guesses |= together or {row["id"] for row in before[-1:]}
    return len(facts), guesses


async def check_alerts_point_at_nobody(ward) -> None:
    """Whoever reads alerts, facts and their times finds no more authors of words of harm than there are by chance."""
    truth = await everybody_answers(ward)
    used, _responses = await what_tables_say()
    told, guesses = await by_alert(used)
    assert told > 0
    assert len(guesses & truth.harmful) <= poisson(told / HARM_EVERY, 1 - SURE)


async def the_words(responses: list[dict]) -> dict[UUID, str]:
    """What each response says: read with the key, for the score only."""
    rows = await keeping.Response.filter(id__in=[row["id"] for row in responses])
    return {row.id: keeping.filled_of(row).answers["improve"] for row in rows}


def most_by_chance() -> int:
    """Give how many guesses chance gets right in all but one of ten thousand worlds, over all attacks together.

    Guessing in a batch of n is right once in n, so a random pairing of a batch has one right on the average, whatever
    its size: over the batches the number of right ones is Poisson.
    """
    return poisson(DEPARTMENTS * PEOPLE / MIXED_EVERY, (1 - SURE) / len(ATTACKS))


def poisson(mean: float, rarely: float) -> int:
    """Give what is exceeded no more often than `rarely` by what happens `mean` times on the average."""
    count, share, so_far = 0, exp(-mean), exp(-mean)
    while so_far < 1 - rarely:
        count += 1
        share *= mean / count
        so_far += share
    return count


async def check_nobody_is_found(ward) -> None:
    """The story: everybody answers, the attacker tries everything, and finds no more than chance does."""
    truth = await everybody_answers(ward)
    used, responses = await what_tables_say()
    assert len(used) == PEOPLE
    assert len(responses) == PEOPLE - await props.count("ballot")
    assert len(responses) > PEOPLE // 2
    said, limit = await the_words(responses), most_by_chance()
    found = {attack.__name__: truth.score(attack(used, responses), said) for attack in ATTACKS}
    assert {name: count for name, count in found.items() if count > limit} == {}


async def test_nobody_is_found_among_two_hundred(ward):
    await check_nobody_is_found(ward)
    _used, responses = await what_tables_say()
    assert all(row["invitation_id"] is None and row["practitioner_id"] is None for row in responses)
    assert {clock.local(row["submitted_at"]).time().isoformat() for row in responses} == {"00:00:00"}
    assert all(row["id"].version == 4 for row in responses)  # no time in the id
    sizes = {len(row["sealed"]) for row in await db.fetch("SELECT sealed FROM ballot")}
    assert len(sizes) <= 1  # a ballot's length says nothing
    await no_trace_is_left(ward)
    assert await ward.broken_invariants() == []


async def no_trace_is_left(ward) -> None:
    """No other table knows of a single answer: no fact, no record of the request, no complaint, no draft."""
    for table in ("idempotency_record", "complaint", "response_edit"):
        assert await props.count(table) == 0
    assert await props.count("fact", "name = 'SurveyAnswered'") == 0
    assert await props.count("invitation", "draft_cipher IS NOT NULL OR started_at IS NOT NULL") == 0
    rows = await db.fetch("SELECT id FROM response")
    alerts = await db.fetch("SELECT a::text AS payload FROM alert a")
    assert alerts
    told = "".join(str(row["payload"]) for row in [*await db.fetch("SELECT payload FROM fact"), *alerts])
    assert not [row for row in rows if str(row["id"]) in told]
    assert not [row for row in await db.fetch("SELECT id FROM text_check") if str(row["id"]) in told]
    assert "出血" not in told


async def test_no_dictionary_of_requests_finds_an_answer(ward):
    """Whoever guesses a whole request finds its SHA-256 nowhere, nor that of its key."""
    truth = await everybody_answers(ward)
    words, invitation_id = next(iter(truth.words.items()))
    path = f"/api/v1/surveys/{invitation_id}/response"
    guesses = [
        fingerprint("POST", path, orjson.dumps({"answers": {"overall": n, "waiting": m, "improve": words}}))
        for n in range(1, 6)
        for m in range(1, 6)
    ]
    tables = await db.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'bytea'"
    )
    for column in tables:
        rows = await db.fetch(f'SELECT "{column["column_name"]}" AS kept FROM "{column["table_name"]}"')
        kept = {bytes(row["kept"]) for row in rows if row["kept"] is not None}
        assert not kept & set(guesses), column
        assert hashlib.sha256(words.encode()).digest() not in kept


async def test_alerts_about_words_of_harm_point_at_nobody(ward):
    await check_alerts_point_at_nobody(ward)


@pytest.mark.mutant
async def test_an_alert_at_the_answer_itself_is_found(ward, monkeypatch):
    """The guard taken out: who may read is called when somebody has just answered, not when answers are mixed."""
    put_in = ballots.put_in

    async def at_once(questionnaire, filled, **values):
        await put_in(questionnaire, filled, **values)
        if "出血" in filled.answers["improve"]:
            await ballots._warn(values["department_id"])

    monkeypatch.setattr(ballots, "put_in", at_once)
    with pytest.raises(AssertionError):
        await check_alerts_point_at_nobody(ward)


async def unmixed(questionnaire: Questionnaire, filled: Filled, **values) -> None:
    """The guard taken out: the response is written at once, in the transaction of the invitation."""
    items = items_from_data(questionnaire.items)
    await keeping.write(
        filled,
        items,
        response_id=uuid4(),
        is_anonymous=True,
        submitted_at=clock.now(),
        department_id=values["department_id"],
        kind=questionnaire.kind,
        mode=values["mode"],
    )


@pytest.mark.mutant
async def test_without_the_mixing_people_are_found(ward, monkeypatch):
    monkeypatch.setattr(ballots, "put_in", unmixed)
    with pytest.raises(AssertionError):
        await check_nobody_is_found(ward)


@pytest.mark.mutant
async def test_without_the_shuffling_people_are_found(ward, monkeypatch):
    """Ballots that are opened in the order in which they came are found by it."""
    monkeypatch.setattr(ballots, "shuffled", lambda opened: None)
    taken = ballots._taken

    async def in_order(**group):
        rows = await db.fetch("SELECT id FROM ballot ORDER BY xmin::text::bigint")
        places = {row["id"]: place for place, row in enumerate(rows)}
        return sorted(await taken(**group), key=lambda ballot: places[ballot.id])

    monkeypatch.setattr(ballots, "_taken", in_order)
    with pytest.raises(AssertionError):
        await check_nobody_is_found(ward)


async def test_fewer_than_five_wait_and_are_mixed_without_their_department_in_the_end(ward, clock):
    async with db.transaction():
        questionnaire = await versions.active(SurveyKind.POSTER)
    for number in range(6):
        async with db.transaction():
            await ballots.put_in(
                questionnaire,
                Filled({"overall": 3}),
                department_id=await props.a_department(),
                mode="poster",
                request_key=None,
            )
        if number < 4:
            await ward.run("mix_ballots")
    await ward.run("mix_ballots")
    assert await props.count("response") == 0
    await clock.forward(days=32)
    await ward.run("mix_ballots")
    assert await props.count("ballot") == 0
    assert await props.count("response", "is_anonymous AND department_id IS NULL") == 6


async def test_two_workers_do_not_part_a_batch(ward):
    async with db.transaction():
        questionnaire = await versions.active(SurveyKind.POSTER)
        for _ in range(8):
            await ballots.put_in(
                questionnaire,
                Filled({"overall": 3}),
                department_id=ward.slot.department_id,
                mode="poster",
                request_key=None,
            )
    await asyncio.gather(*(ward.run("mix_ballots") for _ in range(3)))
    assert await props.count("response") == 8
    row = await db.fetch_one("SELECT count(DISTINCT xmin::text) AS n FROM response")
    assert row["n"] == 1


async def test_a_repeated_request_puts_one_ballot_in(ward):
    stranger = await a_patient_by_row(ward.site)
    survey_id = await ward.survey(stranger)
    await db.fetch("UPDATE invitation SET is_anonymous = true")
    key, body = str(uuid4()), {"answers": {"overall": 1}, "contact_me": True}
    for _ in range(2):
        receipt = await stranger.post(f"/surveys/{survey_id}/response", body, key=key)
        assert (receipt["id"], receipt["will_call"], receipt["editable_until"]) == (None, False, None)
    assert await props.count("ballot") == 1
    refused = await stranger.refused(f"/surveys/{survey_id}/response", body)
    assert refused.code == "already_answered"
    assert (await stranger.get(f"/surveys/{survey_id}"))["may_edit"] is False


async def test_what_an_anonymous_answer_says_is_read_by_a_person_first(ward):
    async with db.transaction():
        questionnaire = await versions.active(SurveyKind.POSTER)
        for words in ("打针后一直出血", "", "", "", "多几把椅子"):
            await ballots.put_in(
                questionnaire,
                Filled({"overall": 1, **({"improve": words} if words else {})}),
                department_id=ward.slot.department_id,
                mode="poster",
                request_key=None,
            )
    await ward.run("mix_ballots")
    rows = await db.fetch("SELECT state, is_harmful, account_id FROM text_check ORDER BY is_harmful")
    assert [(row["state"], row["is_harmful"], row["account_id"]) for row in rows] == [
        ("to_be_read", False, None),
        ("to_be_read", True, None),
    ]
    assert await props.count("complaint") == 0


async def harm_is_mixed(ward, department_id: UUID, *, is_long_ago: bool = False) -> None:
    """Five anonymous answers of a department, one of them with words of harm, are mixed."""
    async with db.transaction():
        questionnaire = await versions.active(SurveyKind.POSTER)
        for words in ("打针后一直出血", "", "", "", "没有出血，多几把椅子"):
            await ballots.put_in(
                questionnaire,
                Filled({"overall": 1, **({"improve": words} if words else {})}),
                department_id=department_id,
                mode="poster",
                request_key=None,
            )
    await ward.run("mix_ballots", "relay")


async def test_words_of_harm_call_once_who_may_read_them_and_nobody_else(ward):
    elsewhere = await a_member_of_staff(ward.site, "supervisor", department_id=await props.a_department())
    second = await a_member_of_staff(ward.site, "supervisor", department_id=ward.slot.department_id)
    await db.fetch("UPDATE department SET name = '骨科' WHERE id = $1", ward.slot.department_id)
    await harm_is_mixed(ward, ward.slot.department_id)
    await ward.run("mix_ballots", "relay")
    for who in (ward.supervisor, second):
        (alert,) = await who.alerts_about("anonymous_harm")
        assert (alert["kind"], alert["severity"], alert["state"]) == ("anonymous_harm", "A", "raised")
        assert "骨科" in alert["detail"]
        assert "出血" not in alert["title"] + alert["detail"]
    for who in (elsewhere, ward.head, ward.handler):
        assert await who.alerts_about("anonymous_harm") == []
    (alert,) = await ward.supervisor.alerts_about("anonymous_harm")
    await ward.supervisor.post(f"/alerts/{alert['id']}/acknowledgement")
    await ward.run("relay")
    states = [(await who.alerts_about("anonymous_harm"))[0]["state"] for who in (ward.supervisor, second)]
    assert states == ["acknowledged", "resolved"]
    page = await ward.supervisor.get("/survey-comments?state=to_be_read")
    assert [one["is_harmful"] for one in page["items"]] == [True, True]


async def test_where_a_department_has_too_few_its_name_is_not_said(ward, clock):
    async with db.transaction():
        questionnaire = await versions.active(SurveyKind.POSTER)
        for _ in range(5):
            await ballots.put_in(
                questionnaire,
                Filled({"overall": 1, "improve": "有人打人"}),
                department_id=await props.a_department(name="小科室"),
                mode="poster",
                request_key=None,
            )
    await clock.forward(days=32)
    await db.fetch("UPDATE login SET expires_at = expires_at + interval '1 year'")
    await ward.run("mix_ballots", "relay")
    (alert,) = await ward.supervisor.alerts_about("anonymous_harm")
    assert "小科室" not in alert["title"] + alert["detail"]
