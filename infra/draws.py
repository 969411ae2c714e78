"""The command `hospital draw`: computes a draw again from its public record, or fetches that record."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from miniapp_api.release.proof import verify

SECONDS = 30
MOST_BYTES = 200_000_000
WRONG_SHOWN = 20


class Unreadable(Exception):
    """There is no record at that place."""


def verify_draw(where: str, promised: str | None) -> int:
    """Compute a draw again and say what is wrong; give the exit status: 0 right, 1 wrong, 2 no record.

    where: a file, or the address of a record. promised: the seed's SHA-256 as it was noted before the draw.
    """
    try:
        record = json.loads(_read(where))
    except (Unreadable, ValueError) as error:
        print(f"hospital: {error}", file=sys.stderr)
        return 2
    wrong = verify(record, promised)
    if wrong:
        print("摇号记录有误 / the record is WRONG")
        for line in wrong[:WRONG_SHOWN]:
            print(f"  - {line}")
        if len(wrong) > WRONG_SHOWN:
            print(f"  … {len(wrong) - WRONG_SHOWN} more")
        return 1
    print(_summary(record))
    if promised is None:
        print("  compare this promise with the one that you saw before the draw, or pass it with --promised")
    return 0


def export_draw(where: str, file: Path) -> int:
    """Write the public record of a draw into a file; give the exit status.

    where: the address of a record, or of its draw.
    """
    address = where if where.rstrip("/").endswith("/record") else where.rstrip("/") + "/record"
    try:
        file.write_bytes(_read(address))
    except (Unreadable, OSError) as error:
        print(f"hospital: {error}", file=sys.stderr)
        return 2
    print(f"已导出 / exported: {file}")
    return 0


def _summary(record: dict[str, Any]) -> str:
    won = [one for one in record["entries"] if one["result"] == "won"]
    places = sum(one["places"] for one in record["places"])
    return (
        "摇号记录正确 / the record is right\n"
        f"  {record['department']} {record['practitioner']} {record['session_starts_at']}\n"
        f"  entries {len(record['entries'])}, places {places}, won {len(won)}\n"
        f"  promise {record['seed_sha256']}\n"
        f"  seed    {record['seed']}"
    )


def _read(where: str) -> bytes:
    if urllib.parse.urlsplit(where).scheme in ("http", "https"):
        request = urllib.request.Request(where, headers={"Accept": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.read(MOST_BYTES)
        except urllib.error.HTTPError as error:
            raise Unreadable(f"{where}: {error.code} {_code(error.read(10_000))}") from None
        except (urllib.error.URLError, TimeoutError) as error:
            raise Unreadable(f"{where}: {error}") from None
    try:
        return Path(where).read_bytes()
    except OSError as error:
        raise Unreadable(str(error)) from None


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body).get("code", ""))
    except (ValueError, AttributeError):
        return ""
