"""What the records say of a visit, told for the complaint about it and sealed on the way there."""

import base64

import orjson

from miniapp_api.replay import visits
from server import clock, privacy
from server.events import publish
from server.facts import VisitBriefAsked, VisitBriefMade

PLACE = "complaint_brief.brief_cipher"
LANGUAGES = ("zh-CN", "en")  # those of the console


async def make_brief(fact: VisitBriefAsked) -> None:
    """Tell the visit in the languages of those who will read it; nothing when there is no such visit."""
    told = {language: await visits.brief_for_the_house(fact.visit_id, language) for language in LANGUAGES}
    if told[LANGUAGES[0]] is None:
        return
    sealed = privacy.seal(orjson.dumps(told).decode(), place=PLACE, row_id=fact.complaint_id)
    await publish(VisitBriefMade(fact.complaint_id, base64.b64encode(sealed).decode(), clock.now()))
