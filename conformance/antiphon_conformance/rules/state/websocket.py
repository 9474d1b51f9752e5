"""What a WebSocket connection remembers, and how it goes on after an error."""

from __future__ import annotations

from collections.abc import Iterator

from antiphon_conformance.http.exchange import Exchange, final_response
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.http.turns import error_of
from antiphon_conformance.requests.test_prompts import FIRST_WORD
from antiphon_conformance.rules.reading.comparison import expect_rejection, says, succeeded, took_place
from antiphon_conformance.rules.reading.output import member, output, response_or_empty, text_of
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import ScenarioTrace

SCENARIO = "websocket"
NOT_FOUND = "previous_response_not_found"
OF_TEXTS = frozenset(
    f"response.{name}"
    for name in (
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    )
)
"""The events of a text. Others depend on the load of the server, or on what the model thinks."""
KEY_REJECTED = (401, 403)
WRONG_MESSAGES = ("malformed", "unknown_type")


def _error_code(exchange: Exchange) -> object:
    """The code of the error that ended a turn, or of its failed response; None when it has none."""
    event = error_of(exchange)
    code = member(event, "error", "code") or event.get("code")
    return code or member(response_or_empty(exchange), "error", "code")


def has_failed(exchange: Exchange) -> bool:
    """Whether a turn ended with an error or a failed response."""
    stream = exchange.answer.stream
    has_error = bool(error_of(exchange)) or exchange.answer.status >= 400
    return has_error or (stream is not None and final_response(stream).get("status") == "failed")


def _expect_not_found(exchange: Exchange) -> Iterator[Finding]:
    if not has_failed(exchange):
        yield Finding("turn", f"an error with code {NOT_FOUND}", "a response", exchange.id)
    elif _error_code(exchange) != NOT_FOUND:
        actual = show(_error_code(exchange) or ABSENT)
        yield Finding("error/error/code", show(NOT_FOUND), actual, exchange.id)


def expect_not_lost(exchange: Exchange) -> Iterator[Finding]:
    """A finding when a turn fails because the response that it continues is said to be unknown."""
    if has_failed(exchange) and _error_code(exchange) == NOT_FOUND:
        yield Finding("turn", "a response, since the one before exists", show(NOT_FOUND), exchange.id)


def _lasts(exchange: Exchange | None) -> bool:
    """Whether a connection still answered this step."""
    return exchange is not None and exchange.reply is not None


def _step(trace: ScenarioTrace, name: str) -> Exchange | None:
    """A step, also one that we gave up; None when it did not take place."""
    return trace.trace.exchanges.get(name)


@rule("websocket.a-create-is-a-turn", ScenarioTrace, scenario=SCENARIO, cites=("WSK-03", "WSK-06"))
def a_create_is_a_turn(trace: ScenarioTrace) -> Iterator[Finding]:
    """A `response.create` with the members of a create beside its type creates a response."""
    told = trace["told"]
    if not told.ok and trace["told_over_http"].ok:
        actual = show(member(error_of(told), "error", "message") or "an error")
        yield Finding("turn", "the events of a response, as over HTTP", actual, told.id)


@rule(
    "websocket.events-are-those-of-http",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("WSK-07", "WSK-08"),
    when=lambda trace: succeeded("told", "told_over_http")(trace) and are_texts(trace),
    needs="a text over WebSocket, and one with items of the same types over HTTP",
)
def events_are_those_of_http(trace: ScenarioTrace) -> Iterator[Finding]:
    """A turn has the same types of events as the stream of the same create over HTTP.

    What a client knows of the stream holds on both transports. Answers with other items are not compared.
    """
    turn, stream = _types(trace["told"]), _types(trace["told_over_http"])
    for kind in sorted(stream - turn):
        yield Finding("turn", f"an event {kind}, as over HTTP", "none", trace["told"].id)
    for kind in sorted(turn - stream):
        yield Finding("turn", f"no event {kind}, as over HTTP", kind, trace["told"].id)


def _types(exchange: Exchange) -> set[str]:
    stream = exchange.answer.stream
    return {event.type for event in stream.events if event.type in OF_TEXTS} if stream is not None else set()


def are_texts(trace: ScenarioTrace) -> bool:
    """Whether both answers are complete and have items of the same types, one of them a text."""
    shapes = []
    for name in ("told", "told_over_http"):
        response, stream = response_or_empty(trace[name]), trace[name].answer.stream
        if stream is None or stream.cut or response.get("status") != "completed" or not text_of(response):
            return False
        shapes.append({str(item.get("type")) for _, item in output(response)})
    return shapes[0] == shapes[1]


