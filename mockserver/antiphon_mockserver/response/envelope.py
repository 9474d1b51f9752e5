"""All of a response but its items: what responses to a kind of requests have in common, whatever they say.

envelope = envelope_of(final, record, timeline, gaps...)
envelope.response.cast(values)                            # the response, with the items in their gap
envelope.stream.cast(values, events of the items)         # the frames of its stream
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from antiphon_mockserver.response.events import EventComposer
from antiphon_mockserver.response.frames import NUMBER, Dump, Event, Events, Part, write_parts
from antiphon_mockserver.response.mould import (
    FIRST_NUMBER,
    INPUT,
    INPUT_TOKENS,
    ITEMS,
    METADATA,
    NONCE,
    ORDER,
    OUTPUT_TOKENS,
    PREVIOUS,
    REQUEST,
    RESPONSE,
    STEP,
    Mould,
    Values,
)
from antiphon_mockserver.response.plan import Item, Plan
from antiphon_spec.loading.construction import dataclass

ID, OUTPUT, INSTRUCTIONS = "gap-of-the-id", "gap-of-the-output", "gap-of-the-instructions"
CACHED, REASONING = 1_700_000_000_000_005, 1_300_000_000_000_007
"""The marks in a response that a mould of a text does not have."""

GAPS: Sequence[bytes] = (
    *(mark.encode() for mark in (ID, NONCE, INPUT, PREVIOUS)),
    *(b'"%b"' % mark.encode() for mark in (ORDER, METADATA, OUTPUT, INSTRUCTIONS, REQUEST, ITEMS, RESPONSE)),
    *(b"%d" % number for number in (INPUT_TOKENS, CACHED, OUTPUT_TOKENS, REASONING)),
    *(b"%d" % number for number in (INPUT_TOKENS + OUTPUT_TOKENS, STEP, FIRST_NUMBER)),
)
"""The marks as JSON has them, in the order of the values."""
MARK = re.compile(b"(" + b"|".join(GAPS) + b")")
MARKED = Plan(
    input_tokens=INPUT_TOKENS, cached_tokens=CACHED, output_tokens=OUTPUT_TOKENS, reasoning_tokens=REASONING
)
"""A plan with the marks of its tokens."""
NO_RECORD = (b"",) * 3
"""In place of the request, its items and the response, which only a record has."""


class MarkedIdentity:
    """The ids of a response without items."""

    response = ID

    def item(self, prefix: str, index: int) -> str:
        """No item has an id here."""
        raise LookupError(f"item {index} ({prefix})")

    def call(self, index: int) -> str:
        """No item has an id here."""
        raise LookupError(f"call {index}")


def counts_of(plan: Plan) -> Values:
    """The values of the gaps for the counts of tokens."""
    total = plan.input_tokens + plan.output_tokens
    counts = (plan.input_tokens, plan.cached_tokens, plan.output_tokens, plan.reasoning_tokens, total)
    return tuple([b"%d" % count for count in counts])


@dataclass(frozen=True, slots=True)
class EnvelopeStream:
    """The frames of a stream besides those of its items."""

    head: Mould
    """The frames before the first item."""
    count: int
    """How many frames they are."""
    end: Mould
    """The frame after the last item."""
    composer: EventComposer
    dump: Dump
    padding: bool
    has_numbers: bool

    def cast(
        self, first: Values, counts: Values, response_id: str, items: Sequence[Item]
    ) -> tuple[bytes, int] | None:
        """The frames, without `[DONE]`, and how many there are; None for a long stream.

        `first` and `counts` are the values of the gaps; the output among them is written as events are.
        """
        parts = self.composer.inside({"id": response_id, "output": items}, padding=self.padding)
        events = Events(parts)
        if events.is_long:
            return None
        if self.has_numbers:
            events.number(self.count)
        last = self.count + len(events)
        values = (*first, *NO_RECORD, *counts, b"0", b"%d" % last)
        return b"".join(
            (self.head.cast(values), write_parts(parts, self.dump), self.end.cast(values))
        ), last + 1


def envelope_stream(
    parts: Sequence[Part], response: Mapping[str, Any], composer: EventComposer, dump: Dump, *, padding: bool
) -> EnvelopeStream | None:
    """The frames around the items of a response, of which the parts are the events without items; None where
    more than items is inside a response, or its last event does not hold it."""
    root = composer.grammar.root
    events = [part for part in parts if isinstance(part, dict)]
    if root is None or root.holds is None or len(events) != len(parts) or len(events) < 2:
        return None
    if [lane.place for lane in composer.inner(root, response) if lane.emits] != ["output"]:
        return None
    *head, last = events
    end: Event = {**last, root.holds: response}
    has_numbers = NUMBER in last
    if has_numbers:
        end[NUMBER] = FIRST_NUMBER
    return EnvelopeStream(
        Mould(write_parts(head, dump), GAPS),
        len(head),
        Mould(write_parts([end], dump), GAPS),
        composer,
        dump,
        padding,
        has_numbers,
    )


@dataclass(frozen=True, slots=True)
class Envelope:
    """A response, its record in the store, and its stream when its requests want one."""

    response: Mould
    record: Mould
    stream: EnvelopeStream | None
    repeats_input: bool
    """Whether the response shows the messages of its request as instructions."""
