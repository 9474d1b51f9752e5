"""`badge.json`, which services like shields.io turn into a badge, and `badge.svg`, which is a badge."""

from __future__ import annotations

from xml.sax.saxutils import escape

import orjson

from antiphon_conformance.report.model import Report
from antiphon_conformance.report.numbers import numbers
from antiphon_conformance.verdict.verdict import Exit
from antiphon_spec import dialect as dialects

COLOURS = {Exit.CONFORMANT: "brightgreen", Exit.NOT_CONFORMANT: "red", Exit.NOT_JUDGED: "lightgrey"}


PAINT = {Exit.CONFORMANT: "#17683d", Exit.NOT_CONFORMANT: "#a8201a", Exit.NOT_JUDGED: "#59616e"}
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
    """The verdict of the report's first dialect, its profile, and how many of the tested demands hold."""
    label, message, status = _content(reports[0])
    badge = {"schemaVersion": 1, "label": label, "message": message, "color": COLOURS[status]}
    return orjson.dumps(badge, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def render_svg(*reports: Report) -> str:
    """The same badge as an SVG picture."""
    label, message, status = _content(reports[0])
    left, right = (round(len(text) * LETTER + 10) for text in (label, message))
    return SVG.format(
        width=left + right,
        left=left,
        right=right - 3,
        label_at=left / 2,
        message_at=left + right / 2,
        label=escape(label),
        message=escape(message),
        paint=PAINT[status],
    )


def _content(report: Report) -> tuple[str, str, Exit]:
    name, verdict = next(iter(report.verdicts.items()))
    dialect = dialects.load(name)
    ratio = numbers(report, dialect).demands
    message = verdict.title if verdict.status is Exit.NOT_JUDGED else f"{verdict.title}, {ratio}"
    selective = any(report.metadata.get(key) for key in ("rules", "scenarios"))
    if selective and verdict.status is Exit.CONFORMANT:  # a part that holds says nothing about the whole
        message, status = "only a part was judged", Exit.NOT_JUDGED
    else:
        status = verdict.status
    return f"{dialect.title} ({report.profile(name).name})", message, status