@rule(
    "websocket.numbers-begin-anew",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-17",
    when=lambda trace: (
        succeeded("told", "asked")(trace) and all(map(_numbers, (trace["told"], trace["asked"])))
    ),
    needs="two turns on one connection, with numbers",
)
def numbers_begin_anew(trace: ScenarioTrace) -> Iterator[Finding]:
    """`sequence_number` begins anew with each turn of a connection, as over HTTP."""
    before, after = _numbers(trace["told"]), _numbers(trace["asked"])
    if after[0] > before[0] and after[0] >= before[-1]:
        actual = f"{after[0]}, after {before[-1]} in the turn before"
        yield Finding("event[0]/sequence_number", str(before[0]), actual, trace["asked"].id)


def _numbers(exchange: Exchange) -> list[int]:
    stream = exchange.answer.stream
    values = [event.data.get("sequence_number") for event in stream.events] if stream is not None else []
    return [value for value in values if type(value) is int]


@rule(
    "websocket.an-unstored-response-can-be-continued",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("WSK-19", "WSK-20"),
    when=took_place("asked"),
    needs="a connection that lasts for two turns",
)
def an_unstored_response_can_be_continued(trace: ScenarioTrace) -> Iterator[Finding]:
    """The latest response of a connection can be continued on it, also with `store: false`.

    The state stays in the memory of the connection: clients send only what is new.
    """
    asked = trace["asked"]
    if has_failed(asked):
        actual = show(_error_code(asked) or "an error")
        yield Finding("turn", "a response, since the connection has made the one before", actual, asked.id)


@rule(
    "websocket.a-continuation-knows-the-turn-before",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-18",
    when=lambda trace: succeeded("asked")(trace) and _recalls(trace),
    needs="a model that recalls the code word when it gets the whole history",
)
def a_continuation_knows_the_turn_before(trace: ScenarioTrace) -> Iterator[Finding]:
    """A continuation over WebSocket knows what the whole history would tell it."""
    asked = trace["asked"]
    if not says(asked, FIRST_WORD):
        actual = named("text", text_of(response_or_empty(asked)))
        yield Finding("turn/output", f"the code word {FIRST_WORD}", actual, asked.id)


def _recalls(trace: ScenarioTrace) -> bool:
    steps = (_step(trace, name) for name in ("recovered", "recovered_elsewhere"))
    return any(_lasts(step) and says(step, FIRST_WORD) for step in steps if step is not None)


@rule(
    "websocket.an-unstored-response-is-gone-after-a-reconnect",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("WSK-22", "WSK-23"),
    when=took_place("continued_elsewhere"),
)
def an_unstored_response_is_gone_after_a_reconnect(trace: ScenarioTrace) -> Iterator[Finding]:
    """A response with `store: false` cannot be continued on another connection.

    The turn fails with the code `previous_response_not_found`, so that clients send the whole history.
    """
    yield from _expect_not_found(trace["continued_elsewhere"])


@rule(
    "websocket.a-failed-continuation-ends-the-chain",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("WSK-24", "WSK-25"),
    when=took_place("continued_again"),
    needs="a continuation that the target rejects: a tool output without its call",
)
def a_failed_continuation_ends_the_chain(trace: ScenarioTrace) -> Iterator[Finding]:
    """After a rejected continuation an unstored response cannot be continued any more.

    The turn fails with the code `previous_response_not_found`.
    """
    yield from _expect_not_found(trace["continued_again"])


@rule(
    "websocket.an-unknown-response-cannot-be-continued",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-35",
    when=took_place("invented"),
)
def an_unknown_response_cannot_be_continued(trace: ScenarioTrace) -> Iterator[Finding]:
    """A turn that continues no known response fails, as over HTTP."""
    invented = trace["invented"]
    if not has_failed(invented):
        yield Finding("turn", "an error, since no response has this id", "a response", invented.id)


@rule(
    "websocket.null-continues-nothing",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-41",
    when=lambda trace: _new_chain(trace) is not None,
)
def null_continues_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """`previous_response_id: null` begins a new chain, as its absence does."""
    if (recovered := _new_chain(trace)) is None:
        return
    is_about_it = member(error_of(recovered), "error", "param") == "previous_response_id"
    if has_failed(recovered) and (is_about_it or _error_code(recovered) == NOT_FOUND):
        actual = show(_error_code(recovered) or "an error")
        yield Finding("turn", "a response of a new chain", actual, recovered.id)


def _new_chain(trace: ScenarioTrace) -> Exchange | None:
    """The turn that continues nothing: after an error, or else on a connection of its own."""
    steps = (_step(trace, name) for name in ("recovered", "recovered_elsewhere"))
    return next((step for step in steps if _lasts(step)), None)


