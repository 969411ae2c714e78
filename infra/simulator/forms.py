"""Reading what comes to the control plane: each function gives a value that is right, or raises a Problem."""

from dataclasses import replace
from typing import Any

import orjson
from aiohttp import web

from infra.simulator.faults import Fault, Mode
from infra.simulator.push import FORGERIES, Mischief
from infra.simulator.subscriptions import RESULTS


class Problem(Exception):
    """A request to the control plane that cannot be done."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


async def read_form(request: web.Request, *, may_be_empty: bool = False) -> dict[str, Any]:
    """Read the body as a JSON object: 400 when it is none."""
    body = await request.read()
    if may_be_empty and not body.strip():
        return {}
    try:
        form = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Problem(400, "unreadable", "the body is not JSON") from None
    if not isinstance(form, dict):
        raise Problem(400, "unreadable", "the body is not a JSON object")
    return form


def read_number(request: web.Request, name: str, default: int) -> int:
    """Read a whole number from the query."""
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Problem(422, f"bad_{name}", f"{name} is a whole number")
    return int(text)


def read_results(form: dict[str, Any]) -> dict[str, str]:
    """Read what was tapped, for one template or in `results` for several: template id → result."""
    listed = form.get("results", [form])
    results: dict[str, str] = {}
    for item in listed if isinstance(listed, list) else [None]:
        template_id, result = (item.get("template_id"), item.get("result")) if isinstance(item, dict) else (None, None)
        if not isinstance(template_id, str) or result not in RESULTS:
            raise Problem(422, "bad_result", f"template_id and result, one of {', '.join(RESULTS)}")
        results[template_id] = str(result)
    return results


def read_path(form: dict[str, Any]) -> str:
    """Read a path of the platform, or `*` for all."""
    path = form.get("path")
    if not isinstance(path, str) or not path.startswith(("/", "*")):
        raise Problem(422, "bad_path", "path begins with /")
    return path


def is_count(value: Any) -> bool:
    """Say whether this is a whole number from 0 that makes sense as a count."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9


def read_fault(form: dict[str, Any]) -> Fault:
    """Read a fault."""
    path, mode = read_path(form), form.get("mode")
    if mode not in tuple(Mode):
        raise Problem(422, "bad_mode", f"mode is one of {', '.join(Mode)}")
    fault = Fault(path, Mode(mode))
    rate, count, delay_ms = form.get("rate"), form.get("count"), form.get("delay_ms")
    if rate is not None:
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise Problem(422, "bad_rate", "rate is a probability from 0 to 1")
        fault = replace(fault, rate=float(rate))
    if not all(value is None or is_count(value) for value in (count, delay_ms)):
        raise Problem(422, "bad_count", "count and delay_ms are whole numbers from 0")
    errcode = form.get("errcode")
    if fault.mode is Mode.ERRCODE and (not isinstance(errcode, int) or isinstance(errcode, bool)):
        raise Problem(422, "bad_errcode", "the mode errcode needs an errcode")
    return replace(fault, count=count, delay_ms=delay_ms or 0, errcode=errcode if fault.mode is Mode.ERRCODE else None)


def read_mischief(form: dict[str, Any]) -> Mischief:
    """Read how pushes shall go wrong; what is not named is as it should be."""
    copies, jitter_ms, forge = form.get("copies", 1), form.get("jitter_ms", 0), form.get("forge")
    if not is_count(copies) or not 1 <= copies <= 10 or not is_count(jitter_ms):
        raise Problem(422, "bad_mischief", "copies is 1 to 10, jitter_ms a whole number from 0")
    if forge is not None and forge not in FORGERIES:
        raise Problem(422, "bad_mischief", f"forge is one of {', '.join(FORGERIES)}")
    return Mischief(copies, jitter_ms, forge)
