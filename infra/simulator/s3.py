"""A small store that speaks S3 under `/s3/{bucket}/{key}`: it checks every signature with code of its own.

Objects live in memory. Errors are XML, as S3's are.
"""

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from aiohttp import web

KEY_ID, KEY_SECRET, REGION, BUCKET = "sim-s3-id", "sim-s3-secret", "sim-1", "hospital"
PAGE = 100
FRESH = timedelta(minutes=15)
_GIVEN = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*"
    r"SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)
Objects = dict[str, tuple[bytes, datetime]]
OBJECTS: web.AppKey[Objects] = web.AppKey("S3_OBJECTS", dict)


async def answer(request: web.Request) -> web.Response:
    """Take a call of the store."""
    body = await _body(request)
    if (code := _fault(request, body)) is not None:
        return _refused(403, code)
    bucket, _, key = unquote(request.rel_url.raw_path).removeprefix("/s3/").partition("/")
    if bucket != BUCKET:
        return _refused(404, "NoSuchBucket")
    objects = request.app[OBJECTS]
    match request.method:
        case "PUT" if key:
            objects[key] = (body, _now())
            return web.Response(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
        case "GET" if key:
            found = objects.get(key)
            return web.Response(body=found[0]) if found else _refused(404, "NoSuchKey")
        case "DELETE" if key:
            objects.pop(key, None)
            return web.Response(status=204)
        case "GET":
            return _listed(objects, request.query.get("prefix", ""), request.query.get("continuation-token", ""))
        case _:
            return _refused(405, "MethodNotAllowed")


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), tz=UTC)  # nobody moves the clock of a store


async def _body(request: web.Request) -> bytes:
    """Read a body of any size: the platform's own limit is another one."""
    parts = [part async for part in request.content.iter_any()]
    return b"".join(parts)


def _fault(request: web.Request, body: bytes) -> str | None:
    """Name what is wrong with a call's signature, as S3 does; None when it is right."""
    given = _GIVEN.fullmatch(request.headers.get("authorization", ""))
    if given is None:
        return "AccessDenied"
    key_id, day, region, names, signature = given.groups()
    stamp = request.headers.get("x-amz-date", "")
    if key_id != KEY_ID:
        return "InvalidAccessKeyId"
    if region != REGION or not stamp.startswith(day):
        return "AuthorizationHeaderMalformed"
    if abs(_now() - datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)) > FRESH:
        return "RequestTimeTooSkewed"
    claimed = request.headers.get("x-amz-content-sha256", "")
    if hashlib.sha256(body).hexdigest() != claimed:
        return "XAmzContentSHA256Mismatch"
    if "host" not in names.split(";"):
        return "SignatureDoesNotMatch"
    pairs = sorted(part.partition("=")[::2] for part in request.rel_url.raw_query_string.split("&") if part)
    query = "&".join(f"{quote(unquote(a), safe='-_.~')}={quote(unquote(b), safe='-_.~')}" for a, b in pairs)
    head = "\n".join(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in names.split(";"))
    canonical = "\n".join((request.method, request.rel_url.raw_path, query, head, "", names, claimed))
    to_sign = "\n".join(
        ("AWS4-HMAC-SHA256", stamp, f"{day}/{region}/s3/aws4_request", hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = b"AWS4" + KEY_SECRET.encode()
    for step in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    wanted = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(wanted, signature) else "SignatureDoesNotMatch"


def _listed(objects: Objects, prefix: str, after: str) -> web.Response:
    keys = sorted(key for key in objects if key.startswith(prefix) and key > after)
    shown, more = keys[:PAGE], len(keys) > PAGE
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>{objects[key][1]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
        f"<Size>{len(objects[key][0])}</Size></Contents>"
        for key in shown
    )
    token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
    return _xml(
        200,
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>",
    )


def _refused(status: int, code: str) -> web.Response:
    return _xml(status, f"<Error><Code>{code}</Code></Error>")


def _xml(status: int, body: str) -> web.Response:
    return web.Response(
        status=status, body=f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(), content_type="application/xml"
    )


ROUTES = (web.route("*", "/s3/{path:.*}", answer),)
