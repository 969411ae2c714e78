"""What was said of people by name over HTTP: to themselves and to who leads them, to nobody else."""

from uuid import UUID

from sanic import Blueprint, Request

from satisfaction.scores import people
from satisfaction.scores.rules import PERSON_ENOUGH
from satisfaction.scores.views import ScoreInterval
from server import clock
from server.auth import staff_only
from server.errors import NotFound
from server.web import View, api, language_of

bp = Blueprint("score_people", url_prefix="/api/v1")


class ScorePersonLine(View):
    """Somebody whom the caller may see. is_enough: of at least one item there are enough answers."""

    id: UUID
    name: str
    title: str
    department_name: str
    is_me: bool
    is_enough: bool


class ScorePeopleView(View):
    """Whom the caller may see, themselves first. The half-year is the last one of the calendar that is over."""

    first: str
    last: str
    needed: int
    items: list[ScorePersonLine]


class ScorePersonItem(View):
    """What was said of somebody in one item within a half-year; from 30 answers on. n: 0 while there are fewer."""

    item: str
    text: str
    role: str
    dimension_name: str
    n: int
    is_enough: bool
    mean: ScoreInterval | None
    top_box: ScoreInterval | None


class ScorePersonView(View):
    """What was said of somebody by name, of what lies in their hands. needed: answers from which it is shown.

    comments: masked, checked, not of low ratings, in no order; only where some item has enough answers.
    """

    id: UUID
    name: str
    title: str
    department_name: str
    is_me: bool
    first: str
    last: str
    needed: int
    items: list[ScorePersonItem]
    comments: list[str]


@bp.get("/scores/people")
@api(guard=staff_only(), returns=ScorePeopleView, tag="scores")
async def listed(request: Request) -> ScorePeopleView:
    """List of whom the caller may read what was said: of themselves, and of those whom they lead."""
    half = people.half_before(clock.today())
    found = await people.listed(request.ctx.staff, half)
    return ScorePeopleView(
        first=half.first.isoformat(),
        last=half.last.isoformat(),
        needed=PERSON_ENOUGH,
        items=[ScorePersonLine(**one) for one in found],
    )


@bp.get("/scores/people/<person_id:uuid>")
@api(guard=staff_only(), returns=ScorePersonView, errors=(NotFound,), tag="scores")
async def person(request: Request, person_id: UUID) -> ScorePersonView:
    """Give what was said of somebody by name: to themselves and to who leads them, to nobody else.

    person_id: of a practitioner or a member of staff.
    """
    who = await people.one_of(request.ctx.staff, person_id)
    half = people.half_before(clock.today())
    said = await people.said_of(who["id"], half, language_of(request))
    return ScorePersonView(
        **who,
        first=half.first.isoformat(),
        last=half.last.isoformat(),
        needed=PERSON_ENOUGH,
        items=[ScorePersonItem(**vars(one)) for one in said.items],
        comments=said.comments,
    )
