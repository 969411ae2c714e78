"""What every route shares: reading a request, answering, problems (RFC 9457), paging, repeated requests.

@bp.post("/appointments")
@api(guard=patient_only, body=BookForm, returns=AppointmentView, status=201, creates=True, errors=(SlotFull,))
async def create(request: Request, body: BookForm) -> AppointmentView: ...
"""

import base64
import functools
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from sanic import HTTPResponse, Request
from sanic.response import raw
from tortoise.exceptions import IntegrityError

from server import clock, db, field_texts
from server.errors import (
    AppError,
    Malformed,
    Stale,
    TooLarge,
    Unreadable,
    WrongMediaType,
    wrong_field,
)
from server.idempotency import Once, fingerprint

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
PROBLEM_TYPE = "/problems/"
MAX_PAGE = 100
YEARS = range(1800, 3000)  # of a day or a moment that somebody sends
MAX_DEPTH = 32  # of lists and objects in a body; the deepest form has a handful
IDEMPOTENCY_PRIMARY_KEY = "idempotency_record_pkey"

Whole = Annotated[int, BeforeValidator(lambda v: int(v) if type(v) is float and v.is_integer() else v)]
Version = Annotated[Whole, Field(ge=0, lt=2**31 - 1)]  # as a column holds it, with room for one more
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _no_control(value: Any) -> Any:
    if isinstance(value, str) and _CONTROL.search(value):
        raise ValueError("control characters are not allowed")
    return value


class Form(BaseModel):
    """A request body or query: unknown members are refused, texts carry no control characters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @staticmethod
    def clean(value: Any, depth: int = 0) -> Any:
        """Refuse control characters anywhere in a decoded body, and a body that is nested without end.

        Raises: ValueError, Unreadable.
        """
        if depth > MAX_DEPTH:
            raise Unreadable()
        if isinstance(value, dict):
            return {_no_control(key): Form.clean(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [Form.clean(item, depth + 1) for item in value]
        return _no_control(value)


class View(BaseModel):
    """An answer: moments are shown in the hospital's zone, with offset."""

    model_config = ConfigDict(extra="forbid")


class Paging(Form):
    """The query of a list."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20
    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None

    def after(self) -> UUID | None:
        """Give the id after which the page begins, or None at the start.

        Raises: Malformed.
        """
        if self.cursor is None:
            return None
        try:
            return UUID(bytes=base64.urlsafe_b64decode(self.cursor.encode("ascii") + b"=="))
        except (ValueError, UnicodeEncodeError):
            raise wrong_field("/cursor", "wrong_cursor", "cursor") from None


class Problem(View):
    """An error as RFC 9457 has it, with a code for programs and a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[dict[str, str]] | None = None


def moment(value: datetime | None) -> str | None:
    """Show a moment as RFC 3339 in the hospital's zone, to the second."""
    return None if value is None else clock.local(value).isoformat(timespec="seconds")


def _in_words(field: dict[str, Any], language: str) -> dict[str, str]:
    said = field_texts.say(field["code"], language, field.get("values", {}), field["detail"])
    return {"pointer": field["pointer"], "code": field["code"], "detail": said}


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HTTPResponse:
    """Answer with JSON. Bytes are taken to be JSON already."""
    if isinstance(body, BaseModel):
        body = body.model_dump(mode="json")
    data = body if isinstance(body, bytes) else orjson.dumps(body, default=_default)
    return raw(data, status=status, content_type=JSON, headers=headers)


