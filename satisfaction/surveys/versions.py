"""Which version of a questionnaire is asked. What is shipped comes into the database on first use."""

import orjson

from satisfaction.surveys.kinds import SURVEYS
from satisfaction.surveys.kinds.bank import BANK
from satisfaction.surveys.kinds.items import Survey, SurveyKind
from satisfaction.surveys.models import Questionnaire
from satisfaction.surveys.rules import QUESTIONNAIRE, QuestionnaireState
from server import clock, db
from server.history import SYSTEM, born, move
from server.ids import new_id

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('questionnaire'))"


async def active(kind: SurveyKind) -> Questionnaire | None:
    """Give the version of a kind that is asked, in the open transaction; None when the hospital has retired it."""
    found = await Questionnaire.filter(kind=kind.value, state=QuestionnaireState.ACTIVE).first()
    if found is not None or not await _is_news(SURVEYS[kind]):
        return found
    await db.fetch(ONE_AT_A_TIME)
    await _ship(SURVEYS[kind])
    return await Questionnaire.filter(kind=kind.value, state=QuestionnaireState.ACTIVE).first()


async def ship_all() -> None:
    """Bring everything that this release ships into the database, in the open transaction."""
    await db.fetch(ONE_AT_A_TIME)
    await ship_bank()
    for survey in SURVEYS.values():
        await _ship(survey)


async def ship_bank() -> None:
    """Bring the items of this release into the database; a wording that changed is a new version.

    The hospital's own wordings stay: only where the newest one is a shipped one, a newer shipped one follows.
    """
    await db.fetch(
        "INSERT INTO survey_item (id, code, dimension, scale, type, is_sealed)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[])"
        " ON CONFLICT (id) DO NOTHING",
        list(BANK),
        [item.code for item in BANK.values()],
        [item.dimension for item in BANK.values()],
        [item.scale for item in BANK.values()],
        [item.type for item in BANK.values()],
        [item.is_sealed for item in BANK.values()],
    )
    await db.fetch(
        "INSERT INTO survey_item_wording (item_id, version, texts, at)"
        " SELECT s.id, coalesce(n.version, 0) + 1, s.texts, app_now()"
        " FROM unnest($1::text[], $2::jsonb[]) s (id, texts)"
        " LEFT JOIN LATERAL (SELECT version, texts, by FROM survey_item_wording w WHERE w.item_id = s.id"
        "   ORDER BY version DESC LIMIT 1) n ON true"
        " WHERE n.version IS NULL OR (n.by IS NULL AND n.texts <> s.texts)"
        " ON CONFLICT (item_id, version) DO NOTHING",
        list(BANK),
        [orjson.dumps(item.wording()).decode() for item in BANK.values()],
    )


async def _is_news(survey: Survey) -> bool:
    return not await Questionnaire.exists(code=survey.code, number__gte=survey.version)


async def _ship(survey: Survey) -> None:
    if not await _is_news(survey):
        return
    older = await Questionnaire.filter(kind=survey.kind.value, state=QuestionnaireState.ACTIVE).first()
    is_asked = older is None or older.made_by is None  # the hospital's own version goes on being asked
    if older is not None and is_asked:
        await move(QUESTIONNAIRE, older, QuestionnaireState.RETIRED, by=SYSTEM, why="a newer release")
    state = QuestionnaireState.ACTIVE if is_asked else QuestionnaireState.DRAFT
    await _write(survey, state)


async def _write(survey: Survey, state: QuestionnaireState) -> None:
    row = await Questionnaire.create(
        id=new_id(),
        code=survey.code,
        number=survey.version,
        kind=survey.kind.value,
        state=state,
        title=dict(survey.title),
        items=survey.items_as_data(),
        rotating=survey.rotating,
        most=survey.most,
        is_anonymous=survey.is_anonymous,
        made_at=clock.now(),
    )
    await born(QUESTIONNAIRE, row, state, by=SYSTEM)
