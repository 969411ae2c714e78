"""What the demonstration hospital has lived through: complaints that ended, cases, improvements, comments.

Everything is done by the product's own actions, each at its own moment of the past: the clock of this process and that
of the transaction are moved together and put back before the end, so that nobody else ever sees them moved.
"""

import io
import math
import struct
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson
from PIL import Image, ImageDraw

from infra.seed import cases
from infra.seed.cases import Improving, Told
from miniapp_api.imports.store import lock
from miniapp_api.patients import actions as patients
from miniapp_api.patients.rules import PatientDraft, Relation
from satisfaction.attachments import actions as attachments
from satisfaction.attachments.actions import Sender
from satisfaction.attachments.models import Attachment
from satisfaction.attachments.rules import AttachmentState
from satisfaction.complaints import actions as complaints
from satisfaction.complaints import clock_acts, filing
from satisfaction.complaints.actions import Step
from satisfaction.complaints.filing import Filing
from satisfaction.complaints.models import Complaint
from satisfaction.complaints.rules import Answer, ComplaintState, Source
from satisfaction.improvement import actions as improvements
from satisfaction.improvement import agreeing, measuring, proposing
from satisfaction.improvement.actions import Shown
from satisfaction.improvement.agreeing import Acceptance, Proposal
from satisfaction.improvement.analysis import keep_month
from satisfaction.improvement.reach import At
from satisfaction.improvement.rules import ImprovementState
from satisfaction.library import actions as library
from satisfaction.library import causes
from satisfaction.library.models import LibraryCase
from satisfaction.library.rules import CauseChoice, Story
from satisfaction.texts import actions as texts
from satisfaction.texts.actions import Written
from satisfaction.texts.words import found_in
from server import clock, db, privacy
from server.accounts import Account, SignedInPatient, SignedInStaff
from server.facts import ComplaintClosed

EMPTY = "SELECT FROM hospital WHERE is_demo AND NOT EXISTS (SELECT FROM complaint)"
# Moved for this transaction alone: others see the function as it was until we commit, and by then it is that again.
THERE = "SELECT pg_get_functiondef('app_now()'::regprocedure) AS it"
MOVED = (
    "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now() - interval ''{} s'''"
)
STAFF = """
SELECT s.id, s.name, s.practitioner_id, array_agg(r.role) AS roles, array_agg(r.department_id) AS departments
FROM staff s JOIN staff_role r ON r.staff_id = s.id WHERE s.username = $1 GROUP BY s.id
"""
# Answers of the department that was answered most, the latest; they have no words yet
WORDLESS = """
SELECT id FROM response WHERE texts_cipher IS NULL AND answered_on > app_now()::date - 25 AND department_id = (
    SELECT department_id FROM response WHERE answered_on > app_now()::date - 25
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)
ORDER BY answered_on DESC, id LIMIT $1
"""
NOTHING_TO_TELL = "UPDATE fact SET relayed_at = app_now() WHERE relayed_at IS NULL"


@dataclass(frozen=True)
class House:
    """Who acts, and where."""

    handler: SignedInStaff
    supervisor: SignedInStaff
    head: SignedInStaff
    departments: dict[str, UUID]


async def seed_lives() -> None:
    """Let a demonstration that has no complaint yet have lived; elsewhere change nothing."""
    if not await db.fetch(EMPTY):
        return
    shift = clock.shift()
    try:
        async with db.transaction():
            await lock()
            (there,) = await db.fetch(THERE)
            if not await db.fetch(EMPTY):
                return  # somebody else was faster
            house = await _house()
            for told in cases.CASES:
                await _case(house, told)
            await _improvements(house)
            async with _ago(days=0):
                await proposing.propose_due()
                await keep_month()
                await _comments(house.supervisor)
            await db.fetch(NOTHING_TO_TELL)  # what is long over alarms nobody
            await _open_one(house)
            await db.fetch(there["it"])
    finally:
        clock.move_to_shift(shift)