def _default(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(type(value).__name__)


def listing(rows: Sequence[Any], limit: int, show: Callable[[Any], Any], key: str = "id") -> dict[str, Any]:
    """Make a page from up to `limit + 1` rows: {"items": [...], "next": cursor or null}."""
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = None
    if more:
        last = rows[-1]
        last_id = last[key] if isinstance(last, dict) else getattr(last, key)
        cursor = base64.urlsafe_b64encode(last_id.bytes).decode().rstrip("=")
    return {"items": [show(row) for row in rows], "next": cursor}


def language_of(request: Request) -> str:
    """Choose the language of an answer from Accept-Language; Simplified Chinese by default."""
    best, weight = "zh-CN", 0.0
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        found = _language(tag.strip().lower())
        if found and quality > weight:
            best, weight = found, quality
    return best


def _language(tag: str) -> str | None:
    if tag.startswith(("zh-tw", "zh-hk", "zh-hant", "zh-mo")):
        return "zh-TW"
    if tag.startswith("zh"):
        return "zh-CN"
    return "en" if tag.startswith("en") else None


def problem(request: Request, error: AppError) -> HTTPResponse:
    """Render an error."""
    language = language_of(request)
    data = {key: value for key, value in error.data.items() if key not in {"resource", "allow"}}
    if "errors" in data:
        data["errors"] = [_in_words(field, language) for field in data["errors"]]
    body = {
        "type": PROBLEM_TYPE + error.code,
        "title": error.title,
        "status": error.status,
        "detail": error.detail(language),
        "instance": request.path,
        "code": error.code,
        "request_id": request.ctx.request_id,
        **{key: moment(value) if isinstance(value, datetime) else value for key, value in data.items()},
    }
    if "resource" in error.data:
        body["resource"] = error.data["resource"]
    return raw(
        orjson.dumps(body, default=str),
        status=error.status,
        content_type=PROBLEM_JSON,
        headers={"Content-Language": language, **error.headers()},
    )


def check_version(request: Request, row: Any, fresh: Callable[[], Any]) -> None:
    """Refuse a command that carries `If-Match` with another version than the row's.

    Raises: Stale, with the fresh resource.
    """
    expected = request.headers.get("if-match")
    if expected is not None and expected.strip('" ') != str(row.version):
        raise Stale(resource=fresh())


class Guard(Protocol):
    """Finds out who sends a request and whether they may; sets `request.ctx.account` or `request.ctx.staff`."""

    schemes: tuple[str, ...]  # whom it lets in: patient, staff

    async def __call__(self, request: Request) -> None:
        """Raise SignInNeeded or Forbidden."""


@dataclass(frozen=True)
class Operation:
    """What a route promises; validation and the OpenAPI document are made from it."""

    guard: Guard | None
    body: type[Form] | None
    query: type[Form] | None
    returns: type[BaseModel] | None
    status: int
    errors: tuple[type[AppError], ...]
    creates: bool
    tag: str
    content_types: tuple[str, ...]
    takes: tuple[str, ...] = ()


def api(
    *,
    guard: Guard | None = None,
    body: type[Form] | None = None,
    query: type[Form] | None = None,
    returns: type[BaseModel] | None = None,
    status: int = 200,
    errors: tuple[type[AppError], ...] = (),
    creates: bool | str = False,
    tag: str = "",
    content_types: tuple[str, ...] = (JSON,),
    takes: tuple[str, ...] = (),
    largest: int = 0,
) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[HTTPResponse]]]:
    """Guard, read and document a route.

    creates: the route takes `Idempotency-Key`. True keeps the answer around the handler, in one transaction with its
        effect; "itself" only reads the key into `request.ctx.once`, for a handler that keeps the answer itself.
    takes: the body is a file of one of these media types, of at most `largest` bytes, and lies in `request.body`.
    """
    if creates not in (True, False, "itself"):
        raise ValueError(f"creates={creates!r}")
    operation = Operation(guard, body, query, returns, status, errors, bool(creates), tag, content_types, takes)

    def wrap(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[HTTPResponse]]:
        @functools.wraps(handler)
        async def route(request: Request, **path: Any) -> HTTPResponse:
            was_kept = _keep_alive(request, False) if takes else True
            if guard is not None:
                await guard(request)
            arguments = {name: _path_value(value) for name, value in path.items()}
            if takes:
                request.body = await _read_file(request, takes, largest)
                _keep_alive(request, was_kept)
            if body is not None:
                arguments["body"] = _read_body(request, body)
            if query is not None:
                arguments["query"] = _read_query(request, query)
            if not creates:
                return _answer(await handler(request, **arguments), status)
            request.ctx.once = _once(request)
            if creates == "itself":
                return _answer(await handler(request, **arguments), status)
            return await once_only(request, lambda: handler(request, **arguments), status=status)

        route.operation = operation  # type: ignore[attr-defined]
        if takes:
            route.is_stream = True  # type: ignore[attr-defined]  # read below, once the guard has let it in
        return route

    return wrap


def replayed(status: int, body: bytes) -> HTTPResponse:
    """Give an earlier answer again."""
    return reply(body, status, {"Idempotent-Replayed": "true"})


