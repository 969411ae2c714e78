"""The page on which a survey is answered without a sign-in. What opens it is made of a key that no table holds.

So a reminder can name the same page as the invitation, and nobody who reads tables, messages or facts can open it.
"""

import base64
from uuid import UUID

from server import privacy

TOKEN_BYTES = 16
PAGE = "/m/#/pages/s/s?t={}"


def token_of(link_id: UUID) -> str:
    """Give the secret part of a link: 22 characters of a URL. The link of an invitation has its id."""
    secret = privacy.blind_index(str(link_id), kind="survey_link")[:TOKEN_BYTES]
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")


def page_of(link_id: UUID) -> str:
    """Give the path of the page that a link opens; the hospital's address goes before it."""
    return PAGE.format(token_of(link_id))
