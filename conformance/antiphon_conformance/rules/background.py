"""Rules on background mode: what a create answers at once, and how its status moves while it is polled."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from antiphon_conformance.answers import member
from antiphon_conformance.exchange import Exchange
from antiphon_conformance.oddities import odd
from antiphon_conformance.parity import CLIENT_ERROR, expect_ok, expect_status, refused, took_place
from antiphon_conformance.rule import Finding, rule
from antiphon_conformance.subject import TERMINAL, Answered, Scene, Snapshot
from antiphon_conformance.text import ABSENT, show
from antiphon_spec.dialect import Dialect

PROGRESS = {"queued": 0, "in_progress": 1} | dict.fromkeys(TERMINAL, 2)


def asked_for_background(answer: Answered) -> bool:
    """Whether a create asked to run in the background, in a way that is allowed."""
    return (
        answer.operation == answer.dialect.create_operation
        and answer.asked.get("background") is True
        and answer.asked.get("store") is not False
    )


def started_in_background(snapshot: Snapshot) -> bool:
    """Whether this is what a create in the background answered at once."""
    return snapshot.kind == "body" and asked_for_background(snapshot)


def running(dialect: Dialect) -> tuple[str, ...]:
    """The statuses of a response that has not ended: those with which a stream may say that it is made."""
    root = dialect.grammar.root
    found = [status for event in root.beginnings for status in root.statuses[event]] if root else ()
    return tuple(sorted(found, key=lambda status: PROGRESS[status]))


@rule(Answered, cites="BGR-20", when=asked_for_background)
def background_is_honoured_or_refused(answer: Answered) -> Iterator[Finding]:
    """A server without background mode refuses `background: true`, or reports that it was not used.

    A client that reads `background: true` goes on to poll for what was answered long ago, or never begun.
    """
    status = answer.reply.status
    if status not in (200, 503, *CLIENT_ERROR):
        yield Finding("reply.status", "200, or a 4xx of a server without background mode", str(status))
    body = answer.reply.fields
    if status == 200 and body.get("background") is True and body.get("status") in tuple(TERMINAL):
        expected = "false, since the response had ended when it was answered"
        yield Finding("reply.body/background", expected, "true")


@rule(Snapshot, cites=("BGR-01", "CG-OPS-05", "CG-REQ-17"), when=started_in_background)
def a_background_create_answers_at_once(snapshot: Snapshot) -> Iterator[Finding]:
    """A create with `background: true` returns while the response is `queued` or `in_progress`.

    Where there is no `queued`, it is `in_progress` from the beginning.
    """
    allowed = running(snapshot.dialect)
    if snapshot.status not in allowed:
        yield Finding(f"{snapshot.where}/status", " or ".join(allowed), show(snapshot.status))


@rule(
    Snapshot,
    cites="BGR-02",
    when=lambda snapshot: started_in_background(snapshot) and snapshot.status in running(snapshot.dialect),
    needs="a create in the background that was answered before it ended",
)
def a_running_response_is_shown_as_unfinished(snapshot: Snapshot) -> Iterator[Finding]:
    """A background create reports `background: true`, no `completed_at` and no `usage` yet."""
    shown = snapshot.object
    if shown.get("background") is not True:
        yield Finding(f"{snapshot.where}/background", "true", show(shown.get("background", ABSENT)))
    if shown.get("completed_at") is not None:
        yield Finding(f"{snapshot.where}/completed_at", "null while it runs", show(shown["completed_at"]))
    usage = shown.get("usage")
    if isinstance(usage, dict) and usage.get("output_tokens") not in (0, None):
        yield Finding(f"{snapshot.where}/usage", "null or zero while it runs", show(usage))


def polls(scene: Scene) -> list[Exchange]:
    """The create and every poll after it, in order."""
    return [scene[name] for name in scene.episode.exchanges if name == "started" or name.startswith("polled")]


def shown(scene: Scene) -> list[Exchange]:
    """The create and every poll that shows the response: that one is refused is another rule."""
    return [poll for poll in polls(scene) if poll.ok]


@rule(Scene, scenario="background", cites=("BGR-03", "CG-OPS-06", "CG-OPS-07"), when=took_place("polled"))
def status_moves_forward_only(scene: Scene) -> Iterator[Finding]:
    """A polled status goes from `queued` to `in_progress` to its end, never back, never on from its end."""
    for before, after in pairwise(shown(scene)):
        old, new = str(before.response.get("status")), str(after.response.get("status"))
        if new not in PROGRESS:
            yield Finding("reply.body/status", f"one of {', '.join(PROGRESS)}", show(new), after.id)
        elif PROGRESS[new] < PROGRESS.get(old, 0) or (old in TERMINAL and new != old):
            yield Finding("reply.body/status", f"no step back from {show(old)}", show(new), after.id)


@rule(Scene, scenario="background", cites=("BGR-03", "BGR-08", "CG-OPS-06"), when=took_place("polled"))
def polling_reaches_an_end(scene: Scene) -> Iterator[Finding]:
    """A background response ends, although nobody holds the connection that created it.

    Some servers serve the first snapshot for ever, or lose the response when its worker dies.
    """
    last = polls(scene)[-1]
    yield from expect_ok(last, "200, since the response runs in the background")
    status = last.answer.fields.get("status")
    ended_by_us = scene.episode.blame == "limit"
    if last.ok and str(status) not in TERMINAL and not ended_by_us:
        yield Finding(
            "reply.body/status", "an end within the time allowed for polling", show(status), last.id
        )


@rule(
    Scene,
    scenario="background",
    cites=("BGR-03", "RET-02", "CG-OPS-06"),
    when=lambda scene: "polled" in scene and polls(scene)[-1].response.get("status") == "completed",
    needs="a background response that completes",
)
def a_completed_background_response_is_whole(scene: Scene) -> Iterator[Finding]:
    """A background response that has completed has its output, its usage, and the time of its end.

    Where a dialect has no `completed_at`, none is asked for.
    """
    last = polls(scene)[-1]
    for name in ("output", "usage", "completed_at"):
        if name in scene.dialect.traits.response and not last.response.get(name):
            got = show(last.response.get(name))
            yield Finding(f"reply.body/{name}", "a value, since the response is completed", got, last.id)


def _failed_late(snapshot: Snapshot) -> bool:
    return snapshot.operation == "getResponse" and snapshot.kind == "body" and snapshot.status == "failed"


@rule(Snapshot, cites="CG-OPS-13", when=_failed_late, needs="a response that failed in the background")
def a_failed_background_response_says_why(snapshot: Snapshot) -> Iterator[Finding]:
    """A response that failed after its create was answered says why in `error.message`.

    Clients that wait for it show this message, and nothing else tells them what went wrong.
    """
    message = member(snapshot.object, "error", "message")
    if not isinstance(message, str) or not message.strip():
        yield Finding(f"{snapshot.where}/error/message", "a sentence", show(message))


@rule(Scene, scenario="background", cites="RET-02", when=took_place("polled"))
def polling_shows_the_same_response(scene: Scene) -> Iterator[Finding]:
    """Every poll shows the response that was created: its id, its `created_at` and what was asked for."""
    started = scene["started"]
    for poll in shown(scene)[1:]:
        for name in ("id", "created_at", "model", "background", "metadata", "instructions"):
            wanted, got = started.response.get(name), poll.response.get(name)
            if wanted != got:
                yield Finding(f"reply.body/{name}", f"{show(wanted)}, as it was created", show(got), poll.id)


@rule(
    Answered,
    cites="BGR-05",
    when=odd("background_without_storage"),
    needs="a create in the background that is not to be stored",
)
def background_without_storage_is_refused(answer: Answered) -> Iterator[Finding]:
    """`background: true` together with `store: false` is refused: what is not stored cannot be polled."""
    yield from refused(answer.exchange, "a 4xx, since background mode needs storage")


@rule(Scene, scenario="background", cites="STA-16", when=took_place("continued"))
def continuing_a_running_response_is_decided(scene: Scene) -> Iterator[Finding]:
    """Continuing from a response that still runs is answered or refused, but is no server error.

    No document says which, so either will do.
    """
    yield from expect_status(scene["continued"], (200, *CLIENT_ERROR), "an answer or a 4xx")


@rule(
    Scene,
    scenario="resume",
    cites=("BGR-07", "BGR-08"),
    when=lambda scene: "stored" in scene and scene["stored"].ok,
    needs="a background response that can be retrieved after its connection was closed",
)
def a_stream_runs_on_without_its_client(scene: Scene) -> Iterator[Finding]:
    """A background response whose stream the client left runs to its end all the same."""
    stored = scene["stored"]
    if stored.response.get("status") not in ("completed", "incomplete"):
        expected = "completed or incomplete, although the client that created it has left"
        yield Finding("reply.body/status", expected, show(stored.response.get("status", ABSENT)), stored.id)