@asynccontextmanager
async def _ago(days: int, hours: float = 0.0) -> AsyncIterator[None]:
    ago = timedelta(days=days, hours=hours)
    clock.move_to_shift(-ago)
    await db.fetch(MOVED.format(int(ago.total_seconds())))
    yield


async def _house() -> House:
    rows = await db.fetch("SELECT code, id FROM department")
    return House(
        handler=await _staff("handler1"),
        supervisor=await _staff("supervisor1"),
        head=await _staff("head1"),
        departments={row["code"]: row["id"] for row in rows},
    )


async def _staff(username: str) -> SignedInStaff:
    row = await db.fetch_one(STAFF, username)
    assert row is not None  # a demonstration has its logins
    grants = tuple(zip(row["roles"], row["departments"], strict=True))
    return SignedInStaff(id=row["id"], name=row["name"], grants=grants, practitioner_id=row["practitioner_id"])


# ---- complaints and cases -------------------------------------------------------------------------------------------


async def _case(house: House, told: Told) -> None:
    """A complaint from its filing to its end, and the case that was made of it."""
    async with _ago(told.days, hours=3):
        asked = Filing(
            text=told.text,
            heading=told.topic,
            source=Source(told.source),
            department_id=house.departments[told.department],
            patient_name=told.who,
        )
        complaint_id = await filing.file(house.handler, asked)
    step = Step(house.handler, complaint_id)
    async with _ago(told.days, hours=2.9):
        await complaints.acknowledge(step)
        await clock_acts.log_call(step, seconds=95, text="已致歉，说明会在一天内答复。")
        await causes.set_causes(step, [CauseChoice(told.cause)])
        await causes.add_finding(step, "finding", told.finding)
        await causes.add_finding(step, "remedy", told.prevention)
        await complaints.answer(step, Answer(told.finding, told.action, "门诊办公室"))
    async with _ago(told.days - 4):
        await complaints.close(step, ComplaintState.CLOSED_NO_REPLY, reason="三次联系，患者没有再答复。")
        closed = await Complaint.get(id=complaint_id)
        fact = ComplaintClosed(
            complaint_id=closed.id,
            number=closed.number,
            account_id=None,
            state=str(closed.state),
            at=clock.now(),
        )
        await library.draft(fact)
        case = await LibraryCase.get(complaint_id=complaint_id)
        story = Story(told.title, told.text, told.finding, told.action, told.prevention)
        await library.write(house.handler, case.id, story, version=None)
    if told.is_published:
        async with _ago(told.days - 6):
            await library.publish(house.supervisor, case.id, version=None)


async def _open_one(house: House) -> None:
    """A complaint of today that is still open, with pictures, a recording and a sealed identity."""
    async with _ago(0, hours=0.6):
        account = await Account.create(openid="demo-shen", language="zh-CN")
        patient = SignedInPatient(id=account.id, openid=account.openid, language=account.language)
        person = await patients.add(patient, PatientDraft(cases.OPEN_WHO, Relation.SELF, phone="13900001234"))
        files = [
            await _sent(patient, _picture("NO SIGNAL"), "image/png"),
            await _sent(patient, _picture("-- : --"), "image/png"),
            await _sent(patient, _voice(4.0), "audio/wav"),
        ]
        asked = Filing(
            text=cases.OPEN,
            heading="等候时间",
            source=Source.MINIAPP,
            patient_id=person.id,
            department_id=house.departments["general"],
            is_sealed=True,
            attachment_ids=tuple(files),
        )
        complaint_id = await filing.file(patient, asked)
        for one in await Attachment.filter(id__in=files):  # the platform cannot check what nobody has sent by it
            await attachments.decide(one, AttachmentState.SHOWN, staff=house.handler)
    step = Step(house.handler, complaint_id)
    async with _ago(0, hours=0.5):
        await complaints.acknowledge(step)
        await clock_acts.log_call(step, seconds=80, text=cases.CALLED)
        await causes.set_causes(step, [CauseChoice(cases.CAUSE_AGAIN)])


