"""Answers that were made before: a request that is asked again gets the same answer with other ids.

The model is a function of the request, and every id of an answer holds the digits that all of them share
(identity.py). So the second answer is the first one with those digits replaced, and so is its record in the
store. Only what depends on nothing but the request is kept here: nothing that refers to another response.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from antiphon_mockserver.identity import Identity

MOST, LARGEST = 512, 1 << 17
"""How many answers are kept, and how many bytes the largest of them has."""


@dataclass(frozen=True, slots=True)
class Print:
    """An answer in bytes, with the ids of the request that it was made for."""

    nonce: bytes
    kept: bool
    content_type: str
    body: bytes
    record: bytes | None
    """The packed record, when the response is stored."""

    def body_for(self, nonce: bytes) -> bytes:
        """The body with other ids."""
        return self.body.replace(self.nonce, nonce)

    def record_for(self, nonce: bytes) -> bytes | None:
        """The record with other ids."""
        return None if self.record is None else self.record.replace(self.nonce, nonce)


class Prints:
    """The answers made lately, by key and request."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, bytes], Print] = OrderedDict()

    def find(self, key: str, content: bytes) -> Print | None:
        """The answer to a request like this one, if there was one."""
        found = self._kept.get((key, content))
        if found is not None:
            self._kept.move_to_end((key, content))
        return found

    def keep(self, key: str, content: bytes, made: Print) -> None:
        """Remembers an answer, unless it is large; with too many, the one needed longest ago goes."""
        if len(content) + len(made.body) > LARGEST:
            return
        self._kept[key, content] = made
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)


def response_id(made: Print, identity: Identity) -> str:
    """The id of the response that a print stands for, for this request."""
    return Identity(identity.nonce, identity.prefixes, made.kept).response
