"""Which requirement a difference touches: the sentence whose code words name its place best."""

from __future__ import annotations

import re
from dataclasses import field

from antiphon_conformance.compare.difference import Aspect, Difference
from antiphon_spec.dialect import Dialect
from antiphon_spec.loading.construction import dataclass
from antiphon_spec.requirement import Kind, Requirement

_CODE = re.compile(r"`([^`]+)`")
_TYPE = re.compile(r"\[.*?\]")
_WORD = re.compile(r"[a-z_]{3,}")
_BARE = frozenset({Aspect.STATUS, Aspect.STEP, Aspect.NO_ANSWER, Aspect.FORM, Aspect.SPELLING, Aspect.ITEMS})
"""Aspects without a place in a body."""


@dataclass(slots=True)
class Sentences:
    """The requirements of a dialect, with the words that they quote."""

    dialect: Dialect
    _rows: list[tuple[Requirement, frozenset[str]]] = field(init=False)

    def __post_init__(self) -> None:
        rows = [row for row in self.dialect.requirements.values() if row.excluded is None]
        self._rows = [(row, _quoted(row.text)) for row in rows]

    def nearest(self, item: Difference) -> str:
        """The id of the requirement that names the place of a difference; empty when none does.

        It must quote the member, or the event where the event itself differs; of several, the one that quotes
        most of the place and little else.
        """
        if item.aspect in _BARE:
            return ""
        words = _WORD.findall(_TYPE.sub("", item.place))
        if not words:
            return ""
        scene = {*_WORD.findall(item.place), *_WORD.findall(item.event)} - {"response"}
        rows = [(row, quotes) for row, quotes in self._rows if words[-1] in quotes]
        if not rows:
            return ""
        best, _ = max(
            rows,
            key=lambda pair: (len(pair[1] & scene), pair[0].kind is Kind.INTEROP, -len(pair[1] - scene)),
        )
        return best.id


def _quoted(text: str) -> frozenset[str]:
    return frozenset(word for code in _CODE.findall(text) for word in _WORD.findall(code))
