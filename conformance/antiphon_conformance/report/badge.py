"""`badge.json`, which services like shields.io turn into a badge, and `badge.svg`, which is a badge."""

from __future__ import annotations

from xml.sax.saxutils import escape

import orjson

from antiphon_conformance.report.model import Report
from antiphon_conformance.report.numbers import numbers
from antiphon_conformance.report.overview import overviews
from antiphon_conformance.report.titles import plural
from antiphon_conformance.verdict.verdict import Exit
from antiphon_spec.requirement import Kind

ACCEPTED, HIDDEN = "ACCEPTED", "HIDDEN"
"""A run that passes because its baseline accepts failures: of no harm to clients, or of some."""
COLOURS = {
    Exit.CONFORMANT.name: "brightgreen",
    ACCEPTED: "yellowgreen",
    HIDDEN: "orange",
    Exit.NOT_CONFORMANT.name: "red",
    Exit.NOT_JUDGED.name: "lightgrey",
}
PAINT = {
    Exit.CONFORMANT.name: "#17683d",
    ACCEPTED: "#6b7a1d",
    HIDDEN: "#9a5b00",
    Exit.NOT_CONFORMANT.name: "#a8201a",
    Exit.NOT_JUDGED.name: "#59616e",
}
LETTER = 6.6
"""How wide a letter is on average, in pixels at 11 pixels of height."""
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img"
 aria-label="{label}: {message}">
<title>{label}: {message}</title>
<rect width="{width}" height="20" rx="3" fill="#3b424d"/>
<path d="M{left} 0h{right}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right}z" fill="{paint}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{label_at}" y="14">{label}</text><text x="{message_at}" y="14">{message}</text>
</g>
</svg>
"""


def render(*reports: Report) -> str:
    """The verdict of the first dialect, its profile, what is to mend, and what the baseline accepts."""
    label, message, colour = _content(reports[0])
    badge = {"schemaVersion": 1, "label": label, "message": message, "color": COLOURS[colour]}
    return orjson.dumps(badge, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def render_svg(*reports: Report) -> str:
    """The same badge as an SVG picture."""
    label, message, colour = _content(reports[0])
    left, right = (round(len(text) * LETTER + 10) for text in (label, message))
    return SVG.format(
        width=left + right,
        left=left,
        right=right - 3,
        label_at=left / 2,
        message_at=left + right / 2,
        label=escape(label),
        message=escape(message),
        paint=PAINT[colour],
    )


def _content(report: Report) -> tuple[str, str, str]:
    """Label, message and colour. A baseline that hides failures takes the bright colour away."""
    overview = overviews(report)[0]
    status = overview.verdict.status
    label = f"{overview.dialect.title} ({overview.profile})"
    if status is Exit.NOT_JUDGED:
        return label, overview.verdict.title, status.name
    if overview.is_part and status is Exit.CONFORMANT:  # a part that holds says nothing about the whole
        return label, "only a part was judged", Exit.NOT_JUDGED.name
    accepted = [record for record, _ in overview.verdict.excuses]
    rules = len({record.rule for record in accepted})
    groups = (overview.faults, overview.lenient, overview.habits)
    failing = sum(fault.fails for group in groups for fault in group)
    broken = len({record.rule for record in accepted if record.kind is Kind.INTEROP})
    harm = f" ({broken} can break clients)" if broken else ""
    parts = [
        overview.verdict.title + overview.sample,
        plural(failing, "cause") if failing else f"{numbers(report, overview.dialect).demands}",
        f"{rules} accepted{harm}" if rules else "",
    ]
    grave = any(record.kind in (Kind.INTEROP, Kind.CONTRACT) for record in accepted)
    colour = ACCEPTED if accepted and status is Exit.CONFORMANT else status.name
    return label, ", ".join(filter(None, parts)), HIDDEN if colour == ACCEPTED and grave else colour