async def _sent(sender: Sender, content: bytes, media_type: str) -> UUID:
    return (await attachments.enter(sender, await attachments.keep(sender, content, media_type))).id


# ---- improvements ---------------------------------------------------------------------------------------------------


async def _improvements(house: House) -> None:
    """Each improvement as far as it has come; the looks at effects are taken on their days."""
    moments: list[tuple[int, int, Improving]] = []
    for one in cases.IMPROVEMENTS:
        steps = (one.proposed, one.accepted, one.started, one.done)
        moments += [(days, at, one) for at, days in enumerate(steps) if days is not None]
        if one.until:
            moments.append(((one.started or one.proposed) - 5, 4, one))
        if one.done is not None:
            moments += [(one.done - look, 5, one) for look in (31, 91) if one.done > look]
    ids: dict[str, UUID] = {}
    for days, at, one in sorted(moments, key=lambda moment: (-moment[0], moment[1], moment[2].title)):
        async with _ago(days):
            await _stepped(house, one, at, ids)


async def _stepped(house: House, one: Improving, step: int, ids: dict[str, UUID]) -> None:
    if step == 0:
        asked = Proposal(
            one.title, house.departments[one.department], "dimension_score", dimension=one.dimension,
            measure=one.measure, expected_change=one.expected,
        )  # fmt: skip
        ids[one.title] = await agreeing.propose(house.supervisor, asked)
        return
    if step == 5:
        await measuring.measure_due()
        return
    leads, owns = At(house.supervisor, ids[one.title]), At(house.head, ids[one.title])
    if step == 1:
        due = clock.today() + timedelta(days=30)
        await agreeing.accept(leads, Acceptance(house.head.id, due, one.measure, one.strength))
    elif step == 2:
        await improvements.start(owns)
    elif step == 3:
        photo = await _sent(house.head, _picture("DONE"), "image/png")
        await improvements.complete(owns, Shown(one.evidence, (photo,)))
    else:
        await improvements.end(leads, ImprovementState(one.until), reason=cases.WHY[one.until])


# ---- comments -------------------------------------------------------------------------------------------------------


async def _comments(reader: SignedInStaff) -> None:
    rows = await db.fetch(WORDLESS, len(cases.COMMENTS))
    for row, said in zip(rows, cases.COMMENTS, strict=False):
        words = orjson.dumps({"answers": {"improve": said.text}, "sealed": {}, "comment": ""}).decode()
        sealed = privacy.seal(words, place="response.texts_cipher", row_id=row["id"])
        await db.fetch("UPDATE response SET texts_cipher = $2 WHERE id = $1", row["id"], sealed)
        await texts.have_checked("response", row["id"], Written(said.text, None, found_in([said.text])))
        if said.becomes != "waiting":
            await texts.decide(reader, row["id"], is_shown=said.becomes == "shown", why=said.why)


# ---- files ----------------------------------------------------------------------------------------------------------


def _picture(words: str) -> bytes:
    """A screen on a wall, as a phone might see it."""
    image = Image.new("RGB", (960, 720), (214, 208, 196))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 520, 960, 720), fill=(168, 160, 148))
    draw.rounded_rectangle((150, 90, 810, 450), 18, fill=(24, 26, 30), outline=(70, 72, 76), width=14)
    draw.text((480, 270), words, fill=(120, 124, 132), anchor="mm", font_size=72)
    for at in range(5):
        draw.rounded_rectangle((70 + at * 170, 560, 200 + at * 170, 640), 12, fill=(58, 104, 106))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _voice(seconds: float, rate: int = 8000) -> bytes:
    """A murmur: nobody speaks in a demonstration."""
    samples: Sequence[int] = [
        int(5000 * math.sin(2 * math.pi * 160 * n / rate) * abs(math.sin(2 * math.pi * 2.5 * n / rate)))
        for n in range(int(seconds * rate))
    ]
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return out.getvalue()
