"""Rules on background mode: the first answer to a create, and the status that polls show after it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from antiphon_conformance.http.exchange import ENDS, Exchange
from antiphon_conformance.http.text import ABSENT, named, show
from antiphon_conformance.requests.unusual import odd
from antiphon_conformance.rules.reading.comparison import (
    CLIENT_ERROR,
    SUCCESS,
    expect_ok,
    expect_rejection,
    expect_status,
    succeeded,
    took_place,
)
from antiphon_conformance.rules.reading.output import answered, member, text_of, value_at
from antiphon_conformance.rules.rule import REJECTION, Finding, rule
from antiphon_conformance.rules.views import TERMINAL, AnyReply, ResponseObject, ScenarioTrace
from antiphon_spec.dialect import Dialect

OTHER_OBJECTS = ("previous_response_id", "conversation", "prompt")
"""The members of a create that name another object: a server error may be about that one."""
PROGRESS = {"queued": 0, "in_progress": 1} | dict.fromkeys(TERMINAL, 2)


def asked_for_background(answer: AnyReply) -> bool:
    """Whether a create validly asks to run in the background: with storage."""
    return (
        answer.operation == answer.dialect.create_operation
        and answer.request_fields.get("background") is True
        and answer.request_fields.get("store") is not False
    )


def started_in_background(response: ResponseObject) -> bool:
    """Whether this is the response object that a create in the background answered at once."""
    return response.kind == "body" and asked_for_background(response)


def _is_in_foreground(response: ResponseObject) -> bool:
    """Whether a response says that it did not run in the background, or has no status to judge by."""
    return response.object.get("background") is False or not isinstance(response.object.get("status"), str)


def running(dialect: Dialect) -> tuple[str, ...]:
    """The statuses of a response that has not ended: those that the first events of a stream may carry."""
    root = dialect.grammar.root
    statuses = [status for event in root.beginnings for status in root.statuses[event]] if root else ()
    return tuple(sorted(statuses, key=lambda status: PROGRESS[status]))


@rule(
    "background.background-is-used-or-rejected",
    AnyReply,
    cites="BGR-20",
    when=asked_for_background,
    reads=REJECTION,
)
def background_is_used_or_rejected(answer: AnyReply) -> Iterator[Finding]:
    """A server without background mode rejects `background: true`, or reports `false`.

    A client that reads `background: true` polls a response that ended long ago, or that never began.
    """
    status = answer.reply.status
    is_alone = not any(answer.request_fields.get(name) for name in OTHER_OBJECTS)
    if is_alone and status not in (*SUCCESS, 503, *CLIENT_ERROR):
        yield Finding("reply.status", "200, or a 4xx of a server without background mode", str(status))
    body = answer.reply.fields
    if status in SUCCESS and body.get("background") is True and body.get("status") in tuple(TERMINAL):
        expected = "false, since the response had already ended in this answer"
        yield Finding("reply.body/background", expected, "true")


@rule(
    "background.a-background-create-answers-at-once",
    ResponseObject,
    cites=("BGR-01", "CG-OPS-05", "CG-REQ-17"),
    when=lambda response: started_in_background(response) and not _is_in_foreground(response),
    needs="an answer to a create in the background that has a status",
)
def a_background_create_answers_at_once(response: ResponseObject) -> Iterator[Finding]:
    """A create with `background: true` returns while the response is `queued` or `in_progress`.

    A dialect without `queued` begins with `in_progress`. A server that does not have background mode may say
    so with `background: false`.
    """
    statuses = running(response.dialect)
    if response.status not in statuses:
        actual = show(value_at(response.object, "status"))
        yield Finding(f"{response.where}/status", " or ".join(statuses), actual)


@rule(
    "background.a-running-response-is-shown-as-unfinished",
    ResponseObject,
    cites="BGR-02",
    when=lambda response: started_in_background(response) and response.status in running(response.dialect),
    needs="an answer to a create in the background before the response ended",
)
def a_running_response_is_shown_as_unfinished(response: ResponseObject) -> Iterator[Finding]:
    """A background create reports `background: true`, no `completed_at` and no `usage` yet."""
    fields = response.object
    if fields.get("background") is not True:
        yield Finding(f"{response.where}/background", "true", show(fields.get("background", ABSENT)))
    if fields.get("completed_at") is not None:
        actual = show(fields["completed_at"])
        yield Finding(f"{response.where}/completed_at", "null while the response runs", actual)
    usage = fields.get("usage")
    if isinstance(usage, dict) and usage.get("output_tokens") not in (0, None):
        yield Finding(f"{response.where}/usage", "null or zeros while the response runs", show(usage))


def polls(trace: ScenarioTrace) -> list[Exchange]:
    """The create and every poll after it, in order."""
    return [trace[name] for name in trace.trace.exchanges if name == "started" or name.startswith("polled")]


def successful_polls(trace: ScenarioTrace) -> list[Exchange]:
    """The create and every poll that shows the response; another rule reports polls that fail."""
    return [poll for poll in polls(trace) if poll.ok]


@rule(
    "background.status-moves-forward-only",
    ScenarioTrace,
    scenario="background",
    cites=("BGR-03", "CG-OPS-06", "CG-OPS-07"),
    when=took_place("polled"),
)
def status_moves_forward_only(trace: ScenarioTrace) -> Iterator[Finding]:
    """A polled status moves from `queued` to `in_progress` to a final status, and stays there."""
    for before, after in pairwise(successful_polls(trace)):
        old, new = str(before.response.get("status")), str(after.response.get("status"))
        actual = show(after.response.get("status", ABSENT))
        if new not in PROGRESS:
            yield Finding("reply.body/status", f"one of {', '.join(PROGRESS)}", actual, after.id)
        elif PROGRESS[new] < PROGRESS.get(old, 0) or (old in TERMINAL and new != old):
            yield Finding("reply.body/status", f"no step back from {show(old)}", actual, after.id)


@rule(
    "background.polling-reaches-an-end",
    ScenarioTrace,
    scenario="background",
    cites=("BGR-03", "BGR-08", "CG-OPS-06"),
    when=took_place("polled"),
)
def polling_reaches_an_end(trace: ScenarioTrace) -> Iterator[Finding]:
    """A background response reaches a final status after its create was answered.

    Some servers show the first status for ever, or lose the response when its worker dies.
    """
    last = polls(trace)[-1]
    yield from expect_ok(last, "200, since the response runs in the background")
    status = last.answer.fields.get("status", ABSENT)
    suite_hit_limit = trace.trace.blame == "limit"
    if last.ok and str(status) not in TERMINAL and not suite_hit_limit:
        expected = "a final status within the time limit for polling"
        yield Finding("reply.body/status", expected, show(status), last.id)


@rule(
    "background.a-completed-background-response-is-whole",
    ScenarioTrace,
    scenario="background",
    cites=("BGR-03", "RET-02", "CG-OPS-06"),
    when=lambda trace: "polled" in trace and polls(trace)[-1].response.get("status") == "completed",
    needs="a background response that completes",
)
def a_completed_background_response_is_whole(trace: ScenarioTrace) -> Iterator[Finding]:
    """A completed background response has its output, and no null as the time of its end.

    Other rules report members that are absent, and a `usage` without counts.
    """
    last = polls(trace)[-1]
    for name in ("output", "completed_at"):
        if name in last.response and not last.response[name]:
            actual = show(last.response[name])
            yield Finding(f"reply.body/{name}", "a value, since the response is completed", actual, last.id)


def _failed_late(response: ResponseObject) -> bool:
    return response.operation == "getResponse" and response.kind == "body" and response.status == "failed"


@rule(
    "background.a-failed-background-response-says-why",
    ResponseObject,
    cites="CG-OPS-13",
    when=_failed_late,
    needs="a response that failed in the background",
)
def a_failed_background_response_says_why(response: ResponseObject) -> Iterator[Finding]:
    """A response that fails in the background says why in `error.message`.

    Clients that wait for the response show this message; they have no other description of the failure.
    """
    message = member(response.object, "error", "message")
    if not isinstance(message, str) or not message.strip():
        actual = show(value_at(response.object, "error", "message"))
        yield Finding(f"{response.where}/error/message", "a sentence", actual)


@rule(
    "background.polling-shows-the-same-response",
    ScenarioTrace,
    scenario="background",
    cites="RET-02",
    when=took_place("polled"),
)
def polling_shows_the_same_response(trace: ScenarioTrace) -> Iterator[Finding]:
    """Every poll shows the same id, `created_at`, model and parameters as the create."""
    create = trace["started"]
    for poll in successful_polls(trace)[1:]:
        for name in ("id", "created_at", "model", "background", "metadata", "instructions"):
            if create.response.get(name) != poll.response.get(name):
                expected = f"{show(create.response.get(name, ABSENT))}, as in {create.id}"
                actual = show(poll.response.get(name, ABSENT))
                yield Finding(f"reply.body/{name}", expected, actual, poll.id)


@rule(
    "background.background-without-storage-is-rejected",
    AnyReply,
    cites="BGR-05",
    when=odd("background_without_storage"),
    needs="a create with `background: true` and `store: false`",
    reads=REJECTION,
)
def background_without_storage_is_rejected(answer: AnyReply) -> Iterator[Finding]:
    """`background: true` together with `store: false` is rejected.

    Nobody can poll a response that the server does not store.
    """
    yield from expect_rejection(answer.exchange, "a 4xx, since background mode needs storage")


@rule(
    "background.continuing-a-running-response-is-no-server-error",
    ScenarioTrace,
    scenario="background",
    cites="STA-16",
    when=took_place("continued"),
)
def continuing_a_running_response_is_no_server_error(trace: ScenarioTrace) -> Iterator[Finding]:
    """Continuing from a response that still runs is accepted, or rejected with a 4xx.

    No document says which, so both are right.
    """
    yield from expect_status(trace["continued"], (*SUCCESS, *CLIENT_ERROR), "200 or a 4xx")


@rule(
    "background.a-response-runs-on-without-its-client",
    ScenarioTrace,
    scenario="resume",
    cites=("BGR-07", "BGR-08"),
    when=lambda trace: "stored" in trace and trace["stored"].ok,
    needs="a background response that can be retrieved after the client closed the connection",
)
def a_response_runs_on_without_its_client(trace: ScenarioTrace) -> Iterator[Finding]:
    """A background response runs to its end after the client closes its stream."""
    retrieval = trace["stored"]
    if retrieval.response.get("status") not in ("completed", "incomplete"):
        expected = "completed or incomplete, although the client closed the stream"
        actual = show(retrieval.response.get("status", ABSENT))
        yield Finding("reply.body/status", expected, actual, retrieval.id)


@rule(
    "background.a-client-that-left-finds-the-whole-answer",
    ScenarioTrace,
    scenario="resume",
    cites=("BGR-07", "BGR-08"),
    when=succeeded("replayed", "stored"),
    needs="a background response that can be streamed again and retrieved",
)
def a_client_that_left_finds_the_whole_answer(trace: ScenarioTrace) -> Iterator[Finding]:
    """A client that left its stream retrieves the text with which the stream ended.

    Servers that store what they sent store half an answer.
    """
    replay, retrieval = trace["replayed"], trace["stored"]
    stream = replay.answer.stream
    ends = stream.of(*ENDS) if stream is not None and not stream.cut else ()
    if not any(isinstance(end.data.get("response"), dict) for end in ends):
        return
    before, after = text_of(answered(replay)), text_of(answered(retrieval))
    if before != after:
        expected = f"{show(before)}, as at the end of the stream"
        yield Finding("reply.body/output", expected, named("text", after), retrieval.id)
