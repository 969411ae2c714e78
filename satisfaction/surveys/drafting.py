"""What administrators do with questionnaires: copy, draft, activate, retire; word items anew; make and revoke links."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from satisfaction.errors import QuestionnaireFixed, QuestionnaireUnready
from satisfaction.surveys import links, versions
from satisfaction.surveys.kinds.bank import BANK
from satisfaction.surveys.kinds.building import of_bank, with_na
from satisfaction.surveys.kinds.items import LANGUAGES, Comparison, Condition, Item, ItemType, Scale, SurveyKind
from satisfaction.surveys.models import Questionnaire, SurveyLink
from satisfaction.surveys.rules import QUESTIONNAIRE, QuestionnaireState
from server import clock, db
from server.accounts import SignedInStaff
from server.errors import Malformed, NotFound, SomeoneWasFaster, Stale
from server.history import born, move
from server.ids import new_id

OWN = "own_{}"  # the code of what a hospital makes itself, so that no number meets one of a later release
ONE_ACTIVE = "questionnaire_one_active"


@dataclass(frozen=True)
class DraftItem:
    """One line of a draft: which item of the bank, and how it is asked."""

    id: str
    is_core: bool = True
    may_be_na: bool = False
    shown_if: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Draft:
    """What an administrator writes of a questionnaire."""

    title: dict[str, str]
    items: tuple[DraftItem, ...] = field(default_factory=tuple)
    rotating: int = 2
    most: int = 7
    is_anonymous: bool = False


async def copy(staff: SignedInStaff, questionnaire_id: UUID) -> Questionnaire:
    """Begin a draft from any version.

    Raises: NotFound.
    """
    async with db.transaction():
        await db.fetch(versions.ONE_AT_A_TIME)
        source = await Questionnaire.filter(id=questionnaire_id).first()
        if source is None:
            raise NotFound()
        code = OWN.format(source.kind)
        row = await Questionnaire.create(
            id=new_id(),
            code=code,
            number=await _next_number(code),
            kind=source.kind,
            state=QuestionnaireState.DRAFT,
            title=source.title,
            items=source.items,
            rotating=source.rotating,
            most=source.most,
            is_anonymous=source.is_anonymous,
            made_by=staff.id,
            made_at=clock.now(),
        )
        await born(QUESTIONNAIRE, row, QuestionnaireState.DRAFT, by=staff.by)
        return row


async def _next_number(code: str) -> int:
    row = await db.fetch_one("SELECT coalesce(max(version), 0) + 1 AS n FROM questionnaire WHERE code = $1", code)
    return int(row["n"]) if row else 1


async def write(questionnaire_id: UUID, draft: Draft, *, version: int) -> Questionnaire:
    """Write a draft anew, in the newest words of its items.

    Raises: NotFound, QuestionnaireFixed, Stale, Malformed.
    """
    async with db.transaction():
        row = await db.lock(Questionnaire, questionnaire_id)
        if row.state != QuestionnaireState.DRAFT:
            raise QuestionnaireFixed()
        if row.version != version:
            raise Stale(resource={"id": str(row.id), "version": row.version})
        items = await _worded(draft.items)
        check(items, is_poster=row.kind == SurveyKind.POSTER, draft=draft)
        changes = {
            "title": draft.title,
            "items": [asdict(item) for item in items],
            "rotating": draft.rotating,
            "most": draft.most,
            "is_anonymous": draft.is_anonymous,
            "version": row.version + 1,
        }
        await Questionnaire.filter(id=row.id).update(**changes)
        return await Questionnaire.get(id=row.id)


async def _worded(lines: Sequence[DraftItem]) -> list[Item]:
    words = await wordings([line.id for line in lines if line.id in BANK])
    found = []
    for place, line in enumerate(lines):
        if line.id not in BANK:
            raise _wrong(f"/items/{place}/id", "unknown_item")
        version, texts = words[line.id]
        item = with_na(of_bank(line.id, texts, version), line.may_be_na)
        found.append(replace(item, is_core=line.is_core, shown_if=line.shown_if))
    return found


def check(items: Sequence[Item], *, is_poster: bool, draft: Draft) -> None:
    """Refuse what cannot be asked: an item twice, a rule that looks forward or at what it cannot see.

    Raises: Malformed.
    """
    seen: dict[str, Item] = {}
    for place, item in enumerate(items):
        if item.id in seen:
            raise _wrong(f"/items/{place}/id", "twice")
        for condition in item.shown_if:
            if not _can_be_seen(condition, seen):
                raise _wrong(f"/items/{place}/shown_if", "wrong_condition")
        seen[item.id] = item
    if sum(item.is_core and not item.is_closing for item in items) > draft.most:
        raise _wrong("/items", "too_many_core")
    if is_poster and not draft.is_anonymous:
        raise _wrong("/is_anonymous", "poster_is_anonymous")


def _can_be_seen(condition: Condition, seen: dict[str, Item]) -> bool:
    item = seen.get(condition.item)
    if item is None or item.is_closing or item.type == ItemType.TEXT:
        return False
    if condition.how in (Comparison.AT_MOST, Comparison.AT_LEAST):
        return item.scale is not None and item.scale != Scale.YES_NO and type(condition.value) is int
    if item.options:
        return condition.value in {option.value for option in item.options}
    return isinstance(condition.value, bool if item.type == ItemType.YES_NO else int)


def _wrong(pointer: str, code: str) -> Malformed:
    return Malformed(errors=[{"pointer": pointer, "code": code, "detail": code.replace("_", " ")}])


async def activate(staff: SignedInStaff, questionnaire_id: UUID) -> Questionnaire:
    """Ask this version from now on; the one that was asked so far retires.

    Raises: NotFound, QuestionnaireUnready, IllegalMove, SomeoneWasFaster.
    """
    try:
        async with db.transaction():
            await db.fetch(versions.ONE_AT_A_TIME)
            row = await db.lock(Questionnaire, questionnaire_id)
            has_core = any(item["is_core"] and not item["is_closing"] for item in row.items)
            if not has_core or not all(str(row.title.get(language, "")).strip() for language in LANGUAGES):
                raise QuestionnaireUnready()
            QUESTIONNAIRE.check(row.state, QuestionnaireState.ACTIVE)
            for older in await Questionnaire.filter(kind=row.kind, state=QuestionnaireState.ACTIVE):
                await move(QUESTIONNAIRE, older, QuestionnaireState.RETIRED, by=staff.by, why="another version")
            await move(QUESTIONNAIRE, row, QuestionnaireState.ACTIVE, by=staff.by)
            return row
    except IntegrityError as error:
        if db.violated(error) == ONE_ACTIVE:
            raise SomeoneWasFaster() from None
        raise


async def retire(staff: SignedInStaff, questionnaire_id: UUID) -> Questionnaire:
    """Ask this version no more; who was invited may still answer it.

    Raises: NotFound, IllegalMove.
    """
    async with db.transaction():
        row = await db.lock(Questionnaire, questionnaire_id)
        await move(QUESTIONNAIRE, row, QuestionnaireState.RETIRED, by=staff.by)
        return row


# ---- the bank ------------------------------------------------------------------------------------------------------


async def wordings(ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Give the newest words of items, with the number of their version."""
    rows = await db.fetch(
        "SELECT DISTINCT ON (item_id) item_id, version, texts FROM survey_item_wording WHERE item_id = ANY($1::text[])"
        " ORDER BY item_id, version DESC",
        list(ids),
    )
    known = {row["item_id"]: (row["version"], orjson.loads(row["texts"])) for row in rows}
    return {item_id: known.get(item_id, (1, BANK[item_id].wording())) for item_id in ids}


