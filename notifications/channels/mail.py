"""Mail by SMTP. A server knows no key of ours and cannot be asked; bounces come to the hospital's own box.

Everything that is said before the message's last line is definite. Once that line has left, only an answer is; without
one the message may be on its way. The message carries the key in its Message-ID, by which mailboxes know a copy.
"""

import contextlib
import html
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib
import structlog

from notifications.channels.addresses import Kind, Reached, address_of, mark_bad, reach
from notifications.channels.answers import Answer, receipt_of
from notifications.channels.content import Capabilities, Content, Receipt, Recipient
from notifications.channels.links import label_of, web_page
from notifications.channels.texting import their_now
from notifications.graphemes import shorten
from notifications.rules import Cause, Outcome
from notifications.texts import say
from server.carriers import Mail as MailSettings
from server.carriers import Security
from server.errors import LANGUAGES
from server.privacy import mask_name
from server.runtime import runtime

log = structlog.get_logger("channels")

GOODBYE_SECONDS = 2
SUBJECT_CHARACTERS = 120
FOOT = ("本邮件由系统自动发出，请不要直接回复。", "This mail was sent automatically; please do not reply.")

_LATER = Answer(Outcome.RETRY)
_RESTS = Answer(Outcome.TROUBLE)  # the server takes nothing now, from nobody
_KEYS = Answer(Outcome.TROUBLE, cause=Cause.CREDENTIALS)
_BOX = Answer(Outcome.REFUSED)
# By the number that the server says; what is not named is refused for good from 500 on, and for now below.
ANSWERS: Mapping[int | str, Answer] = {
    421: _RESTS,
    432: _KEYS,
    454: _RESTS,
    530: _KEYS,
    534: _KEYS,
    535: _KEYS,
    538: _KEYS,
}
BAD_BOXES = frozenset({550, 551, 553})  # said of a recipient: there is no such box
_NOT_OFFERED = Receipt(Outcome.TROUBLE, "not_offered", cause=Cause.CREDENTIALS)
_PATIENT_LABELS = frozenset(say("label.patient", language) for language in LANGUAGES)


class Mail:
    """Reaches a mailbox."""

    name = "email"
    capabilities = Capabilities(drops_silently=True, at_once=10, per_minute=300)  # a message may end among the spam

    def is_set_up(self) -> bool:
        """A server, and an address to write from."""
        settings = runtime().settings.mail
        return bool(settings.host and settings.sender)

    def carries(self, content: Content) -> bool:
        """Everything with a title."""
        return bool(content.title)

    def address(self, recipient: Recipient) -> str | None:
        """Give what stands for the person's mail address."""
        return address_of(recipient, Kind.EMAIL)

    async def send(self, content: Content, address: str, key: str) -> Receipt:
        """Hand one message to the server, over a connection of its own."""
        settings = runtime().settings.mail
        reached = await reach(self.name, address, Kind.EMAIL)
        if isinstance(reached, Receipt):
            return reached
        try:
            message = letter(content, reached, settings, key=key)
        except (ValueError, IndexError, MessageError):  # an address that cannot stand in a header
            return Receipt(Outcome.REFUSED, "unreadable_address")
        client = _client(settings)
        try:
            receipt = await self._connect(client, settings)
            if receipt is None:
                receipt = await self._hand_over(client, message, reached)
            if receipt.outcome is not Outcome.UNKNOWN:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await client.quit(timeout=GOODBYE_SECONDS)
        finally:
            client.close()
        if receipt.cause is not None:
            log.error("mail_refused", code=receipt.code)
        return receipt

    async def _connect(self, client: aiosmtplib.SMTP, settings: MailSettings) -> Receipt | None:
        """Open the connection and sign in; a receipt when that fails. Nothing has left yet."""
        try:
            await client.connect()
            if settings.security is Security.STARTTLS:
                await client.ehlo()
                if not client.supports_extension("starttls"):  # never on in the open
                    return _NOT_OFFERED
                await client.starttls()
            if settings.username:
                await client.login(settings.username, str(settings.password))
        except aiosmtplib.SMTPResponseException as refusal:
            return self._said(refusal.code, "connect")
        except aiosmtplib.SMTPNotSupported:  # no way to sign in that both know
            return _NOT_OFFERED
        except (aiosmtplib.SMTPException, OSError) as error:
            return Receipt(Outcome.TROUBLE, "unreachable", type(error).__name__)
        return None

    async def _hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage, reached: Reached) -> Receipt:
        step = "sender"
        try:
            await client.mail(runtime().settings.mail.sender)
            step = "recipient"
            await client.rcpt(reached.value)
            step = "data"
            code, _ = await client.data(message.as_bytes())
        except aiosmtplib.SMTPResponseException as refusal:
            if step == "recipient" and refusal.code in BAD_BOXES:
                await mark_bad(self.name, reached, str(refusal.code))
            return self._said(refusal.code, step)
        except (aiosmtplib.SMTPException, OSError) as error:
            # before the message nothing has left; with it, the last line may have arrived
            outcome = Outcome.UNKNOWN if step == "data" else Outcome.TROUBLE
            return Receipt(outcome, "no_answer" if step == "data" else "unreachable", type(error).__name__)
        return Receipt(Outcome.ACCEPTED, str(code))

    def _said(self, code: int, step: str) -> Receipt:
        """Class a refusal. 552 and the like are for good, 450 and the like for now. A sender refused is our setting."""
        if code in ANSWERS:
            return receipt_of(ANSWERS, code, step)
        if code < 400:  # not one of SMTP's ways to say no
            return Receipt(Outcome.UNKNOWN, str(code), step)
        if code < 500:
            found = _LATER
        elif step == "recipient":
            found = _BOX
        else:
            found = Answer(Outcome.REFUSED, cause=Cause.TEMPLATE) if step == "data" else _KEYS
        return receipt_of({code: found}, code, step)


