"""Tools of MCP servers that the target calls by itself: lists, calls, and the streams of both."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import ABSENT, show
from antiphon_conformance.prompt_templates import template as probe
from antiphon_conformance.rules.reading.comparison import took_place
from antiphon_conformance.rules.reading.output import answered, output, value_at
from antiphon_conformance.rules.reading.stream_view import stream_view
from antiphon_conformance.rules.reading.streams import breaches, tells_of, unequal_sums, unequal_views
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace, StreamReply

LIST, CALL = "mcp_list_tools", "mcp_call"
"""The names of these items, and of the lanes of their events."""
SCENARIO = "tool_servers"


@rule(
    "tool-servers.every-server-lists-its-tools",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("BUD-ITM-02", "BUD-ITM-03"),
)
def every_server_lists_its_tools(trace: ScenarioTrace) -> Iterator[Finding]:
    """Each server of a template has one item with the list of its tools, before all other items."""
    lists = list(output(answered(trace["called"]), LIST))
    actual = [(index, item.get("server_label", ABSENT)) for index, item in lists]
    if actual != list(enumerate(probe.SERVERS)):
        expected = f"one list of each server first: {', '.join(probe.SERVERS)}"
        yield Finding("reply.body/output", expected, show(dict(actual)), trace["called"].id)


@rule(
    "tool-servers.an-unreachable-server-has-a-list-with-an-error",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="BUD-ITM-04",
    when=took_place("unreachable"),
)
def an_unreachable_server_has_a_list_with_an_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """An unreachable server has an empty list with an error, and the response still completes."""
    response = answered(trace["unreachable"])
    lists = [item for _, item in output(response, LIST)]
    if response.get("status") != "completed":
        actual = show(response.get("status", ABSENT))
        yield Finding("reply.body/status", "completed", actual, trace["unreachable"].id)
    if not any(item.get("tools") == [] and item.get("error") for item in lists):
        expected = "a list without tools and with an error"
        yield Finding("reply.body/output", expected, show(lists), trace["unreachable"].id)


@rule("tool-servers.lists-come-in-order", StreamReply, cites="BUD-SSE-05", when=tells_of(LIST))
def lists_come_in_order(stream: StreamReply) -> Iterator[Finding]:
    """A list of tools streams as `added`, `in_progress`, `completed`, `done`."""
    yield from breaches(stream, lanes={LIST})


@rule("tool-servers.lists-come-first", StreamReply, cites="BUD-SSE-05", when=tells_of(LIST))
def lists_come_first(stream: StreamReply) -> Iterator[Finding]:
    """All lists of tools are done before the first other item begins."""
    after_items = False
    threads = [thread for thread in stream_view(stream).of("item") if thread.events]
    for thread in sorted(threads, key=lambda thread: thread.events[0].index):
        is_list = thread.kind == LIST
        if is_list and after_items:
            yield Finding(thread.events[0].where, "the lists of tools before all other items", LIST)
        after_items = after_items or not is_list


@rule(
    "tool-servers.calls-come-in-order",
    StreamReply,
    cites=("BUD-SSE-10", "LIT-40"),
    when=tells_of(CALL),
    needs="a streamed call of a server's tool",
)
def calls_come_in_order(stream: StreamReply) -> Iterator[Finding]:
    """A call streams as `in_progress`, argument deltas, their `.done`, `completed` or `failed`."""
    yield from breaches(stream, lanes={CALL})


@rule(
    "tool-servers.argument-deltas-add-up-to-the-arguments",
    StreamReply,
    cites=("BUD-SSE-11", "BUD-SSE-10", "LIT-40"),
    when=tells_of(CALL),
    needs="a streamed call of a server's tool",
    reads={Part.TEXTS},
)
def argument_deltas_add_up_to_the_arguments(stream: StreamReply) -> Iterator[Finding]:
    """The joined deltas of a call's arguments equal their `.done` and the finished call."""
    yield from unequal_sums(stream, CALL)
    yield from unequal_views(stream, CALL)


@rule(
    "tool-servers.a-failed-stream-ends-with-response-failed",
    ScenarioTrace,
    scenario="failing_template",
    cites=("BUD-SSE-16", "BUD-SSE-17"),
)
def a_failed_stream_ends_with_response_failed(trace: ScenarioTrace) -> Iterator[Finding]:
    """A stream that fails ends with `response.failed`; its error has the code `server_error`.

    Official clients know a fixed list of codes, and reject the whole response for any other.
    """
    exchange = trace["failed"]
    events = exchange.answer.stream.events if exchange.answer.stream else ()
    last = events[-1].type if events else ABSENT
    if last != "response.failed":
        yield Finding("end of stream", "response.failed", show(last), exchange.id)
        return
    code = value_at(exchange.response, "error", "code")
    if code != "server_error":
        yield Finding("reply.body/error/code", "server_error", show(code), exchange.id)
