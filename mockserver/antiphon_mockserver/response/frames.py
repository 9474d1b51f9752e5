"""The events of a stream, and the frames in which they go over the wire (WHATWG HTML, 9.2.5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import shake_256
from typing import Any, overload
from zlib import crc32

import orjson

from antiphon_mockserver.response.tokens import Tokens
from antiphon_spec.dialect import MockTraits

Event = dict[str, Any]
NUMBER = "sequence_number"
Dump = Callable[[Any], str]
"""Writes a value as JSON."""
PADDED_LENGTH = 16
"""The length of a piece and its padding is a multiple of this, so that sizes reveal little."""
PAD_LENGTHS = tuple(range(PADDED_LENGTH, 0, -1))
PADDING = "obfuscation"
POOL = shake_256(b"antiphon").hexdigest(1024)
POOL_STEPS = len(POOL) - PADDED_LENGTH
BATCH = 500
"""How many pieces of a long text are written at a time."""

DONE = b"data: [DONE]\n\n"
"""The frame with which a stream ends where the dialect requires it."""


class Pieces:
    """The events with the pieces of one text: alike but for the piece, its padding and the number."""

    __slots__ = ("head", "name", "padding", "start", "texts")

    def __init__(self, head: Event, name: str, texts: Sequence[str], padding: Sequence[str]) -> None:
        self.head = head
        """The members that all events begin with."""
        self.name = name
        """The member with the piece."""
        self.texts = texts
        self.padding = padding
        """The paddings by the length of the piece, modulo their number; () means that there are none."""
        self.start: int | None = None
        """The number of the first event; None when events have no numbers."""

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[Event]:
        padding, start = self.padding, self.start
        for place, text in enumerate(self.texts):
            event = {**self.head, self.name: text}
            if padding:
                event[PADDING] = padding[len(text) % PADDED_LENGTH]
            if start is not None:
                event[NUMBER] = start + place
            yield event

    def json(self, dump: Dump) -> Iterable[str]:
        """The events as JSON: what they share is written once."""
        if not isinstance(self.texts, Tokens):
            return pieces_json(self.opening(dump), self.texts, self.padding, self.start, dump)
        return self._json_of_many(self.texts, dump)

    def _json_of_many(self, tokens: Tokens, dump: Dump) -> Iterator[str]:
        """The same of a long text, made a few at a time."""
        opening, number = self.opening(dump), self.start
        for texts in tokens.batches(BATCH):
            yield from pieces_json(opening, texts, self.padding, number, dump)
            number = None if number is None else number + len(texts)

    def opening(self, dump: Dump) -> str:
        """What the JSON of each event begins with, up to the piece."""
        return f'{dump(self.head)[:-1]},{dump(self.name)}:"'


def pieces_json(
    start: str, texts: Sequence[str], padding: Sequence[str], number: int | None, dump: Dump
) -> list[str]:
    """The JSON of events with these pieces, which begin alike; their numbers count from `number`."""
    strings = _json_strings(texts, dump)
    if number is None:
        ends = [f'","{PADDING}":"{pad}"}}' for pad in padding] or ['"}'] * PADDED_LENGTH
        return [
            f"{start}{string}{ends[len(text) % PADDED_LENGTH]}"
            for text, string in zip(texts, strings, strict=True)
        ]
    ends = [f'","{PADDING}":"{pad}","{NUMBER}":' for pad in padding] or [f'","{NUMBER}":'] * PADDED_LENGTH
    numbers = range(number, number + len(texts))
    return [
        f"{start}{string}{ends[len(text) % PADDED_LENGTH]}{number}}}"
        for text, string, number in zip(texts, strings, numbers, strict=True)
    ]


def padding_of(text: str) -> list[str]:
    """The paddings of the pieces of a text, by the length of a piece modulo their number."""
    at = crc32(text.encode(errors="replace")) % POOL_STEPS
    return [POOL[at : at + length] for length in PAD_LENGTHS]


def _json_strings(texts: Sequence[str], dump: Dump) -> Sequence[str]:
    """The texts as JSON, without their quotation marks."""
    whole = dump(texts)
    if not texts or '\\"' in whole:
        return [dump(text)[1:-1] for text in texts]
    return whole[2:-2].split('","')  # a quotation mark that is not escaped ends or begins a string


Part = Event | Pieces


class Events(Sequence[Event]):
    """The events of a stream; those with the pieces of a text are made when somebody looks at them."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self._length = sum([len(part) if isinstance(part, Pieces) else 1 for part in parts])

    @cached_property
    def is_long(self) -> bool:
        """Whether the events have a long text, or are many that share nothing, as those with probabilities
        are, so that they and their bytes are made while they are sent."""
        return len(self.parts) > BATCH or any(
            isinstance(part, Pieces) and isinstance(part.texts, Tokens) for part in self.parts
        )

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Event]:
        return self._each() if self.is_long else iter(self._all)

    def _each(self) -> Iterator[Event]:
        for part in self.parts:
            if isinstance(part, Pieces):
                yield from part
            else:
                yield part

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if index == -1 and isinstance(last := self.parts[-1], dict):
            return last
        return self._all[index]

    @cached_property
    def _all(self) -> list[Event]:
        return list(self._each())

    @cached_property
    def marks(self) -> Sequence[tuple[int, Event]]:
        """The events that bring no piece, each with the number of events until it, itself included."""
        step, marks = 0, []
        for part in self.parts:
            if isinstance(part, Pieces):
                step += len(part)
            else:
                step += 1
                marks.append((step, part))
        return marks

    def number(self, number: int = 0) -> None:
        """Numbers the events from `number`; nobody else holds them."""
        for part in self.parts:
            if isinstance(part, Pieces):
                part.start = number
                number += len(part)
            else:
                part[NUMBER] = number
                number += 1