@rule(
    "websocket.the-connection-lives-on-after-an-error",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-28",
    when=lambda trace: (
        took_place("asked", "recovered")(trace) and _lasts(_step(trace, "continued_elsewhere"))
    ),
    needs="a connection that lasts for two turns, and an error before another turn",
)
def the_connection_lives_on_after_an_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """After an error the next turn on the connection is answered.

    A client that gets no answer waits until its time-out. A new connection shows that the turn is right.
    """
    recovered, elsewhere = _step(trace, "recovered"), _step(trace, "recovered_elsewhere")
    if recovered is not None and recovered.reply is None and elsewhere is not None and elsewhere.ok:
        yield Finding("turn", "an answer, as on a new connection", str(recovered.failure), recovered.id)


@rule(
    "websocket.a-wrong-message-gets-an-error",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-34",
    when=lambda trace: any(_step(trace, name) is not None for name in WRONG_MESSAGES),
    needs="a connection that lives on after an error",
)
def a_wrong_message_gets_an_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """A message that is no JSON, or of an unknown type, gets an error and no silence."""
    for name in WRONG_MESSAGES:
        step = _step(trace, name)
        if step is not None and step.reply is None:
            yield Finding("turn", "an error", str(step.failure), step.id)
        elif step is not None and not has_failed(step):
            yield Finding("turn", "an error", "a response", step.id)


@rule(
    "websocket.members-of-http-are-rejected",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("WSK-04", "BGR-19"),
    when=took_place("with_stream"),
)
def members_of_http_are_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A turn with `stream` or `background` is rejected, for they belong to HTTP."""
    for step, name in (("with_stream", "stream"), ("with_background", "background")):
        if step in trace:
            yield from expect_rejection(trace[step], f"4xx, because `{name}` is not used over WebSocket")


@rule(
    "websocket.turns-of-one-lane-do-not-mix",
    ScenarioTrace,
    scenario=SCENARIO,
    cites=("WSK-10", "WSK-13", "WSK-14"),
    when=succeeded("one", "other"),
    needs="two creates that are sent at once and both answered",
)
def turns_of_one_lane_do_not_mix(trace: ScenarioTrace) -> Iterator[Finding]:
    """Of two creates on a connection the second begins when the response of the first has ended.

    Clients read events up to the end of a response as those of this one.
    """
    one, other = trace["one"].answer.arrivals, trace["other"].answer.arrivals
    if one and other and other[0][1] < one[-1][1] and one[0][1] < other[-1][1]:
        actual = "an event of the second response before the end of the first"
        yield Finding("turn", "the responses one after the other", actual, trace["other"].id)


@rule(
    "websocket.a-compacted-context-begins-a-chain",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-40",
    when=took_place("compacted_chain"),
    needs="a compaction over HTTP",
)
def a_compacted_context_begins_a_chain(trace: ScenarioTrace) -> Iterator[Finding]:
    """The output of a compaction is accepted as the first input of a turn, as it is over HTTP."""
    chain = trace["compacted_chain"]
    if has_failed(chain):
        actual = show(member(error_of(chain), "error", "message") or "an error")
        yield Finding("turn", "a response, since the server made this context", actual, chain.id)


@rule(
    "websocket.stream-changes-nothing",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-05",
    when=took_place("with_stream"),
)
def stream_changes_nothing(trace: ScenarioTrace) -> Iterator[Finding]:
    """A turn with `stream: true` is answered like one without: Codex sends it with every turn."""
    step = trace["with_stream"]
    if has_failed(step):
        actual = show(member(error_of(step), "error", "message") or "an error")
        yield Finding("turn", "a response", actual, step.id)


@rule(
    "websocket.a-wrong-key-is-rejected",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-02",
    when=took_place("wrong_key"),
)
def a_wrong_key_is_rejected(trace: ScenarioTrace) -> Iterator[Finding]:
    """A wrong key is rejected over WebSocket as it is over HTTP.

    The upgrade is rejected, or the first turn.
    """
    wrong = trace["wrong_key"]
    if wrong.ok and trace["wrong_key_over_http"].answer.status in KEY_REJECTED:
        status = trace["wrong_key_over_http"].answer.status
        yield Finding("turn", f"an error, as the {status} over HTTP", "a response", wrong.id)


@rule(
    "websocket.a-rejected-upgrade-has-an-error",
    ScenarioTrace,
    scenario=SCENARIO,
    cites="WSK-43",
    when=lambda trace: "wrong_key" in trace and not trace["wrong_key"].is_turn,
    needs="a wrong key that the target rejects at the upgrade",
)
def a_rejected_upgrade_has_an_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """An upgrade with a wrong key is rejected with an error object, as a request over HTTP is.

    Clients show its message; of a plain text they show nothing.
    """
    wrong = trace["wrong_key"]
    if not isinstance(member(wrong.answer.body, "error"), dict | str):
        body = wrong.answer.raw.decode(errors="replace")
        yield Finding("reply.body", "a JSON object with `error`", show(body or ABSENT), wrong.id)
