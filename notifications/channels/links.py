"""Pages on the web that a message may name: of a survey, which is answered there without a sign-in.

The address is made when a message leaves, and kept nowhere: whoever has it can answer.
"""

import re
from uuid import UUID

from notifications.channels.content import Content
from notifications.texts import say
from server.errors import LANGUAGES
from server.runtime import runtime
from server.survey_links import page_of, token_of

_SURVEY = re.compile(r"pages/survey/survey\?id=([0-9a-f-]{36})")


def survey_of(content: Content) -> UUID | None:
    """Give the invitation that a message leads to."""
    found = _SURVEY.fullmatch(content.link)
    return UUID(found[1]) if found else None


def web_page(content: Content) -> str:
    """Give the address of the page; empty where there is none, or the hospital has not said its own address."""
    base, survey_id = runtime().settings.web.public_url, survey_of(content)
    return base + page_of(survey_id) if base and survey_id else ""


def web_code(content: Content) -> str:
    """Give what a text message's template puts at the end of the page's address; empty where there is none.

    Providers take no addresses as values: the template holds it, up to `t=`.
    """
    survey_id = survey_of(content)
    return token_of(survey_id) if survey_id else ""


def label_of(content: Content) -> str:
    """Say in the language of the message's other labels that it may be answered on the web."""
    labels = {label for label, _ in content.lines}
    language = next((one for one in LANGUAGES if say("label.deadline", one) in labels), LANGUAGES[0])
    return say("label.web_page", language)
