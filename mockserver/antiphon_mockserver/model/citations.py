"""Citations: a text cites every web address that occurs in it."""

from __future__ import annotations

import re
from typing import Any

from antiphon_mockserver.model.parts import with_text_parts
from antiphon_mockserver.response.plan import Item

ADDRESS = re.compile(r"https?://([^\s/\"'<>()]+)[^\s\"'<>()]*[^\s\"'<>().,;:!?]")


def with_citations(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items; each text has an annotation for each address in it."""
    return with_text_parts(items, _annotations)


def _annotations(text: str) -> dict[str, Any]:
    if "://" not in text:
        return {}
    return {"annotations": [_citation(match) for match in ADDRESS.finditer(text)]}


def _citation(match: re.Match[str]) -> dict[str, Any]:
    return {
        "type": "url_citation",
        "url": match[0],
        "title": match[1],
        "start_index": match.start(),
        "end_index": match.end(),
    }
