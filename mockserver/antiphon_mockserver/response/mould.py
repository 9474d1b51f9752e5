"""Bytes with gaps: what responses have in common that differ only in a text, its ids and its counts.

A client sends the same model, instructions and tools again and again, each time with another input. The
server composes one such response with marks in the gaps, and makes a mould of its bytes; the next are cast:

mould = Mould(b'{"id":"resp_gap-of-the-nonce00...')
mould.cast(values)                                        # the bytes, with the values in their gaps
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from antiphon_mockserver.response.frames import (
    NUMBER,
    Dump,
    Event,
    Pieces,
    beginning,
    kind_of,
    padding_of,
    pieces_json,
    write_parts,
)
from antiphon_mockserver.response.tokens import split
from antiphon_spec.loading.construction import dataclass

if TYPE_CHECKING:
    from antiphon_mockserver.model.speaker import Speaker
    from antiphon_mockserver.response.envelope import Envelope

CAPACITY, LARGEST_SIZE = 64, 1 << 15
"""How many kinds of requests are known at a time, and how many bytes they have besides their input."""
MOST_MET = 1_024
"""How many kinds of which one request came wait for a second one."""

NONCE, TEXT, INPUT = "gap-of-the-nonce", "gap-of-the-text", "gap-of-the-input"
PREVIOUS, ORDER, METADATA = "gap-of-the-previous", "gap-of-the-order", "gap-of-the-metadata"
REQUEST, ITEMS, RESPONSE = "gap-of-the-request", "gap-of-the-items", "gap-of-the-response"
INPUT_TOKENS, OUTPUT_TOKENS, STEP = 3_100_000_000_000_001, 5_200_000_000_000_002, 9_100_000_000_000_003
FIRST_NUMBER = 9_200_000_000_000_000
"""The marks in a response, in its record, and in the numbers of the last events of its stream."""
MOST_NUMBERS = 16
"""How many events may follow the text of a stream."""

GAPS: Sequence[bytes] = (
    *(mark.encode() for mark in (NONCE, TEXT, INPUT, PREVIOUS)),
    *(b'"%b"' % mark.encode() for mark in (ORDER, METADATA)),
    *(b"%d" % number for number in (INPUT_TOKENS, OUTPUT_TOKENS, INPUT_TOKENS + OUTPUT_TOKENS, STEP)),
    *(b'"%b"' % mark.encode() for mark in (REQUEST, ITEMS, RESPONSE)),
    *(b"%d" % (FIRST_NUMBER + place) for place in range(MOST_NUMBERS)),
)
"""The marks as JSON has them, in the order of the values; an input is a text, or items."""
MARK = re.compile(b"(" + b"|".join(GAPS) + b")")
Values = tuple[bytes, ...]


class Mould:
    """Bytes with gaps."""

    def __init__(self, marked: bytes, gaps: Sequence[bytes] = GAPS) -> None:
        mark = MARK if gaps is GAPS else re.compile(b"(" + b"|".join(gaps) + b")")
        self._parts = mark.split(marked)
        places = [gaps.index(found) for found in self._parts[1::2]]
        self._select = itemgetter(*places, 0, 0)  # two more, so that it always gives a tuple
        self._count = len(places)

    def cast(self, values: Values) -> bytes:
        """The bytes, with these values in the gaps; they come in the order of the marks."""
        parts = self._parts.copy()
        parts[1::2] = self._select(values)[: self._count]
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class StreamMould:
    """The frames of a stream: those before the pieces of its text, the pieces, and those after them."""

    before: Mould
    pieces: Pieces
    head: Mould
    """What the JSON of a piece begins with."""
    after: Mould
    following: int
    """How many events come after the pieces."""
    others: int
    """How many events come besides the pieces."""
    dump: Dump

    def cast(self, values: Values, text: str) -> tuple[bytes, int]:
        """The frames of a text, without `[DONE]`, and how many there are."""
        texts, number = split(text), self.pieces.start
        padding = self.pieces.padding and padding_of(text)
        start = beginning(kind_of(self.pieces))
        between = f"\n\n{start}"
        head = self.head.cast(values).decode()
        frames = between.join(pieces_json(head, texts, padding, number, self.dump))
        numbers: Values = ()
        if number is not None:
            first = number + len(texts)
            numbers = tuple([b"%d" % place for place in range(first, first + self.following)])
        content = (
            *(self.before.cast(values), start.encode(), frames.encode(), b"\n\n"),
            self.after.cast((*values, *numbers)),
        )
        return b"".join(content), self.others + len(texts)


def stream_mould(parts: Sequence[Event | Pieces], dump: Dump) -> StreamMould | None:
    """The mould of a stream with the marked text; None when it is no stream with one text."""
    texts = [(place, part) for place, part in enumerate(parts) if isinstance(part, Pieces)]
    if len(texts) != 1:
        return None
    place, pieces = texts[0]
    after = [event for event in parts[place + 1 :] if isinstance(event, dict)]
    if len(after) > MOST_NUMBERS:
        return None
    if pieces.start is not None:
        after = [{**event, NUMBER: FIRST_NUMBER + number} for number, event in enumerate(after)]
    return StreamMould(
        Mould(write_parts(parts[:place], dump)),
        pieces,
        Mould(pieces.opening(dump).encode()),
        Mould(write_parts(after, dump)),
        len(after),
        len(parts) - 1,
        dump,
    )


@dataclass(frozen=True, slots=True)
class ResponseMould:
    """A response whose output is one text, its record in the store, and its stream when requests want one."""

    response: Mould
    record: Mould
    stream: StreamMould | None


class RequestKind:
    """What is known of requests that differ only in their input and in the response that they continue."""

    __slots__ = ("checks_pass", "envelopes", "has_text", "speaker", "text")

    def __init__(self, checks_pass: bool, speaker: Speaker | None = None) -> None:
        self.checks_pass = checks_pass
        """Whether all else passes the checks, whatever the input is."""
        self.speaker = speaker
        """What the model says to an input that is one text; None where it needs the whole context."""
        self.has_text = False
        """Whether a mould of an answer in one text was tried."""
        self.text: ResponseMould | None = None
        """That mould; None where none can be made."""
        self.envelopes: dict[tuple[str, str | None], Envelope | None] = {}
        """Those of other answers, by how these end."""


class Moulds:
    """What is known of the latest kinds of requests."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[bytes, RequestKind | None] = OrderedDict()
        self._met: OrderedDict[int, None] = OrderedDict()

    def known(self, key: bytes) -> RequestKind | None:
        """A kind of requests that was met twice before."""
        kind = self._kinds.get(key)
        if kind is not None:
            self._kinds.move_to_end(key)
        return kind

    def of(self, key: bytes, make: Callable[[], RequestKind | None]) -> RequestKind | None:
        """A kind of requests; None for the first of them, and where their answers cannot be cast."""
        if key in self._kinds:
            self._kinds.move_to_end(key)
            return self._kinds[key]
        mark = hash(key)
        if mark not in self._met:  # nothing is made for a request that may be the only one of its kind
            self._met[mark] = None
            if len(self._met) > MOST_MET:
                self._met.popitem(last=False)
            return None
        del self._met[mark]
        kind = self._kinds[key] = make()
        if len(self._kinds) > CAPACITY:
            self._kinds.popitem(last=False)
        return kind

    def __len__(self) -> int:
        return len(self._kinds)
