"""Calls of tools that the target runs itself: their events, and what the request makes them show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.requests.unusual import odd
from antiphon_conformance.rules.reading.comparison import CLIENT_ERROR, expect_status
from antiphon_conformance.rules.reading.streams import (
    breaches,
    numbering_findings,
    tells_of,
    unequal_sums,
    unequal_views,
)
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import AnyReply, Item, StreamReply

INTERPRETER, PICTURE, COMMAND, PRINT = "code_interpreter", "partial_image", "shell_command", "shell_output"
PROGRESS = ("file_search", "web_search", INTERPRETER, "image_generation")
"""The lanes of the events that tell how far a call is."""


@rule(
    "hosted-tools.progress-goes-forward",
    StreamReply,
    cites="LIT-37",
    when=tells_of(*PROGRESS),
    needs="a streamed call of a hosted tool",
)
def progress_goes_forward(stream: StreamReply) -> Iterator[Finding]:
    """No event of the progress of a hosted call follows the one that says that it is completed.

    A client that shows the progress shows a call that has ended as running. Some servers leave out steps.
    """
    yield from breaches(stream, lanes=PROGRESS, kinds={"after-done"})


@rule(
    "hosted-tools.code-deltas-add-up-to-the-code",
    StreamReply,
    cites="LIT-38",
    when=tells_of(INTERPRETER),
    needs="a streamed call of the code interpreter",
    reads={Part.TEXTS},
)
def code_deltas_add_up_to_the_code(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a program equal its `.done` event and the finished call."""
    yield from unequal_sums(stream, INTERPRETER)
    yield from unequal_views(stream, INTERPRETER)


@rule(
    "hosted-tools.partial-images-are-counted-from-zero",
    StreamReply,
    cites="LIT-39",
    when=tells_of(PICTURE),
    needs="a stream with partial images",
)
def partial_images_are_counted_from_zero(stream: StreamReply) -> Iterator[Finding]:
    """Partial images of a picture have the numbers 0, 1, 2..."""
    yield from numbering_findings(stream, PICTURE)


@rule(
    "hosted-tools.commands-add-up",
    StreamReply,
    cites="LIT-41",
    when=tells_of(COMMAND, PRINT),
    needs="a streamed call of a shell",
    reads={Part.TEXTS},
)
def commands_add_up(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a command equal its `.done` event and the call; nothing follows it."""
    yield from breaches(stream, lanes={COMMAND, PRINT}, kinds={"after-done"})
    yield from unequal_sums(stream, COMMAND)
    yield from unequal_views(stream, COMMAND)


INCLUDED: Mapping[str, tuple[str, str]] = {
    "file_search_call.results": ("file_search_call", "results"),
    "code_interpreter_call.outputs": ("code_interpreter_call", "outputs"),
}
"""The type and the member of an item that a value of `include` makes the target show."""
SHOWN = frozenset(kind for kind, _ in INCLUDED.values())
"""The types of these items."""


def _members_to_show(item: Item) -> list[str]:
    include = item.request_fields.get("include")
    values = include if isinstance(include, list) else ()
    rows = (INCLUDED[value] for value in values if isinstance(value, str) and value in INCLUDED)
    return [member for kind, member in rows if kind == item.type]


def _has_to_show(item: Item) -> bool:
    return item.type in SHOWN and item.object.get("status") == "completed" and bool(_members_to_show(item))


@rule(
    "hosted-tools.include-shows-what-it-names",
    Item,
    cites="TOOL-46",
    when=_has_to_show,
    needs="a call of a hosted tool after a request with `include`",
)
def include_shows_what_it_names(item: Item) -> Iterator[Finding]:
    """A completed call has the results or outputs that the request includes, as an array."""
    for member in _members_to_show(item):
        value = item.object.get(member, ABSENT)
        if not isinstance(value, list):
            yield Finding(f"{item.where}/{member}", "an array, because `include` names it", show(value))


@rule(
    "hosted-tools.an-approval-of-nothing-is-rejected",
    AnyReply,
    cites="TOOL-26",
    when=odd("an_approval_of_nothing"),
    needs="a request with an approval that nothing asked for",
    reads=REJECTION,
)
def an_approval_of_nothing_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A server rejects an `mcp_approval_response` that answers no request for approval."""
    yield from expect_status(answer.exchange, CLIENT_ERROR, "a 4xx status, because nothing asked for it")
