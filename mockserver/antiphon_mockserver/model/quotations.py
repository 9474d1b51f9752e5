"""Patterns of what people quote and count in a text."""

from __future__ import annotations

import re

from antiphon_spec.loading.late import late_pattern

QUOTED = late_pattern(
    r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|(?<!\w)'([^'\n]{1,200})'(?!\w)|`([^`\n]{1,200})`"
)
QUOTATION_MARKS = "\"“'`"
"""Without one of them nothing is quoted."""
NUMBER = late_pattern(r"(?<![\w.])-?\d{1,15}(?:\.\d{1,10})?(?![\w])")


def matched_group(match: re.Match[str]) -> str:
    """The first group that is not empty."""
    return next(group for group in match.groups() if group)
