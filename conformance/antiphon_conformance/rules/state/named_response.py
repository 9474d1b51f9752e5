"""Answers about the response that the path names, seen in one exchange: retrieval and cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import unquote

from antiphon_conformance.http.exchange import Part
from antiphon_conformance.http.text import show
from antiphon_conformance.rules.rule import Finding, rule
from antiphon_conformance.rules.views import AnyReply, DocumentReply, ResponseObject

RUNNING = ("queued", "in_progress")


def named_id(view: AnyReply) -> str:
    """The id in the path `/responses/{id}` or `/responses/{id}/cancel`, decoded."""
    return unquote(view.request.path.partition("?")[0].split("/")[2])


def _cancels(name: str, kind: type) -> Callable[[DocumentReply], bool]:
    """For `when=`: a successful cancel whose body has a member of a type."""
    return lambda body: body.operation == "cancelResponse" and isinstance(body.object.get(name), kind)


def _has_another_id(view: DocumentReply | ResponseObject, where: str) -> Iterator[Finding]:
    if view.object["id"] != named_id(view):
        yield Finding(f"{where}/id", f"{show(named_id(view))}, as in the path", show(view.object["id"]))


@rule(
    "retrieve.answers-with-the-named-response",
    ResponseObject,
    cites=("RET-02", "CG-RSP-16", "BUD-OPS-01"),
    when=lambda view: view.operation == "getResponse" and isinstance(view.object.get("id"), str),
    needs="a retrieved response",
    reads={Part.IDS},
)
def answers_with_the_named_response(response: ResponseObject) -> Iterator[Finding]:
    """`GET /responses/{id}` answers with the response of this id, also as a stream.

    A client that polls would take the answer of another question, perhaps of another user.
    """
    yield from _has_another_id(response, response.where)


@rule(
    "cancel.answers-with-the-named-response",
    DocumentReply,
    cites=("BGR-10", "CG-OPS-08", "BUD-OPS-05"),
    when=_cancels("id", str),
    needs="a successful cancel",
    reads={Part.IDS},
)
def a_cancel_answers_with_the_named_response(body: DocumentReply) -> Iterator[Finding]:
    """`POST /responses/{id}/cancel` answers with the response of this id."""
    yield from _has_another_id(body, "reply.body")


@rule(
    "cancel.leaves-no-response-running",
    DocumentReply,
    cites=("BGR-10", "CG-OPS-08", "BUD-OPS-05"),
    when=_cancels("status", str),
    needs="a successful cancel",
)
def leaves_no_response_running(body: DocumentReply) -> Iterator[Finding]:
    """The answer to a cancel shows a response that has ended: cancelled, or ended before."""
    if body.object["status"] in RUNNING:
        yield Finding("reply.body/status", "cancelled", show(body.object["status"]))


@rule(
    "cancel.only-a-background-response-is-cancelled",
    DocumentReply,
    cites="BGR-13",
    when=_cancels("background", bool),
    needs="a successful cancel",
)
def only_a_background_response_is_cancelled(body: DocumentReply) -> Iterator[Finding]:
    """A successful cancel answers with a background response; other responses are rejected."""
    if body.object["background"] is False:
        yield Finding("reply.body/background", "true, since the cancel succeeded", "false")
