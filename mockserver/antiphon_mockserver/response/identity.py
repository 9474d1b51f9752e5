"""Ids that are the same in every run: they derive from the seed, the key, the request and its number.

An id is a prefix, sixteen hex digits that a response shares with its items (so the id of an item names its
response), two digits that say whether the response is stored, and a tail that is unique among the items.
OpenAI builds its ids the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from antiphon_spec.loading.construction import dataclass

SHARED = 16
"""How many hex digits the ids of a response and of its items have in common."""
TAIL = 30
STORED, TRANSIENT = "00", "01"


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids of one response, or of another answer."""

    nonce: str
    """The shared hex digits."""
    prefixes: Mapping[str, str]
    """Prefixes of ids, by type of object."""
    persistent: bool = True
    form: str = "prefixed"
    """`prefixed`, or `uuid` when every id is an independent UUID (RFC 9562, 5.4)."""

    def with_storage(self, persistent: bool) -> Identity:
        """Returns the ids of a response that is stored, or not."""
        if persistent == self.persistent:
            return self
        return Identity(self.nonce, self.prefixes, persistent, self.form)

    @property
    def response(self) -> str:
        """The id of the response."""
        return self._id(self.prefixes.get("response", "resp_"), -1)

    @property
    def request(self) -> str:
        """The id of the request, for its header."""
        return f"{self.prefixes.get('request', 'req_')}{self.nonce}{tail('request', 0)[:SHARED]}"

    def item(self, prefix: str, index: int) -> str:
        """The id of the n-th output item."""
        return self._id(prefix, index)

    def input_item(self, prefix: str, index: int) -> str:
        """The id of the n-th input item, when the client sent none."""
        return self._id(prefix, index, "input")

    def call(self, index: int) -> str:
        """The `call_id` of the n-th output item."""
        return f"call_{self.nonce}{tail('call', index)[:8]}"

    def _id(self, prefix: str, index: int, part: str = "output") -> str:
        if self.form == "uuid":
            name = f"{self.nonce}{prefix}{part}{index}".encode()
            return str(UUID(bytes=blake2b(name, digest_size=16).digest(), version=4))
        return f"{prefix}{self.nonce}{STORED if self.persistent else TRANSIENT}{tail(part, index)}"


def of_request(fingerprint: str, number: int) -> str:
    """The nonce of the n-th request with this fingerprint."""
    return blake2b(b"%b %d" % (fingerprint.encode(), number), digest_size=SHARED // 2).hexdigest()


def occurrence(before: int) -> int:
    """The number of a request among identical ones: how many came before it."""
    return before


def fingerprint(seed: int, key: str, target: str, content: bytes) -> str:
    """Returns a digest that identical requests share: same key, target, content and seed."""
    return blake2b(_head(seed, key, target) + content, digest_size=SHARED).hexdigest()


@lru_cache(maxsize=64)
def _head(seed: int, key: str, target: str) -> bytes:
    """What a fingerprint begins with."""
    return f"{seed}\0{key}\0{target}\0".encode(errors="surrogatepass")


def owner_of_item(item_id: str, prefix: str) -> str | None:
    """The id of the response of an item, or None when this server did not make the id."""
    if len(item_id.rpartition("_")[2]) < SHARED + len(STORED):
        return None
    return sibling(item_id, prefix, "output", -1)


def sibling(object_id: str, prefix: str, part: str, index: int = 0) -> str:
    """The id of another object of the same response."""
    return f"{prefix}{object_id.rpartition('_')[2][: SHARED + len(STORED)]}{tail(part, index)}"


@lru_cache(maxsize=4096)
def tail(part: str, index: int) -> str:
    """The hex digits that are unique for each object of a response."""
    return blake2b(f"{part}{index}".encode(), digest_size=TAIL // 2).hexdigest()
