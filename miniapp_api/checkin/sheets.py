"""Sheets to print, as whole HTML pages that load nothing: the visit slip and the desk's poster. Chinese. Pure."""

import base64
from datetime import datetime
from html import escape
from typing import Any

DAYS = "一二三四五六日"
BRING = "身份证、医保卡、以前的病历和检查报告、正在吃的药"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

_STYLE = """
@page { size: A5 portrait; margin: 8mm }
* { box-sizing: border-box; margin: 0 }
body { padding: 5mm; color: #000; background: #fff; font: 16px/1.45 "Noto Sans CJK SC", "PingFang SC",
  "Microsoft YaHei", "Source Han Sans SC", sans-serif }
@media print { body { padding: 0 } }
h1 { font-size: 24px; line-height: 1.25; text-align: center }
h1 small { display: block; font-size: 16px; font-weight: 500 }
.qr { width: 74mm; height: 74mm; margin: 2mm auto }
.qr svg { display: block; width: 100%; height: 100% }
.when { font-size: 30px; font-weight: 700; line-height: 1.25; text-align: center }
dl { display: grid; grid-template-columns: 4.2em 1fr; gap: 1.5mm 3mm; margin-top: 4mm; font-size: 20px;
  line-height: 1.35 }
dt { color: #333 }
dd { font-weight: 700 }
footer { margin-top: 4mm; padding-top: 3mm; border-top: 2px solid #000; font-size: 16px }
.poster { text-align: center }
.poster h1 { font-size: 44px }
.poster h1 small { font-size: 24px }
.poster img { width: 100mm; height: 100mm; margin: 6mm auto; display: block; image-rendering: pixelated }
.poster ol { display: inline-block; padding-left: 1.4em; font-size: 24px; line-height: 1.7; text-align: left }
.poster footer { text-align: center }
"""


def slip_sheet(slip: dict[str, Any], qr_svg: str) -> str:
    """Draw a slip. slip: as `slips` gives it; qr_svg: its code as an SVG element."""
    starts, ends, opens = (datetime.fromisoformat(slip[key]) for key in ("starts_at", "ends_at", "opens_at"))
    when = f"{starts.month}月{starts.day}日（周{DAYS[starts.weekday()]}） {starts:%H:%M}–{ends:%H:%M}"
    desk = slip["desk"] or {"name": "导诊台", "location": ""}
    desk_words = f"{desk['name']}（{desk['location']}）" if desk["location"] else desk["name"]
    facts = (
        ("姓名", slip["patient_name"]),
        ("科室", " · ".join(part for part in (slip["department"], slip["practitioner"]) if part)),
        ("序号", f"{slip['number']} 号"),
        ("报到", f"{opens:%H:%M} 起，到{desk_words}扫这个码"),
        ("候诊", slip["place"]),
        ("院区", slip["campus"]),
        ("请带好", BRING),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts if value)
    return _page(
        f"就诊单 {slip['patient_name']}",
        f'<h1>就诊单<small>{escape(slip["hospital"])}</small></h1><div class="qr">{qr_svg}</div>'
        f'<p class="when">{when}</p><dl>{rows}</dl>'
        "<footer>只在就诊当天有效。没有手机也能看病：把这张纸交给导医扫一下即可。来不了请提前打电话取消。</footer>",
    )


def poster_sheet(desk: dict[str, Any], picture: bytes, content_type: str) -> str:
    """Draw a desk's poster. desk: hospital, name, location, checks_in; picture: its mini-app code."""
    image = f"data:{content_type};base64,{base64.b64encode(picture).decode()}"
    steps = (
        ("打开微信，扫一扫上面的码", "选今天的预约，点「报到」", "看好排队号，到候诊区等叫号")
        if desk["checks_in"]
        else ("打开微信，扫一扫上面的码", "打开您的就诊码", "到导诊台，请导医扫一下")
    )
    title = "扫码报到" if desk["checks_in"] else "扫码看就诊码"
    items = "".join(f"<li>{step}</li>" for step in steps)
    where = " · ".join(part for part in (desk["name"], desk["location"]) if part)
    return _page(
        f"{title} {desk['name']}",
        f'<main class="poster"><h1>{title}<small>{escape(desk["hospital"])}</small></h1>'
        f'<img src="{image}" alt="小程序码"><ol>{items}</ol>'
        f"<footer>{escape(where)}<br>没有手机？请直接找导医。</footer></main>",
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