def _client(settings: MailSettings) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security is Security.TLS,
        start_tls=False,  # `_connect` asks for it, and tells apart that the server has none
        timeout=settings.timeout_seconds,
        local_hostname=settings.sender.partition("@")[2] or "localhost",
    )


def letter(content: Content, reached: Reached, settings: MailSettings, *, key: str) -> EmailMessage:
    """Write a message as text and as a page; the same key gives the same Message-ID.

    Raises: ValueError when an address cannot be written in a header.
    """
    reached.value.encode("ascii")  # SMTP without its rarer extensions takes nothing else
    message = EmailMessage()
    sender = Address(reached.hospital, addr_spec=settings.sender)
    message["From"], message["To"] = sender, Address(addr_spec=reached.value)
    message["Subject"] = shorten(" ".join(content.title.split()), SUBJECT_CHARACTERS)
    message["Date"] = format_datetime(their_now())
    message["Message-ID"] = f"<{key}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday answer comes back
    lines = [(label, mask_name(text) if label in _PATIENT_LABELS else text) for label, text in content.lines]
    address = web_page(content)
    way = (label_of(content), address) if address else None
    message.set_content(_text(content.title, lines, way, reached.hospital))
    message.add_alternative(_page(content.title, lines, way, reached.hospital), subtype="html")
    return message


_Way = tuple[str, str] | None  # what a page on the web is for, and its address


def _text(title: str, lines: list[tuple[str, str]], way: _Way, hospital: str) -> str:
    said = [f"{label}：{text}" for label, text in lines]
    if way:
        said += ["", f"{way[0]}：{way[1]}"]
    return "\n".join((title, "", *said, "", hospital, *FOOT, ""))


def _page(title: str, lines: list[tuple[str, str]], way: _Way, hospital: str) -> str:
    button = (
        f'<p style="margin:20px 0 0"><a href="{html.escape(way[1])}" style="display:inline-block;padding:10px 20px;'
        f'border-radius:8px;background:#0b6b5d;color:#fff;text-decoration:none">{html.escape(way[0])}</a></p>'
        if way
        else ""
    )
    rows = "".join(
        f'<tr><td style="padding:4px 16px 4px 0;color:#5b6570;vertical-align:top">{html.escape(label)}</td>'
        f'<td style="padding:4px 0">{html.escape(text)}</td></tr>'
        for label, text in lines
    )
    foot = "<br>".join(html.escape(line) for line in FOOT)
    return (
        '<!doctype html><html><head><meta charset="utf-8"></head>'
        '<body style="margin:0;padding:24px;background:#eef1f4;color:#1c2024;font:16px/1.6 sans-serif">'
        '<div style="max-width:560px;margin:0 auto;padding:24px;background:#fff;border-radius:8px">'
        f'<p style="margin:0;color:#5b6570">{html.escape(hospital)}</p>'
        f'<h1 style="margin:8px 0 16px;font-size:20px">{html.escape(title)}</h1><table>{rows}</table>{button}'
        f'<p style="margin:24px 0 0;color:#5b6570;font-size:13px">{foot}</p></div></body></html>'
    )
