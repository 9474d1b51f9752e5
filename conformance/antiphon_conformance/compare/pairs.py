"""Which value of B stands for which value of A: ids, texts and times may differ, and still tie together
the same places."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import field

from antiphon_spec.loading.construction import dataclass

_PREFIX = re.compile(r"^[A-Za-z][A-Za-z_]*?[-_]")


@dataclass(slots=True)
class Pairs:
    """The pairs of one conversation. The first sight of a value binds it; a later one must agree."""

    _forward: dict[Hashable, str] = field(default_factory=dict)
    _backward: dict[Hashable, str] = field(default_factory=dict)

    def ids(self, kind: str, in_a: str, in_b: str) -> str:
        """Why two ids of one kind do not name the same object; empty when they may."""
        if self._forward.setdefault((kind, in_a), in_b) != in_b:
            return "B names another object than elsewhere, where A names the same"
        if self._backward.setdefault((kind, in_b), in_a) != in_a:
            return "B names the same object as elsewhere, where A names another"
        return ""

    def values(self, scope: Hashable, in_a: str, in_b: str) -> bool:
        """Whether a value of B is the one that stood for the same value of A before, within a scope."""
        return self._forward.setdefault((scope, in_a), in_b) == in_b


def form(identity: str) -> tuple[str, int]:
    """The form of an id: its prefix and its length."""
    prefix = _PREFIX.match(identity)
    return prefix[0] if prefix else "", len(identity)