def encode(events: Iterable[Mapping[str, Any]], traits: MockTraits) -> Iterator[bytes]:
    """Encodes all events one by one, and adds `[DONE]` where the dialect requires it."""
    dump = dump_of(traits)
    for part in events.parts if isinstance(events, Events) else events:
        start = beginning(kind_of(part))
        for text in part.json(dump) if isinstance(part, Pieces) else (dump(part),):
            yield f"{start}{text}\n\n".encode()
    if traits.sentinel == "required":
        yield DONE


def texts_of(events: Events) -> list[str]:
    """All events as JSON, without their frames."""
    texts: list[str] = []
    for part in events.parts:
        if isinstance(part, Pieces):
            texts += part.json(json_text)
        else:
            texts.append(json_text(part))
    return texts


def write(events: Iterable[Mapping[str, Any]], traits: MockTraits) -> bytes:
    """The same frames in one piece."""
    end = DONE if traits.sentinel == "required" else b""
    return write_parts(events.parts if isinstance(events, Events) else events, dump_of(traits)) + end


def write_parts(parts: Iterable[Mapping[str, Any] | Pieces], dump: Dump) -> bytes:
    """The frames of these events, without `[DONE]`."""
    frames: list[str] = []
    for part in parts:
        start = beginning(kind_of(part))
        between = f"\n\n{start}"
        text = between.join(part.json(dump)) if isinstance(part, Pieces) else dump(part)
        if text:
            frames += (start, text, "\n\n")
    return "".join(frames).encode()


def dump_of(traits: MockTraits) -> Dump:
    """How the events of a dialect are written."""
    return ascii_text if traits.ascii_events else json_text


def kind_of(part: Mapping[str, Any] | Pieces) -> str:
    """The type of an event, or of the events with the pieces of a text."""
    head = part.head if isinstance(part, Pieces) else part
    kind: str = head["type"]
    return kind


@lru_cache(maxsize=256)
def beginning(kind: str) -> str:
    """What the message of an event begins with: its `event` field repeats the type (ENV-02)."""
    return f"event: {kind}\ndata: "


def json_text(value: Any) -> str:
    """A value as JSON."""
    return orjson.dumps(value).decode()


def ascii_text(value: Any) -> str:
    """A value as JSON in ASCII only, so that a client can split the bytes anywhere."""
    return json.dumps(value, separators=(",", ":"))
