"""Calls in a stream: function arguments and the input of custom tools."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.rules.reading.stream_view import stream_view
from antiphon_conformance.rules.reading.streams import (
    breaches,
    finding,
    tells_of,
    unequal_sums,
    unequal_views,
)
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import StreamReply

ARGUMENTS, INPUT = "call_arguments", "custom_input"


def _calls(stream: StreamReply) -> bool:
    """Whether the stream has events on arguments, or a function call without any."""
    events = stream.dialect.grammar.lanes[ARGUMENTS].targets
    silent = not any(event.type in events for event in stream.events)
    calls = any(thread.kind == "function_call" for thread in stream_view(stream).of("item"))
    return tells_of(ARGUMENTS)(stream) or (silent and calls)


@rule("stream-calls.arguments-come-in-order", StreamReply, cites=("LIT-26", "BUD-SSE-12"), when=_calls)
def arguments_come_in_order(stream: StreamReply) -> Iterator[Finding]:
    """The arguments of a call stream as deltas, then one `function_call_arguments.done`.

    A call that was added with its arguments needs no further event about them.
    """
    kinds = {"after-done", "out-of-order", "repeated"}
    yield from breaches(stream, lanes={ARGUMENTS}, kinds=kinds)
    whole = _calls_added_whole(stream)
    for event, breach in stream_view(stream).breaches:
        of_arguments = breach.lane == ARGUMENTS and breach.kind == "unfinished"
        if of_arguments and breach.where.partition("/")[0] not in whole:
            yield finding(event, breach)


def _calls_added_whole(stream: StreamReply) -> list[str]:
    """The items that were added with arguments, and about whose arguments no event came."""
    streamed = {thread.indices[0] for thread in stream_view(stream).of(ARGUMENTS)}
    items = [thread for thread in stream_view(stream).of("item") if thread.indices[0] not in streamed]
    return [f"item[{thread.indices[0]}]" for thread in items if thread.start().get("arguments")]


@rule(
    "stream-calls.argument-deltas-add-up-to-the-arguments",
    StreamReply,
    cites="LIT-27",
    when=tells_of(ARGUMENTS),
    reads={Part.TEXTS, Part.IDS},
)
def argument_deltas_add_up_to_the_arguments(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a call's arguments equal the arguments of its `.done` event."""
    yield from unequal_sums(stream, ARGUMENTS)


@rule(
    "stream-calls.arguments-are-in-their-call",
    StreamReply,
    cites=("LIT-27", "BUD-SSE-12"),
    when=tells_of(ARGUMENTS),
    reads={Part.TEXTS, Part.IDS},
)
def arguments_are_in_their_call(stream: StreamReply) -> Iterator[Finding]:
    """The arguments of `.done` equal those of the call in its item and in the terminal event."""
    yield from unequal_views(stream, ARGUMENTS)


@rule("stream-calls.custom-input-comes-in-order", StreamReply, cites="LIT-36", when=tells_of(INPUT))
def custom_input_comes_in_order(stream: StreamReply) -> Iterator[Finding]:
    """The input of a custom tool streams as deltas, then one `custom_tool_call_input.done`."""
    yield from breaches(stream, lanes={INPUT})


@rule(
    "stream-calls.input-deltas-add-up-to-the-custom-input",
    StreamReply,
    cites="LIT-36",
    when=tells_of(INPUT),
    reads={Part.TEXTS, Part.IDS},
)
def input_deltas_add_up_to_the_custom_input(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a custom tool's input equal its `.done` and the finished call."""
    yield from unequal_sums(stream, INPUT)
    yield from unequal_views(stream, INPUT)