async def once_only(
    request: Request, make: Callable[[], Awaitable[Any]], *, status: int, secret: bool = False
) -> HTTPResponse:
    """Do what `make` does in one transaction with the record of its answer; give an earlier answer again.

    make: must wait for nothing but the database. secret: the kept answer is encrypted. Without a key nothing is kept,
    and it is one transaction all the same.
    """
    once: Once | None = request.ctx.once
    if once is None:
        async with db.transaction():
            return _answer(await make(), status)
    if earlier := await once.earlier():
        return replayed(*earlier)
    try:
        async with db.transaction():
            answer = _answer(await make(), status)
            if answer.status < 300:
                await once.keep(answer.status, answer.body or b"", secret=secret)
    except IntegrityError as error:
        if db.violated(error) == IDEMPOTENCY_PRIMARY_KEY and (earlier := await once.earlier()):
            return replayed(*earlier)  # a twin of this request was faster
        raise
    return answer


def _once(request: Request) -> Once | None:
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    try:
        key = UUID(header.strip())
    except ValueError:
        raise Malformed(
            errors=[{"pointer": "", "code": "wrong_idempotency_key", "detail": "Idempotency-Key must be a UUID"}]
        ) from None
    principal = getattr(request.ctx, "account", None) or getattr(request.ctx, "staff", None)
    actor = principal.actor if principal else "anyone"
    return Once(actor=actor, key=key, fingerprint=fingerprint(request.method, request.path, request.body))


def _path_value(value: Any) -> Any:
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    return value


def _read_body(request: Request, form: type[Form]) -> Form:
    content_type = (request.content_type or "").split(";")[0].strip().lower()
    if request.body and content_type != JSON:
        raise WrongMediaType()
    try:
        data = orjson.loads(request.body) if request.body else {}
    except orjson.JSONDecodeError:
        raise Unreadable() from None
    if not isinstance(data, dict):
        raise Unreadable()
    try:
        return _near(form.model_validate(Form.clean(data)))
    except ValidationError as error:
        raise _malformed(error) from None
    except ValueError as error:
        raise wrong_field("", "control_characters", str(error)) from None


def _keep_alive(request: Request, is_kept: bool) -> bool:
    """Say whether the connection stays open after the answer: not while the rest of a refused file is on its way.

    Returns: what was said before.
    """
    stream: Any = request.stream
    if stream is None:
        return is_kept
    was, stream.keep_alive = stream.keep_alive, is_kept
    return was


async def _read_file(request: Request, takes: tuple[str, ...], largest: int) -> bytes:
    """Read a body that may be larger than those of forms; no further than it may be."""
    if (request.content_type or "").split(";")[0].strip().lower() not in takes:
        raise WrongMediaType()
    parts: list[bytes] = []
    size = 0
    stream: Any = request.stream  # None: there was no body
    while stream is not None and (part := await stream.read()):
        size += len(part)
        if size > largest:
            raise TooLarge()
        parts.append(part)
    return b"".join(parts)


def _read_query(request: Request, form: type[Form]) -> Form:
    try:
        return _near(form.model_validate({name: Form.clean(values[-1]) for name, values in request.args.items()}))
    except ValidationError as error:
        raise _malformed(error) from None
    except ValueError as error:
        raise wrong_field("", "control_characters", str(error)) from None


def _near(form: Form) -> Form:
    """Give a form whose days and moments are of our times: at the ends of the calendar a day more or a zone overflows.

    Raises: Malformed.
    """
    if far := next(_far(form, ""), None):
        raise wrong_field(far, "too_far", "a day of another age")
    return form


def _far(value: Any, pointer: str) -> Iterator[str]:
    """Point at each day or moment of another age, however deep in a form."""
    if isinstance(value, date):  # a moment is one too
        if value.year not in YEARS:
            yield pointer
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _far(getattr(value, name), f"{pointer}/{field.alias or name}")
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _far(item, f"{pointer}/{place}")


def _malformed(error: ValidationError) -> Malformed:
    found = error.errors(include_url=False, include_input=False)
    inside = {item["loc"][:depth] for item in found for depth in range(len(item["loc"]))}
    return Malformed(
        errors=[
            {
                "pointer": "".join(f"/{part}" for part in item["loc"]),
                "code": item["type"],
                "detail": item["msg"][:200],
                "values": item.get("ctx", {}),
            }
            # a list is also called too short where one of its entries is wrong: only the entry is
            for item in [one for one in found if one["type"] != "too_short" or one["loc"] not in inside][:20]
        ]
    )


def _answer(result: Any, status: int) -> HTTPResponse:
    if isinstance(result, HTTPResponse):
        return result
    if result is None:
        return HTTPResponse(status=204)
    return reply(result, status)