async def word(staff: SignedInStaff, item_id: str, texts: dict[str, Any], *, version: int) -> int:
    """Give an item other words from now on; versions that are asked keep theirs until they are drafted anew.

    version: the newest that was seen. Raises: NotFound, SomeoneWasFaster, Malformed.
    """
    if item_id not in BANK:
        raise NotFound()
    shipped = BANK[item_id].wording()
    if {one["value"] for one in texts["options"]} != {one["value"] for one in shipped["options"]}:
        raise _wrong("/options", "unknown_option")
    async with db.transaction():
        await versions.ship_bank()
        newest, _ = (await wordings([item_id]))[item_id]
        row = await db.fetch_one(
            "INSERT INTO survey_item_wording (item_id, version, texts, at, by) SELECT $1, $2, $3, app_now(), $4"
            " WHERE $5 ON CONFLICT (item_id, version) DO NOTHING RETURNING version",
            item_id,
            version + 1,
            orjson.dumps(texts).decode(),
            staff.id,
            newest == version,
        )
    if row is None:
        raise SomeoneWasFaster()
    return version + 1


# ---- links -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewLink:
    """A link for a poster or a tablet."""

    kind: str
    department_id: UUID
    room_id: UUID | None
    note: str
    days: int
    most_a_day: int


async def make_link(staff: SignedInStaff, wish: NewLink) -> SurveyLink:
    """Make a link to the version of its kind that is asked.

    Raises: NotFound, QuestionnaireUnready when none is.
    """
    async with db.transaction():
        there = await db.fetch_one(
            "SELECT 1 FROM department d WHERE d.id = $1 AND ($2::uuid IS NULL OR EXISTS"
            " (SELECT FROM room r WHERE r.id = $2 AND r.department_id = d.id))",
            wish.department_id,
            wish.room_id,
        )
        if there is None:
            raise NotFound()
        questionnaire = await versions.active(SurveyKind(wish.kind))
        if questionnaire is None:
            raise QuestionnaireUnready()
        values = {
            "kind": wish.kind,
            "questionnaire_id": questionnaire.id,
            "department_id": wish.department_id,
            "room_id": wish.room_id,
            "note": wish.note,
            "made_by": staff.id,
            "expires_at": clock.now() + timedelta(days=wish.days),
            "most_a_day": wish.most_a_day,
        }
        return await links.make(values, link_id=new_id())


async def revoke_link(link_id: UUID) -> None:
    """Take a link back; what was answered by it stays.

    Raises: NotFound.
    """
    if not await SurveyLink.filter(id=link_id, invitation_id=None).exists():
        raise NotFound()
    await SurveyLink.filter(id=link_id, revoked_at=None).update(revoked_at=clock.now())
