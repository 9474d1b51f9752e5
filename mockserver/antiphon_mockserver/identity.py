"""Ids that never change between runs: all of them follow from the seed, the key, the request and its number.

An id is a prefix, sixteen hex digits that a response shares with all its items (so an item's id tells where
it belongs), two that say whether the response is kept, and a tail that tells the items apart. OpenAI's ids
are built the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

SHARED = 16
"""How many hex digits the ids of a response and of its items have in common."""
TAIL = 30
KEPT, PASSING = "00", "01"


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids of one response, or of one answer that is none."""

    nonce: str
    """The shared hex digits."""
    prefixes: Mapping[str, str]
    """How ids begin, by kind of object."""
    kept: bool = True
    form: str = "prefixed"
    """Whether ids are `prefixed`, or each a `uuid` of its own (RFC 9562, 5.4)."""

    def keeping(self, kept: bool) -> Identity:
        """The same ids, of a response that is kept or is not."""
        return Identity(self.nonce, self.prefixes, kept, self.form)

    @property
    def response(self) -> str:
        """The id of the response."""
        return self._id(self.prefixes.get("response", "resp_"), -1)

    @property
    def request(self) -> str:
        """The id of the request, for the header that bears it."""
        return f"{self.prefixes.get('request', 'req_')}{self.nonce}{tail('request', 0)[:SHARED]}"

    def item(self, prefix: str, index: int) -> str:
        """The id of the n-th output item."""
        return self._id(prefix, index)

    def input_item(self, prefix: str, index: int) -> str:
        """The id of the n-th input item that came without one."""
        return self._id(prefix, index, "input")

    def call(self, index: int) -> str:
        """The `call_id` of the n-th output item."""
        return f"call_{self.nonce}{tail('call', index)[:8]}"

    def _id(self, prefix: str, index: int, part: str = "output") -> str:
        if self.form == "uuid":
            name = f"{self.nonce}{prefix}{part}{index}".encode()
            return str(UUID(bytes=blake2b(name, digest_size=16).digest(), version=4))
        return f"{prefix}{self.nonce}{KEPT if self.kept else PASSING}{tail(part, index)}"


def of_request(fingerprint: str, number: int) -> str:
    """The nonce of the n-th request with this fingerprint."""
    return blake2b(b"%b %d" % (fingerprint.encode(), number), digest_size=SHARED // 2).hexdigest()


def fingerprint(seed: int, key: str, target: str, content: bytes) -> str:
    """What stands for all requests of this key, to this target, with this content, under this seed."""
    head = f"{seed}\0{key}\0{target}\0".encode(errors="surrogatepass")
    return blake2b(head + content, digest_size=SHARED).hexdigest()


def owner_of_item(item_id: str, prefix: str) -> str | None:
    """The id of the response to which an item of ours belongs, or None when the id is not one of ours."""
    if len(item_id.rpartition("_")[2]) < SHARED + len(KEPT):
        return None
    return sibling(item_id, prefix, "output", -1)


def sibling(id: str, prefix: str, part: str, index: int = 0) -> str:
    """The id of another object of the response to which the one with this id belongs."""
    return f"{prefix}{id.rpartition('_')[2][: SHARED + len(KEPT)]}{tail(part, index)}"


@lru_cache(maxsize=4096)
def tail(part: str, index: int) -> str:
    """The hex digits that tell the objects of one response apart."""
    return blake2b(f"{part}{index}".encode(), digest_size=TAIL // 2).hexdigest()
