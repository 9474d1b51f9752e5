"""How two streams are written as server-sent events."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.compare.difference import Aspect, Difference, Grade
from antiphon_conformance.http.exchange import Frame, Stream

HARMLESS = frozenset(
    {"comment", "crlf", "cr", "mixed-line-ends", "retry", "bom", "no-space", "id", "no-data"}
)
"""Oddities of an event stream that the standard's parser skips."""
WHY = "a parser of event streams reads both alike"


def framing(in_a: Stream, in_b: Stream) -> Iterator[Difference]:
    """Where the lines of two streams differ: their `event:` lines, `[DONE]`, their ends, their oddities."""
    side_a, side_b = _event_lines(in_a), _event_lines(in_b)
    for words in side_b:
        if side_a and words not in side_a:
            yield Difference(Aspect.FRAMING, "event lines", " and ".join(side_a), words)
    facts = {
        "[DONE]": (in_a.has_sentinel, in_b.has_sentinel),
        "a cut": (in_a.cut, in_b.cut),
        "data without an event": (bool(_strays(in_a)), bool(_strays(in_b))),
    }
    oddities = _oddities(in_a), _oddities(in_b)
    facts |= {name: (name in oddities[0], name in oddities[1]) for name in sorted(oddities[0] | oddities[1])}
    for name, (is_in_a, is_in_b) in facts.items():
        if is_in_a is not is_in_b:
            is_harmless = name.partition(":")[0] in HARMLESS
            grade, why = (Grade.HARMLESS, WHY) if is_harmless else (Grade.DIFFERENT, "")
            words_a, words_b = ("present" if value else "absent" for value in (is_in_a, is_in_b))
            yield Difference(Aspect.FRAMING, name, words_a, words_b, grade, why)


def _event_lines(stream: Stream) -> list[str]:
    """What the `event:` lines say: the type of the data, nothing, or another type."""
    words: dict[str, None] = {}
    for event in stream.events:
        line = event.frame.event
        is_type = line == event.data.get("type", event.type)
        words["none" if line is None else "the type" if is_type else "another type"] = None
    return [*words]


def _strays(stream: Stream) -> list[Frame]:
    """The messages that hold no event."""
    indices = {event.index for event in stream.events}
    return [frame for frame in stream.frames if frame.index not in indices and frame.data != "[DONE]"]


def _oddities(stream: Stream) -> set[str]:
    return {*stream.oddities, *(name for frame in stream.frames for name in frame.oddities)}
