"""The life of the output items of a dialect: one row for each type of item.

The table is data: `dialects/*/items.yaml`. `dialects/responses/items.yaml` describes its format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon_spec.data import read_yaml


@dataclass(frozen=True, slots=True)
class ItemLife:
    """What is known about the items of one type; nothing about a type that no table has."""

    status: str | None = None
    """Whether they have a status: `always`, `sometimes` or `never`; None when nobody knows."""
    added: frozenset[str] | None = None
    """The statuses that they may have when they are added; None when nobody knows."""
    done: frozenset[str] | None = None
    """The statuses that they may have when they are done; None when nobody knows."""
    ended: frozenset[str] | None = None
    """The statuses that they may have in a completed response; None when nobody knows."""
    closes: str = "always"
    """Whether they have an `output_item.done` of their own: `always` or `sometimes`."""
    provisional: tuple[str, ...] = ()
    """The members of the added item that the finished one may correct."""

    @property
    def may_be_in_progress(self) -> bool:
        """Whether one may be in progress in a response that has ended, or nobody knows."""
        return self.ended is None or "in_progress" in self.ended


UNKNOWN = ItemLife()
"""The life of an item of an unknown type: nothing about it is judged."""


def load_items(folders: Sequence[Path]) -> Mapping[str, ItemLife]:
    """The lives of the `items.yaml` files in these folders, parent first; a folder may have none.

    Raises DataError when one is malformed.
    """
    rows: dict[str, dict[str, Any]] = {}
    for path in (folder / "items.yaml" for folder in folders):
        for kind, row in read_yaml(path, schema="items")["items"].items() if path.exists() else ():
            if row is None:
                rows.pop(kind, None)
            else:
                rows[kind] = rows.get(kind, {}) | row
    return {kind: _life(row) for kind, row in rows.items()}


def _life(row: Mapping[str, Any]) -> ItemLife:
    statuses = {name: frozenset(row[name]) for name in ("added", "done", "ended") if name in row}
    return ItemLife(
        status=row.get("status"),
        closes=row.get("closes", "always"),
        provisional=tuple(row.get("provisional", ())),
        **statuses,
    )
