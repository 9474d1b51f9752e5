"""A cache of answers: an identical request gets the earlier answer with other ids.

The answer is a function of the request, and all ids of an answer share sixteen hex digits (identity.py). So
a second answer, and its record in the store, is the first one with these digits replaced. The cache holds
only answers that depend on nothing but the request, so none that refers to another response.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from antiphon_mockserver.response.identity import Identity

CAPACITY, LARGEST_SIZE = 512, 1 << 17
"""How many answers the cache holds, and the size of the largest one in bytes."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An answer in bytes, with the ids of its request."""

    nonce: bytes
    persistent: bool
    content_type: str
    body: bytes
    record: bytes | None
    """The packed record, when the response is stored."""

    def body_for(self, nonce: bytes) -> bytes:
        """Returns the body with the ids of another request."""
        return self.body.replace(self.nonce, nonce)

    def record_for(self, nonce: bytes) -> bytes | None:
        """Returns the packed record with the ids of another request, or None when there is none."""
        return None if self.record is None else self.record.replace(self.nonce, nonce)


class AnswerCache:
    """The latest answers, by key and request."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[str, bytes], CacheEntry] = OrderedDict()

    def find(self, key: str, content: bytes) -> CacheEntry | None:
        """Returns the answer to an identical request, or None."""
        entry = self._entries.get((key, content))
        if entry is not None:
            self._entries.move_to_end((key, content))
        return entry

    def keep(self, key: str, content: bytes, entry: CacheEntry) -> None:
        """Stores an answer, unless it is large; drops the least recently used one when there are too many."""
        if len(content) + len(entry.body) > LARGEST_SIZE:
            return
        self._entries[key, content] = entry
        if len(self._entries) > CAPACITY:
            self._entries.popitem(last=False)


def response_id(entry: CacheEntry, identity: Identity) -> str:
    """Returns the id of the response in a cached answer, for this request."""
    return Identity(identity.nonce, identity.prefixes, entry.persistent).response
