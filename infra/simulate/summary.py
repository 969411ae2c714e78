"""What is printed when the morning is over."""

from collections.abc import Sequence

from infra.simulate.invariants import Finding
from infra.simulate.plan import percentile
from infra.simulate.wire import Record
from infra.simulate.world import Figures

SHOWN_SURPRISES = 20
SHOWN_ROUTES = 24


def people(figures: Figures) -> list[str]:
    """Tell how the people fared."""
    f = figures
    return [
        "人 people",
        f"  来约 {f.people}  约到 {f.booked}  没有号 {f.no_place}  取消 {f.cancelled}  未到 {f.no_show}"
        f"  现场挂号 {f.walk_ins}",
        f"  到院 {f.arrived}  看完 {f.done}  过号 {f.missed_calls}  评价 {f.rated}  差评 {f.low}",
        f"  投诉 {f.complaints}  已受理 {f.acknowledged}  已答复 {f.answered}  已确认 {f.confirmed}",
    ]


def requests(record: Record, seconds: float) -> list[str]:
    """Tell how the requests went: times by route, refusals by code."""
    count = record.requests()
    lines = [
        f"请求 requests  {count} in {seconds:.0f} s, {count / max(seconds, 0.001):.0f}/s,"
        f" asked to wait {record.asked_to_wait}",
        f"  {'route':<58}{'count':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}",
    ]
    lines += [
        f"  {route:<58}{number:>7}{p50:>9.1f}{p95:>9.1f}{p99:>9.1f}"
        for route, number, p50, p95, p99 in record.by_route()[:SHOWN_ROUTES]
    ]
    refusals = ", ".join(f"{code} {number}" for code, number in record.refusals.most_common()) or "none"
    return [*lines, f"  拒绝 refusals: {refusals}"]


def phones(messages: Sequence[int]) -> list[str]:
    """Tell how many messages the phones have shown."""
    values = [float(number) for number in messages]
    if not values:
        return []
    p50, p95 = percentile(values, 0.5), percentile(values, 0.95)
    return [
        f"手机 phones  {len(values)} with {sum(messages)} messages;"
        f" each: least {min(messages)}, median {p50:.0f}, p95 {p95:.0f}, most {max(messages)}"
    ]


def invariants(findings: Sequence[Finding]) -> list[str]:
    """Tell each invariant with ok or BROKEN and the first rows that break it."""
    lines = ["不变量 invariants"]
    for finding in findings:
        lines.append(f"  {'ok    ' if finding.holds else 'BROKEN'}  {finding.sentence}")
        if not finding.holds:
            lines += [f"          {row}" for row in finding.rows]
            if finding.broken > len(finding.rows):
                lines.append(f"          … {finding.broken} in all")
    return lines


def surprises(record: Record) -> list[str]:
    """Tell the answers that nobody should have got."""
    if not record.surprises:
        return []
    more = len(record.surprises) - SHOWN_SURPRISES
    return [
        f"意外 surprises  {len(record.surprises)}",
        *(f"  {sentence}" for sentence in record.surprises[:SHOWN_SURPRISES]),
        *([f"  … and {more} more"] if more > 0 else []),
    ]
